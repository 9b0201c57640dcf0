"""What owners ask: their bill, how it came about, how to pay it, earlier ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.bill_document import bills_pdf, file_name, owners_bill
from bot.conversation import Action, Button, Reply, Turn
from bot.flows import owner_claims
from bot.flows.bill_card import bill_card, ways_to_pay
from bot.flows.owner_slips import slip_row
from bot.flows.private import in_private
from bot.flows.welcome import welcomes
from bot.router import Occasion, command, on, press
from bot.texts import documents, owner_sum
from bot.texts import owner as texts
from bot.visit import Visit
from domain.greeting import is_greeting
from domain.roles import Permission, Role
from jobs.bill_messages import card_of
from jobs.documents import DocumentError
from storage import bill_views, owners
from storage.bill_views import BillView

_OWNER = frozenset({Role.OWNER})


@welcomes(Role.OWNER)
async def first_bills(visit: Visit) -> tuple[Reply, ...]:
    """Open bills arrive at once."""
    return await _bills(visit)


@command("bill", "बिल", roles=_OWNER, about=texts.about_bill, alone=True)
@in_private
async def bill(visit: Visit, _: str) -> Turn:
    """The newest bill of each of the person's flats."""
    return Turn(await _bills(visit), keep_state=True)


@command("pay", "भुगतान", roles=_OWNER, about=texts.about_pay, alone=True)
@in_private
async def pay(visit: Visit, _: str) -> Turn:
    """What is owed on each flat, and every way to pay it."""
    views = await bill_views.newest_bills(visit.work.conn, _person(visit))
    if not views:
        return Turn((await _none_yet(visit),), keep_state=True)
    return Turn(tuple([await _ways(visit, view) for view in views]), keep_state=True)


@command("history", "पुराने बिल", roles=_OWNER, about=texts.about_history, alone=True)
@in_private
async def history(visit: Visit, _: str) -> Turn:
    """The last twelve bills of each flat."""
    conn, person = visit.work.conn, _person(visit)
    flats = await owners.flat_codes(conn, person)
    lists = [(flat, await bill_views.history(conn, person, flat)) for flat in flats]
    replies = [Reply(texts.history(visit.t, flat, views)) for flat, views in lists if views]
    return Turn(tuple(replies) or (await _none_yet(visit),), keep_state=True)


@press("owner.help", permission=Permission.SEE_OWN_BILLS)
async def help_pressed(visit: Visit, _: Mapping[str, Any]) -> Turn:
    return await help_(visit, "")


@press("owner.bill", permission=Permission.SEE_OWN_BILLS)
async def bill_pressed(visit: Visit, _: Mapping[str, Any]) -> Turn:
    return await bill(visit, "")


@press("owner.ways", permission=Permission.PAY_OWN_BILLS)
async def ways_pressed(visit: Visit, _: Mapping[str, Any]) -> Turn:
    return await pay(visit, "")


@press("owner.history", permission=Permission.SEE_OWN_BILLS)
async def history_pressed(visit: Visit, _: Mapping[str, Any]) -> Turn:
    return await history(visit, "")


@press("owner.pay", permission=Permission.PAY_OWN_BILLS)
async def pay_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _about_bill(visit, data, _ways)


@press("owner.how", permission=Permission.SEE_OWN_BILLS)
async def how_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    async def explained(visit: Visit, view: BillView) -> Reply:
        note = view.estimates and view.estimates.credit_note
        rows = (slip_row(visit.t, note, owner_sum.credit_note_button(visit.t)),) if note else ()
        return Reply(owner_sum.how_worked_out(visit.t, view), rows)

    return await _about_bill(visit, data, explained)


@press("owner.photo", permission=Permission.SEE_OWN_BILLS)
async def photo_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    async def shown(visit: Visit, view: BillView) -> Reply:
        if view.photo_id is None:
            said = texts.photo_forgotten if view.photo_forgotten else texts.no_photo
            return Reply(_with_contact(visit, said(visit.t, view)))
        return Reply(texts.photo_caption(visit.t, view), photo_id=view.photo_id)

    return await _about_bill(visit, data, shown)


