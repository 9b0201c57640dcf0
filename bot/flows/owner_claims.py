"""An owner says “I have paid” and sends the UTR; the amount is restated, and the office looks for it at the bank."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_never

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.typed import leading_flat
from bot.flows.bill_card import have_paid_row
from bot.flows.private import in_private
from bot.router import Occasion, command, press, step
from bot.texts import owner
from bot.texts import owner_claims as texts
from domain.money import ZERO, AmountError, parse_rupees
from domain.number_text import clean_text
from domain.roles import Permission, Role
from domain.utr import is_utr
from jobs.claim_payment import LEAST, AlreadyCounted, Claimed, NotTheirs, TooLittle, TooManyWait, claim
from storage import accounts, flats, owners, parked, payment_claims, people
from storage.payment_claims import ClaimState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work

_PAY = Permission.PAY_OWN_BILLS
_LONGEST = 120


@command("utr", roles={Role.OWNER}, about=texts.about_utr)
@in_private
async def typed(visit: Visit, text: str) -> Turn:
    """The number, with flat and amount if they like: `/utr 412345678901 1842.50`."""
    return await said(visit, text) if text else _ask(visit, None)


@press("claim.begin", permission=_PAY)
async def begun(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for the number."""
    return _ask(visit, data["flat"])


@step("claim", "utr", permission=_PAY, claims=(Occasion.READING,))
async def number_typed(visit: Visit) -> Turn:
    return await said(visit, visit.text, visit.state.data["flat"] if visit.state else None)


@press("claim.flat", permission=_PAY)
async def flat_chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _checked(visit, data["flat"], data["utr"], _rupees(data["amount"]), data["card"])


