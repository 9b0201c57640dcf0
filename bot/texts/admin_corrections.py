"""What the office reads about accounts and their corrections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts.admin_money import method_word
from bot.texts.admin_online import NAMES
from bot.texts.owner_corrections import reason as reason_words
from domain import corrections
from domain.account import EntryKind
from domain.corrections import CorrectionError
from domain.payments import PaymentMethod
from domain.period import Month
from jobs.account_card import AccountCard
from jobs.correct_account import GivenBack
from storage.account_lines import AccountLine
from storage.bill_voids import BillVoid
from storage.bills import Bill


def account_button(t: Translator) -> str:
    return t.gettext("Account")


def account(t: Translator, seen: AccountCard) -> str:
    """What is owed, then the last entries, oldest first."""
    head = f"<b>{escape(seen.flat.code)}</b> · {standing(t, seen.owed)}"
    if not seen.lines:
        return f"{head}\n{t.gettext('Nothing was posted yet.')}"
    return "\n".join([head, *(_line(t, line) for line in seen.lines)])


def standing(t: Translator, owed: Decimal) -> str:
    """`owes ₹3,264.40`, or a credit."""
    if owed < 0:
        return t.gettext("credit {amount}").format(amount=t.rupees(-owed))
    return t.gettext("owes {amount}").format(amount=t.rupees(owed))


def _line(t: Translator, line: AccountLine) -> str:
    number = [f"{line.bill_year}-{line.bill_id:04}"] if line.kind is EntryKind.CHARGE and line.bill_id else []
    parts = [_days(t, line), what(t, line), *number, _signed(t, line.amount)]
    return " · ".join([*parts, *_marks(t, line)])


def _days(t: Translator, line: AccountLine) -> str:
    """`14 Oct 2026 (posted 23 Nov 2026)`: when the money came, and when it was written down."""
    if line.day == line.posted_on:
        return t.day(line.day)
    return t.gettext("{day} (posted {posted})").format(day=t.day(line.day), posted=t.day(line.posted_on))


def _signed(t: Translator, amount: Decimal) -> str:
    return f"+{t.rupees(amount)}" if amount >= 0 else f"−{t.rupees(-amount)}"


def _marks(t: Translator, line: AccountLine) -> list[str]:
    if line.undone:
        return [t.gettext("undone")]
    if line.given_back:
        return [t.gettext("{amount} of it given back").format(amount=t.rupees(line.given_back))]
    return []


def what(t: Translator, line: AccountLine) -> str:
    """What an entry is: `bill Oct 2026`, `cash`, `credit note`."""
    if line.kind is EntryKind.CHARGE:
        return _with_month(t, t.gettext("bill"), line.bill_end)
    if line.kind is EntryKind.PAYMENT:
        return _payment(t, line)
    if line.kind is EntryKind.REVERSAL:
        return t.gettext("undone: {what}").format(what=kind_word(t, line.of_kind or line.kind))
    if line.kind is EntryKind.REFUND and line.source_type == GivenBack.CHARGEBACK:
        return t.gettext("chargeback")
    word = kind_word(t, line.kind)
    return f"{word} ({reason_words(t, line.note)})" if line.note else word


def _payment(t: Translator, line: AccountLine) -> str:
    known = line.method in set(PaymentMethod)
    word = method_word(t, PaymentMethod(line.method or "")) if known else t.gettext("payment")
    return f"{word} {escape(line.reference)}" if line.reference else word


def _with_month(t: Translator, word: str, end: date | None) -> str:
    return f"{word} {t.month(Month.of(end))}" if end else word


def kind_word(t: Translator, kind: EntryKind) -> str:
    words = {
        EntryKind.OPENING: t.gettext("from before"),
        EntryKind.CHARGE: t.gettext("bill"),
        EntryKind.DEBIT_NOTE: t.gettext("debit note"),
        EntryKind.CREDIT_NOTE: t.gettext("credit note"),
        EntryKind.PAYMENT: t.gettext("payment"),
        EntryKind.REVERSAL: t.gettext("undone"),
        EntryKind.REFUND: t.gettext("refund"),
    }
    return words[kind]


def credit_button(t: Translator) -> str:
    return t.gettext("Credit note")


def debit_button(t: Translator) -> str:
    return t.gettext("Debit note")


def refund_button(t: Translator) -> str:
    return t.gettext("Refund")


def void_button(t: Translator) -> str:
    return t.gettext("Void bill")


def undo_button(t: Translator) -> str:
    return t.gettext("Undo")


def choose_undo(t: Translator, flat: str) -> str:
    return t.gettext("<b>{flat}</b>: what was entered by mistake?").format(flat=escape(flat))


def nothing_to_undo(t: Translator, flat: str) -> str:
    return t.gettext("<b>{flat}</b>: nothing that the office entered can be undone.").format(flat=escape(flat))


def entry_button(t: Translator, line: AccountLine) -> str:
    """`₹1,842.00 cash, 5 Nov 2026`: plain text, as labels are."""
    word = kind_word(t, line.kind)
    if line.kind is EntryKind.PAYMENT and line.method in set(PaymentMethod):
        word = method_word(t, PaymentMethod(line.method or ""))
    return f"{t.rupees(abs(line.amount))} {word}, {t.day(line.day)}"


def choose_refund(t: Translator, flat: str) -> str:
    return t.gettext("<b>{flat}</b>: what is given back?").format(flat=escape(flat))


def nothing_to_refund(t: Translator, flat: str) -> str:
    return t.gettext(
        "<b>{flat}</b> has no credit and no payment that could be given back here. "
        "What came by Stripe or Razorpay is refunded there."
    ).format(flat=escape(flat))


def idle_button(t: Translator, idle: Decimal) -> str:
    return t.gettext("Credit {amount}").format(amount=t.rupees(idle))


def ask_amount(t: Translator, flat: str, word: str) -> str:
    """Ask how much a note or refund is about."""
    return t.gettext("{what} for <b>{flat}</b>: how much? Send the amount, as 500.00").format(
        what=_capital(word), flat=escape(flat)
    )


def bad_amount(t: Translator, explanation: str) -> str:
    return t.gettext("That is not an amount: {why}. Send it as 500.00").format(why=escape(explanation))


def all_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("All {amount}").format(amount=t.rupees(amount))


def ask_reason(t: Translator, head: str) -> str:
    return t.gettext("{what}: why?").format(what=head)


def reason_button(t: Translator, code: str) -> str:
    return _capital(reason_words(t, code))


def other_reason(t: Translator) -> str:
    return t.gettext("Other…")


def type_reason(t: Translator, head: str) -> str:
    return t.gettext("{what}: send the reason in a few words. The owners read it.").format(what=head)


def reason_too_long(t: Translator) -> str:
    return t.gettext("Please send the reason in at most 200 letters.")


def heading(t: Translator, word: str, flat: str, amount: Decimal) -> str:
    """`Credit note ₹500.00 for B17-FF`."""
    return t.gettext("{what} {amount} for <b>{flat}</b>").format(
        what=_capital(word), amount=t.rupees(amount), flat=escape(flat)
    )


def void_heading(t: Translator, bill: Bill) -> str:
    """`October 2026 bill of B17-FF, ₹3,264.40`."""
    return t.gettext("{month} bill of <b>{flat}</b>, {amount}").format(
        month=t.month(Month.of(bill.period.end)), flat=escape(bill.flat_code), amount=t.rupees(bill.total_amount)
    )


def confirm(t: Translator, head: str, why: str, before: Decimal, after: Decimal) -> str:
    """All figures before it counts."""
    return f"{head}\n{standing(t, before)} → <b>{standing(t, after)}</b>\n{_reason_line(t, why)}"


def _reason_line(t: Translator, why: str) -> str:
    return t.gettext("Reason: {reason}").format(reason=reason_words(t, why))


def voided(t: Translator, head: str) -> str:
    return t.gettext("voided the {bill}").format(bill=head)


def refund_of(t: Translator, word: str) -> str:
    """What of a payment is given back."""
    return t.gettext("refund of {payment},").format(payment=word)


def undo_of(t: Translator, word: str) -> str:
    """What is undone."""
    return t.gettext("undo of {entry},").format(entry=word)


def void_consequence(t: Translator) -> str:
    return t.gettext("Its owners are told, and its reading waits to be billed again.")


def confirm_button(t: Translator, word: str, amount: Decimal) -> str:
    """`Credit note ₹500.00`."""
    return f"{_capital(word)} {t.rupees(amount)}"


def confirm_void_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Void {amount}").format(amount=t.rupees(amount))


def confirm_undo_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Undo {amount}").format(amount=t.rupees(amount))


def done(t: Translator, head: str, who: str, owed: Decimal, told: int) -> str:
    """Posted, by whom, and what is owed now."""
    by = t.gettext("by {who}").format(who=escape(who))
    return f"<b>{t.gettext('Done')}</b>: {head}, {by}\n{_capital(standing(t, owed))}. {_told(t, told)}"


def _told(t: Translator, told: int) -> str:
    if told:
        return t.gettext("The owners are told.")
    return t.gettext("No owner has a chat linked: nobody was told.")


def waits_again(t: Translator) -> str:
    return t.gettext("Its reading is approved and waits to be billed again.")


def already(t: Translator, line: AccountLine) -> str:
    """The same correction again: nothing was done."""
    return t.gettext("Already done: {what} {amount}, {day}, by {who}. Nothing was changed.").format(
        what=what(t, line),
        amount=t.rupees(abs(line.amount)),
        day=t.day(line.day),
        who=escape(line.recorder or "") or t.gettext("the service"),
    )


def already_void(t: Translator, bill: Bill, void: BillVoid, day: date) -> str:
    """Somebody was first."""
    return t.gettext("{bill}: voided by {who} on {day}. Nothing was changed.").format(
        bill=void_heading(t, bill), who=escape(void.by or "") or t.gettext("the service"), day=t.day(day)
    )


def balance_moved(t: Translator) -> str:
    return t.gettext("What is owed changed since. Nothing was done. It stands like this now:")


def refusal(t: Translator, error: CorrectionError) -> str:
    """Why the rules forbid it, and what to do instead."""
    return _REFUSALS[type(error)](t, error)


def _with(words: Callable[[Translator], str], fact: str) -> Callable[[Translator, CorrectionError], str]:
    """Words with the amount that the error carries."""
    return lambda t, error: words(t).format(amount=t.rupees(getattr(error, fact)))


def _plain(words: Callable[[Translator], str]) -> Callable[[Translator, CorrectionError], str]:
    return lambda t, _: words(t)


def _at_provider(words: Callable[[Translator], str]) -> Callable[[Translator, CorrectionError], str]:
    """Words with the provider that the error names."""

    def said(t: Translator, error: CorrectionError) -> str:
        name = getattr(error, "provider", "")
        return words(t).format(provider=NAMES.get(name, name))

    return said


def _closed(t: Translator, error: CorrectionError) -> str:
    month = error.month if isinstance(error, corrections.MonthClosedError) else None
    words = t.gettext("{month} is locked: this bill stays. Write a credit or debit note instead.")
    return words.format(month=t.month(month) if month else "")


_REFUSALS: dict[type[CorrectionError], Callable[[Translator, CorrectionError], str]] = {
    corrections.SetAsideError: _plain(
        lambda t: t.gettext("This flat is set aside. Choose its balance first: /flat and Set balance.")
    ),
    corrections.NotOurBillError: _plain(
        lambda t: t.gettext("This bill is from before the service. Correct it by a credit or debit note.")
    ),
    corrections.AlreadyVoidError: _plain(lambda t: t.gettext("This bill was voided before.")),
    corrections.NewerBillError: _plain(
        lambda t: t.gettext("A newer bill counts this one as unpaid: it stays. Write a credit or debit note instead.")
    ),
    corrections.BillPaidError: _with(
        lambda t: t.gettext("{amount} was paid for this bill: it stays. Write a credit or debit note instead."),
        "paid",
    ),
    corrections.PaymentUnderWayError: _plain(
        lambda t: t.gettext("A payment for this flat is under way. Try again when it is decided.")
    ),
    corrections.NotedBillError: _with(
        lambda t: t.gettext("A note of {amount} belongs to this bill. Undo the note first."), "amount"
    ),
    corrections.MonthClosedError: _closed,
    corrections.AmountBoundsError: _with(
        lambda t: t.gettext("An amount has to be more than zero and at most {amount}."), "most"
    ),
    corrections.NotThatMuchCreditError: _with(
        lambda t: t.gettext("Only {amount} is credit that nothing uses: no more than that can be given back."), "idle"
    ),
    corrections.NotThatMuchPaidError: _with(
        lambda t: t.gettext("Only {amount} is left of this payment: no more than that can be taken back."), "live"
    ),
    corrections.NotThatMuchChargedError: _with(
        lambda t: t.gettext("This bill charges only {amount}: a credit note for it cannot give more."), "left"
    ),
    corrections.AlreadyUndoneError: _plain(lambda t: t.gettext("This was undone before. Nothing was changed.")),
    corrections.NotUndoableError: _plain(
        lambda t: t.gettext("Only payments that the office recorded, notes and refunds can be undone.")
    ),
    corrections.CapturedError: _at_provider(
        lambda t: t.gettext("{provider} has this money. Refund it at {provider}; it comes here by itself.")
    ),
    corrections.RefundedThereError: _at_provider(
        lambda t: t.gettext("{provider} gave this money back. If that fails there, it comes here by itself.")
    ),
    corrections.GivenBackError: _with(
        lambda t: t.gettext("{amount} of this payment was given back. Undo that first."), "amount"
    ),
}


def bill_again_button(t: Translator, total: Decimal) -> str:
    return t.gettext("Bill again {amount}").format(amount=t.rupees(total))


def reopen_button(t: Translator) -> str:
    return t.gettext("Change the reading")


def billed_again(t: Translator, bill: Bill, who: str, told: int) -> str:
    by = t.gettext("by {who}").format(who=escape(who))
    return f"<b>{t.gettext('Billed again')}</b>: {void_heading(t, bill)}, {by}\n{_told(t, told)}"


def not_billed(t: Translator) -> str:
    return t.gettext("This reading cannot be billed as things are. It stands like this now:")


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