@press("owner.pdf", permission=Permission.SEE_OWN_BILLS)
async def pdf_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    async def printed(visit: Visit, view: BillView) -> Reply:
        bill = await owners_bill(visit.work.conn, _person(visit), view)
        try:
            content = await bills_pdf(visit.t, visit.work.society, [bill], visit.work.now)
        except DocumentError:
            return Reply(_with_contact(visit, documents.pdf_failed(visit.t, view)))
        return Reply(documents.pdf_sent(visit.t, view), document_name=file_name(view), document=content)

    return await _about_bill(visit, data, printed)


@command("help", "मदद", roles=_OWNER, about=texts.about_help, alone=True)
async def help_(visit: Visit, _: str) -> Turn:
    return Turn((Reply(_with_contact(visit, texts.help_text(visit.t, visit.work.society.name))),), keep_state=True)


@on(Occasion.OTHERWISE, roles=_OWNER)
async def anything_else(visit: Visit) -> Turn:
    """The number of a payment alone says that it was made; a greeting is returned; anything else is not for us."""
    if visit.chat.is_private and owner_claims.is_claim(visit.text):
        return await owner_claims.said(visit, visit.text)
    return Turn((await _greeting(visit) if is_greeting(visit.text) else _not_understood(visit),))


def _with_contact(visit: Visit, text: str) -> str:
    return texts.with_contact(visit.t, text, visit.work.society.office_contact)


def _not_understood(visit: Visit) -> Reply:
    """Whatever was meant, one press leads on."""
    t = visit.t
    first = (
        Button(texts.my_bill_button(t), Action("owner.bill")),
        Button(texts.pay_ways_button(t), Action("owner.ways")),
    )
    return Reply(
        _with_contact(visit, texts.not_understood(t)), (first, (Button(texts.help_button(t), Action("owner.help")),))
    )


async def _greeting(visit: Visit) -> Reply:
    """How the newest bills stand, and the way to them."""
    t, person = visit.t, _person(visit)
    views = await bill_views.newest_bills(visit.work.conn, person)
    words = texts.greeting(t, visit.work.actor.name, visit.work.society.name)
    if not views:
        return Reply(f"{words}\n{(await _none_yet(visit)).text}")
    first = (
        Button(texts.my_bill_button(t), Action("owner.bill")),
        Button(texts.pay_ways_button(t), Action("owner.ways")),
    )
    earlier = (Button(texts.history_button(t), Action("owner.history")),)
    return Reply("\n".join([words, *(texts.latest(t, view) for view in views)]), (first, earlier))


def _person(visit: Visit) -> int:
    """Rules with an owner's role or right only serve known people."""
    person_id = visit.work.actor.person_id
    if person_id is None:
        raise LookupError(visit.chat.id)
    return person_id


async def _bills(visit: Visit) -> tuple[Reply, ...]:
    """Each a message of its own: what was asked for is answered below, not in a card of before."""
    work, person = visit.work, _person(visit)
    views = await bill_views.newest_bills(work.conn, person)
    if not views:
        return (await _none_yet(visit),)
    cards = [f"{card_of(view.id)}:{work.ref}" for view in views]
    return tuple([await bill_card(work, visit.t, view, person, card) for view, card in zip(views, cards, strict=True)])


async def _none_yet(visit: Visit) -> Reply:
    return Reply(texts.no_bill_yet(visit.t, await owners.flat_codes(visit.work.conn, _person(visit))))


async def _ways(visit: Visit, view: BillView) -> Reply:
    return await ways_to_pay(visit.work, visit.t, view, _person(visit))


async def _about_bill(
    visit: Visit, data: Mapping[str, Any], answer: Callable[[Visit, BillView], Awaitable[Reply]]
) -> Turn:
    """Answer about a bill that is the person's at this moment; a bill of before or of others is not."""
    view = await bill_views.owned_bill(visit.work.conn, _person(visit), data["bill"])
    reply = await answer(visit, view) if view else Reply(texts.bill_gone(visit.t))
    return Turn((reply,), keep_state=True)