@press("claim.amount", permission=_PAY)
async def ask_amount(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The balance is not what was paid."""
    return _ask_amount(visit, data["flat"], data["utr"], data["card"])


@step("claim", "amount", permission=_PAY, claims=(Occasion.READING,))
async def amount_typed(visit: Visit) -> Turn:
    """The amount: restated before it goes to the office."""
    if visit.state is None:
        raise LookupError(visit.chat.id)
    try:
        amount = parse_rupees(visit.text)
    except AmountError:
        return Turn((Reply(texts.bad_amount(visit.t)),), keep_state=True)
    return await _checked(visit, visit.state.data["flat"], visit.state.data["utr"], amount)


@press("claim.send", permission=_PAY)
async def sent(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """To the office, once."""
    flat, utr, amount = data["flat"], data["utr"], Decimal(data["amount"])
    outcome = await claim(visit.work, flat, amount, utr, visit.chat.id)
    match outcome:
        case Claimed(one, again=True):
            text = texts.looked_for_again(visit.t, flat, one.amount, utr)
        case Claimed(one, new=True):
            text = texts.passed_on(visit.t, flat, one.amount, utr)
        case Claimed(one):
            text = texts.waits_already(visit.t, one.amount, utr)
        case AlreadyCounted(payment):
            counted = texts.counted_already(visit.t, flat, payment.amount, utr)
            text = owner.with_balance(visit.t, counted, await accounts.balance(visit.work.conn, payment.flat_id))
        case TooLittle():
            text = texts.too_little(visit.t)
        case TooManyWait():
            text = texts.too_many(visit.t)
        case NotTheirs():
            text = texts.not_theirs(visit.t)
        case _:
            assert_never(outcome)
    return Turn((Reply(text, card=data["card"]),))


@press("claim.cancel", permission=_PAY)
async def cancelled(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return Turn((Reply(texts.cancelled(visit.t), card=data["card"]),))


@announces("claim_refused")
async def claim_refused(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To who sent it, while the chat and the flat are theirs."""
    one = await payment_claims.get(work.conn, int(notice.source_id))
    if one is None or one.state is not ClaimState.REFUSED or notice.person_id != one.person_id:
        return None
    if not await people.is_chat_of(work.conn, notice.chat_id, one.person_id):
        return None
    if one.flat_code not in await owners.flat_codes(work.conn, one.person_id):
        return None
    return Reply(texts.refused(t, one.flat_code, one.amount, one.reference), (have_paid_row(t, one.flat_code),))


def is_claim(text: str) -> bool:
    """Whether an owner's free text is a payment's number."""
    return len(text) <= _LONGEST and is_utr(text)


async def said(visit: Visit, text: str, flat: str | None = None) -> Turn:
    """Number, flat and amount in whatever order people like; what lacks is asked for."""
    named, words = leading_flat(text[:_LONGEST])
    utr, amount = _split(words)
    if utr is None:
        return Turn((Reply(texts.bad_utr(visit.t)),), State("claim", "utr", {"flat": named or flat}))
    own = await owners.flat_codes(visit.work.conn, _person(visit))
    chosen = named or flat or (own[0] if len(own) == 1 else None)
    if chosen is None and own:
        return _ask_flat(visit, own, utr, amount)
    return await _checked(visit, chosen or "", utr, amount)


def _split(words: list[str]) -> tuple[str | None, Decimal | None]:
    """(UTR, amount) of what was typed."""
    whole = " ".join(words)
    if is_utr(whole):
        return whole, None
    if len(words) > 1 and is_utr(" ".join(words[:-1])):
        try:
            return " ".join(words[:-1]), parse_rupees(words[-1])
        except AmountError:
            return None, None
    return None, None


async def _checked(visit: Visit, flat: str, utr: str, amount: Decimal | None, card: str | None = None) -> Turn:
    """Restate flat, amount and number; what is owed stands for an amount that was not said."""
    card = card or f"claim:{visit.work.ref}"
    found = await flats.get_flat(visit.work.conn, flat) if flat else None
    if found is None or flat not in await owners.flat_codes(visit.work.conn, _person(visit)):
        return Turn((Reply(texts.not_theirs(visit.t), card=card),))
    if await parked.is_parked(visit.work.conn, found.id):
        return Turn((Reply(owner.checked_by_office(visit.t, flat), card=card),))
    owed = await accounts.balance(visit.work.conn, found.id)
    if amount is None and owed <= ZERO:
        return _ask_amount(visit, flat, utr, card)
    said_or_owed = amount or owed
    if said_or_owed < LEAST:
        return Turn(
            (Reply(texts.too_little(visit.t), card=card),), State("claim", "amount", {"flat": flat, "utr": utr})
        )
    data = {"flat": flat, "utr": utr, "amount": str(said_or_owed), "card": card}
    yes = Button(texts.yes_button(visit.t, said_or_owed), Action("claim.send", data))
    other = Button(texts.other_amount_button(visit.t), Action("claim.amount", data))
    text = texts.restate(visit.t, flat, said_or_owed, clean_text(utr))
    return Turn((Reply(text, ((yes,), (other, _cancel(visit, card))), card=card),))


def _ask(visit: Visit, flat: str | None) -> Turn:
    card = f"claim:{visit.work.ref}"
    reply = Reply(texts.ask_utr(visit.t), ((_cancel(visit, card),),), card=card)
    return Turn((reply,), State("claim", "utr", {"flat": flat}))


def _ask_flat(visit: Visit, own: list[str], utr: str, amount: Decimal | None) -> Turn:
    card = f"claim:{visit.work.ref}"
    said_amount = None if amount is None else str(amount)
    rows = [
        (Button(code, Action("claim.flat", {"flat": code, "utr": utr, "amount": said_amount, "card": card})),)
        for code in own
    ]
    return Turn((Reply(texts.ask_flat(visit.t, clean_text(utr)), (*rows, (_cancel(visit, card),)), card=card),))


def _ask_amount(visit: Visit, flat: str, utr: str, card: str) -> Turn:
    reply = Reply(texts.ask_amount(visit.t, flat), ((_cancel(visit, card),),), card=card)
    return Turn((reply,), State("claim", "amount", {"flat": flat, "utr": utr}))


def _cancel(visit: Visit, card: str) -> Button:
    return Button(texts.cancel_button(visit.t), Action("claim.cancel", {"card": card}))


def _rupees(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _person(visit: Visit) -> int:
    person_id = visit.work.actor.person_id
    if person_id is None:
        raise LookupError(visit.chat.id)
    return person_id
