"""What owners are told without asking: bill, receipt, correction; looked at again at the moment of sending."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Reply
from bot.flows import openings, owner_templates
from bot.flows.bill_card import Rows, bill_card, pay_row
from bot.flows.owner_slips import slip_row
from bot.slip_document import PRINTED
from bot.texts import onboarding, owner, owner_corrections
from domain.account import EntryKind
from domain.money import ZERO
from domain.roles import Role
from jobs.bill_messages import card_of
from jobs.correct_account import GivenBack
from storage import account_lines, accounts, bill_cards, bill_views, payments, people, reach

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator
    from jobs.ports import Notice
    from jobs.work import Work
    from storage.account_lines import AccountLine
    from storage.payments import Payment


@announces("bill")
async def bill(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The bill, and later its state in place; not while its flat is parked, nor where it is not theirs any more.

    It is not said at all where it was taken back or followed by a newer one before it was ever shown. Where nothing
    can be edited, older copies of it in the chat are left as they are.
    """
    reader = await _reader(work, notice)
    view = await bill_views.owned_bill(work.conn, reader, int(notice.source_id)) if reader else None
    if reader is None or view is None or view.parked:
        return None
    if notice.sequence == 1 and (view.is_void or not view.is_newest):
        return None
    reply = await bill_card(work, t, view, reader, notice.card)
    template = owner_templates.bill(t, view, reply)
    reply = await openings.on_bill(work, t, view, reply)
    return replace(reply, template=template, passing=notice.payload.get("copy", False))


@announces("receipt")
async def receipt(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """A payment that was counted, unless it was taken back meanwhile."""
    paid = await _payment(work, notice)
    if paid is None or paid.undone:
        return None
    balance = await accounts.balance(work.conn, paid.flat_id)
    text = owner.receipt(t, paid.flat_code, paid.amount, paid.value_date, balance)
    return Reply(text, (slip_row(t, paid.entry_id),), template=owner_templates.receipt(t, paid, balance))


@announces("payment_undone")
async def payment_undone(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The correction of a receipt."""
    paid = await _payment(work, notice)
    if paid is None:
        return None
    return Reply(owner.payment_undone(t, paid.flat_code, paid.amount, await accounts.balance(work.conn, paid.flat_id)))


@announces("bill_void")
async def bill_void(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """A bill was taken back; not where it never arrived."""
    reader = await _reader(work, notice)
    view = await bill_views.owned_bill(work.conn, reader, int(notice.source_id)) if reader else None
    if view is None:
        return None
    shown = await bill_cards.shown(work.conn, view.flat_id, view.id, card_of(view.id))
    is_shown_here = any(one.chat_id == notice.chat_id for one in shown)
    return Reply(owner_corrections.bill_voided(t, view)) if is_shown_here else None


@announces("correction")
async def correction(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """A note, a refund, a chargeback, unless undone meanwhile; or that one was undone, where it was told."""
    line, reader = await account_lines.line(work.conn, int(notice.source_id)), await _reader(work, notice)
    if line is None or reader is None or line.undone:
        return None
    if not await people.owned_at(work.conn, reader, line.flat_id, line.recorded_at):
        return None
    if line.kind is EntryKind.REVERSAL and not await _was_told(work, notice, line.of):
        return None
    paying = await _way_to_pay(work, t, line.flat_id, reader) if line.amount > ZERO else ()
    rows = (*paying, slip_row(t, line.entry_id)) if line.kind in PRINTED else paying
    return Reply(_corrected(t, line, await accounts.balance(work.conn, line.flat_id)), rows)


async def _way_to_pay(work: Work, t: Translator, flat_id: int, reader: int) -> Rows:
    """Where more is owed than before: how it is paid, on the flat's newest bill."""
    bill_id = await bill_cards.newest_bill(work.conn, flat_id)
    view = await bill_views.owned_bill(work.conn, reader, bill_id) if bill_id else None
    return await pay_row(work, t, view, reader) if view else ()


def _corrected(t: Translator, line: AccountLine, balance: Decimal) -> str:
    amount = abs(line.amount)
    match line.kind:
        case EntryKind.CREDIT_NOTE:
            return owner_corrections.credited(t, line.flat_code, amount, line.note, balance)
        case EntryKind.DEBIT_NOTE:
            return owner_corrections.debited(t, line.flat_code, amount, line.note, balance)
        case EntryKind.REFUND if line.source_type == GivenBack.CHARGEBACK:
            return owner_corrections.charged_back(t, line.flat_code, amount, balance)
        case EntryKind.REFUND:
            return owner_corrections.refunded(t, line.flat_code, amount, balance)
        case _:
            return owner_corrections.correction_undone(t, line.flat_code, amount, balance)


async def _was_told(work: Work, notice: Notice, entry_id: int | None) -> bool:
    """Whether this chat was told of the entry that is undone now."""
    return await reach.was_told(work.conn, notice.chat_id, notice.kind, notice.source_type, str(entry_id))


async def _payment(work: Work, notice: Notice) -> Payment | None:
    """The payment, for who is an owner of its flat and was one when it came in."""
    paid, reader = await payments.payment(work.conn, int(notice.source_id)), await _reader(work, notice)
    if paid is None or reader is None:
        return None
    return paid if await people.owned_at(work.conn, reader, paid.flat_id, paid.recorded_at) else None


async def _reader(work: Work, notice: Notice) -> int | None:
    """Whom the message is for, while the chat still is theirs."""
    reader = notice.person_id
    return reader if reader is not None and await people.is_chat_of(work.conn, notice.chat_id, reader) else None


@announces("chat_replaced")
async def chat_replaced(_work: Work, _notice: Notice, t: Translator) -> Reply | None:
    return Reply(onboarding.chat_replaced(t), remove_keyboard=True)


@announces("flat_relinked")
async def flat_relinked(_work: Work, _notice: Notice, t: Translator) -> Reply | None:
    return Reply(onboarding.flat_relinked(t))


@announces("rights_taken")
async def rights_taken(work: Work, notice: Notice, t: Translator) -> Reply | None:
    text = onboarding.rights_taken(t, Role(notice.payload["role"]))
    return Reply(text, remove_keyboard=await _has_no_keys(work, notice))


@announces("role_changed")
async def role_changed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    text = onboarding.role_changed(t, Role(notice.payload["role"]))
    return Reply(text, remove_keyboard=await _has_no_keys(work, notice))


async def _has_no_keys(work: Work, notice: Notice) -> bool:
    """Only engineers have keys below the text field."""
    return Role.ENGINEER not in await people.roles(work.conn, notice.person_id)
