"""Putting a correction together: how much, why, and all its figures before it counts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.conversation import Button, Reply, State, Turn
from bot.flows.admin.correction import account_reply
from bot.flows.admin.correction_binding import Begun
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import is_reading
from bot.flows.engineer.message import take
from bot.router import Occasion, press, step
from bot.texts import admin_corrections as texts
from bot.texts import owner_corrections
from domain.money import ZERO, AmountError, parse_rupees
from domain.number_text import clean_text
from domain.roles import Permission
from jobs.account_card import account_card
from jobs.ask_correction import Deed, Preview, preview
from jobs.correct_account import Refused

if TYPE_CHECKING:
    from bot.visit import Visit

_ADJUST = Permission.ADJUST_ACCOUNT
_LONGEST_REASON = 200
_WITHOUT_AMOUNT = frozenset({Deed.VOID, Deed.UNDO})
_REASONS = {
    Deed.VOID: owner_corrections.VOID_REASONS,
    Deed.CREDIT: owner_corrections.NOTE_REASONS,
    Deed.DEBIT: owner_corrections.NOTE_REASONS,
    Deed.REFUND: owner_corrections.REFUND_REASONS,
    Deed.TAKE_BACK: owner_corrections.TAKE_BACK_REASONS,
    Deed.UNDO: owner_corrections.UNDO_REASONS,
}


@press("correct.begin", permission=_ADJUST)
async def begun(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask how much, or, where that is settled, why; what the rules forbid is said at once."""
    one = Begun.of(data)
    if one.asked.deed in _WITHOUT_AMOUNT:
        return await _ask_reason(visit, one)
    most = await _most(visit, one)
    if one.asked.deed in {Deed.REFUND, Deed.TAKE_BACK} and not most:
        return await _refused(visit, one, texts.nothing_to_refund(visit.t, one.asked.flat))
    whole = (Button(texts.all_button(visit.t, most), one.with_(amount=most).action("correct.amount")),) if most else ()
    text = texts.ask_amount(visit.t, one.asked.flat, _word(visit, one))
    reply = Reply(text, ((*whole, one.cancel(visit.t)),), card=one.card)
    return Turn((reply,), State("correction", "amount", one.data()))


