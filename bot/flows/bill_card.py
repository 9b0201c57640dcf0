"""An owner's bill as a message with its buttons: the same after approval, on /bill and on linking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.bill_facts import is_payable
from bot.conversation import Action, Button, Reply
from bot.texts import documents, owner_claims, pay_page
from bot.texts import owner as texts
from storage import bill_links, payment_attempts

if TYPE_CHECKING:
    from bot.i18n import Translator
    from jobs.work import Work
    from storage.bill_views import BillView

Rows = tuple[tuple[Button, ...], ...]


async def bill_card(work: Work, t: Translator, view: BillView, person_id: int, card: str | None = None) -> Reply:
    """The bill in words, and a way to pay while something is owed."""
    if view.parked:
        return Reply(texts.checked_by_office(t, view.flat_code), card=card)
    return Reply(texts.bill(t, view), (*await pay_row(work, t, view, person_id), *_about_rows(t, view)), card=card)


async def ways_to_pay(work: Work, t: Translator, view: BillView, person_id: int) -> Reply:
    """What is owed on the flat and every way to pay it, the office at least."""
    if view.parked:
        return Reply(texts.checked_by_office(t, view.flat_code))
    if not view.is_owed:
        return Reply(texts.nothing_to_pay(t, view))
    checked = payment_attempts.being_checked(await payment_attempts.unsettled(work.conn, view.flat_id))
    if checked is not None:
        return Reply(pay_page.being_checked(t, checked.amount, closing=checked.closing))
    if not view.to_pay:
        return Reply(texts.all_is_checked(t, view), (have_paid_row(t, view.flat_code),))
    page = await _page_address(work, view, person_id)
    link = () if page is None or not _is_link(page) else ((Button(texts.pay_button(t, view.to_pay), url=page),),)
    vpa = work.society.upi_vpa
    copy = ((Button(texts.copy_upi_button(t), copy=vpa),),) if vpa else ()
    text = texts.ways_to_pay(t, view, work.society.name, vpa, None if link else page)
    text = texts.with_contact(t, text, work.society.office_contact)
    return Reply(text, (*link, *copy, have_paid_row(t, view.flat_code)))


def have_paid_row(t: Translator, flat: str) -> tuple[Button, ...]:
    """Begins to say that it was paid another way."""
    return (Button(owner_claims.have_paid_button(t), Action("claim.begin", {"flat": flat})),)


async def _page_address(work: Work, view: BillView, person_id: int) -> str | None:
    """The bill's page for this person; none where the service has no public address."""
    if not work.society.public_url:
        return None
    token = await bill_links.link_for(work.conn, view.id, person_id, work.now)
    return f"{work.society.public_url.rstrip('/')}/b/{token}"


def _is_link(address: str) -> bool:
    """Whether chat apps accept it on a button."""
    return address.startswith("https://")


async def pay_row(work: Work, t: Translator, view: BillView, person_id: int) -> Rows:
    """A link where chats accept one, else a button that answers with every way to pay."""
    if not is_payable(view):
        return ()
    label = texts.pay_button(t, view.to_pay)
    page = await _page_address(work, view, person_id)
    if page is not None and _is_link(page):
        return ((Button(label, url=page),),)
    return ((Button(label, Action("owner.pay", {"bill": view.id})),),)


def _about_rows(t: Translator, view: BillView) -> Rows:
    how = Button(texts.how_button(t), Action("owner.how", {"bill": view.id}))
    pdf = Button(documents.pdf_button(t), Action("owner.pdf", {"bill": view.id}))
    if view.photo_id is None:
        return ((how, pdf),)
    return ((how, Button(texts.photo_button(t), Action("owner.photo", {"bill": view.id}))), (pdf,))