@press("correct.amount", permission=_ADJUST)
async def whole(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _ask_reason(visit, Begun.of(data))


@step("correction", "amount", permission=_ADJUST, claims=(Occasion.READING,))
async def amount_typed(visit: Visit) -> Turn:
    """The amount: then why."""
    one = _stored(visit)
    try:
        amount = parse_rupees(visit.text)
    except AmountError as error:
        return Turn((Reply(texts.bad_amount(visit.t, error.reason.explanation)),), keep_state=True)
    seen = await preview(visit.work, one.with_(amount=amount).asked)
    if isinstance(seen, Refused):
        return Turn((Reply(texts.refusal(visit.t, seen.error)),), keep_state=True)
    return await _ask_reason(visit, _below(visit, one.with_(amount=amount)))


@press("correct.reason", permission=_ADJUST)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _restate(visit, Begun.of(data))


@press("correct.other", permission=_ADJUST)
async def other(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for a reason in words."""
    one = Begun.of(data)
    seen = await preview(visit.work, one.asked)
    if isinstance(seen, Refused):
        return await _refused(visit, one, texts.refusal(visit.t, seen.error))
    text = texts.type_reason(visit.t, heading(visit, seen))
    return Turn((Reply(text, ((one.cancel(visit.t),),), card=one.card),), State("correction", "reason", one.data()))


@step("correction", "reason", permission=_ADJUST, claims=(Occasion.READING,))
async def reason_typed(visit: Visit) -> Turn:
    """The reason in the admin's own words: all figures with it, before it counts."""
    if is_reading(visit):
        return await take(visit)
    words = clean_text(visit.text)
    if not 0 < len(words) <= _LONGEST_REASON:
        return Turn((Reply(texts.reason_too_long(visit.t)),), keep_state=True)
    return await _restate(visit, _below(visit, _stored(visit).with_(reason=words)))


async def restated(visit: Visit, one: Begun, note: str = "") -> Reply:
    """All figures, and the button that does it while they are true."""
    seen = await preview(visit.work, one.asked)
    if isinstance(seen, Refused):
        return await _refusal(visit, one, texts.refusal(visit.t, seen.error))
    head, why = heading(visit, seen), one.asked.reason or ""
    text = texts.confirm(visit.t, head, why, seen.before, seen.after)
    consequence = texts.void_consequence(visit.t) if one.asked.deed is Deed.VOID else ""
    go = Button(_go(visit, seen), one.with_(owed=seen.before).action("correct.do"))
    lines = "\n".join(filter(None, (note, text, consequence)))
    return Reply(lines, ((go,), (one.cancel(visit.t),)), card=one.card)


def heading(visit: Visit, seen: Preview) -> str:
    """What it is about: `Credit note ₹500.00 for B17-FF`, `October 2026 bill of B17-FF, ₹3,264.40`."""
    if seen.asked.deed is Deed.VOID and seen.bill:
        return texts.void_heading(visit.t, seen.bill)
    word = texts.what(visit.t, seen.line) if seen.line else _deed_word(visit, seen.asked.deed)
    if seen.asked.deed is Deed.TAKE_BACK:
        word = texts.refund_of(visit.t, word)
    if seen.asked.deed is Deed.UNDO:
        word = texts.undo_of(visit.t, word)
    return texts.heading(visit.t, word, seen.asked.flat, seen.amount)


async def _restate(visit: Visit, one: Begun) -> Turn:
    return answer(visit, await restated(visit, one))


async def _ask_reason(visit: Visit, one: Begun) -> Turn:
    """The usual reasons as buttons; another one is typed, at once or after `other`."""
    seen = await preview(visit.work, one.asked)
    if isinstance(seen, Refused):
        return await _refused(visit, one, texts.refusal(visit.t, seen.error))
    buttons = [
        Button(texts.reason_button(visit.t, code), one.with_(reason=code).action("correct.reason"))
        for code in _REASONS[one.asked.deed]
    ]
    buttons += [Button(texts.other_reason(visit.t), one.action("correct.other")), one.cancel(visit.t)]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    reply = Reply(texts.ask_reason(visit.t, heading(visit, seen)), rows, card=one.card)
    return Turn((reply,), State("correction", "reason", one.data()))


async def _refused(visit: Visit, one: Begun, why: str) -> Turn:
    return answer(visit, await _refusal(visit, one, why))


async def _refusal(visit: Visit, one: Begun, why: str) -> Reply:
    """The account again, with why it cannot be done."""
    return await account_reply(visit, one.asked.flat, one.card, one.bill, note=why)


async def _most(visit: Visit, one: Begun) -> Decimal:
    """All that can be given back, in rupees; zero for notes."""
    seen = await account_card(visit.work, one.asked.flat)
    if seen is None:
        return ZERO
    if one.asked.deed is Deed.REFUND:
        return seen.idle
    return {line.entry_id: live for line, live in seen.payments}.get(one.asked.subject or 0, ZERO)


def _word(visit: Visit, one: Begun) -> str:
    return _deed_word(visit, one.asked.deed)


def _deed_word(visit: Visit, deed: Deed) -> str:
    words = {Deed.CREDIT: texts.credit_button, Deed.DEBIT: texts.debit_button}
    return words.get(deed, texts.refund_button)(visit.t)


def _go(visit: Visit, seen: Preview) -> str:
    if seen.asked.deed is Deed.VOID:
        return texts.confirm_void_button(visit.t, seen.bill.total_amount if seen.bill else seen.amount)
    if seen.asked.deed is Deed.UNDO:
        return texts.confirm_undo_button(visit.t, seen.amount)
    return texts.confirm_button(visit.t, _deed_word(visit, seen.asked.deed), seen.amount)


def _below(visit: Visit, one: Begun) -> Begun:
    """What was typed is answered below it, in a card of its own."""
    return Begun(one.asked, f"account:{visit.work.ref}", one.token, one.bill)


def _stored(visit: Visit) -> Begun:
    if visit.state is None:
        raise LookupError(visit.chat.id)
    return Begun.of(visit.state.data)
