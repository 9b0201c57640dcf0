"""What the office reads about payments that owners say they have made."""

from __future__ import annotations

from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts import admin_money
from jobs.claim_payment import Sight
from storage.payment_claims import Claim, ClaimState
from storage.payments import Payment


def card(t: Translator, seen: Sight) -> str:
    """Flat, amount and number; what is known of the number elsewhere."""
    one = seen.claim
    head = t.gettext("<b>{flat}: {who} has paid {amount}</b>").format(
        flat=escape(one.flat_code), who=escape(one.person), amount=t.rupees(one.amount)
    )
    lines = [head, t.gettext("UTR {utr}").format(utr=f"<code>{escape(one.reference)}</code>")]
    lines.append(f"{admin_money.owed(t, seen.owed)} → {admin_money.left(t, seen.owed - one.amount)}")
    lines += admin_money.counted(t, seen.counted)
    lines += [_also_claimed(t, other) for other in seen.others]
    return "\n".join([*lines, t.gettext("Is it at the bank?")])


def _also_claimed(t: Translator, other: Claim) -> str:
    return t.gettext("This UTR was also sent for {flat}: {amount}.").format(
        flat=escape(other.flat_code), amount=t.rupees(other.amount)
    )


def confirm_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Confirm {amount}").format(amount=t.rupees(amount))


def refuse_button(t: Translator) -> str:
    return t.gettext("Not found")


def decided(t: Translator, one: Claim, payment: Payment | None, note: str = "") -> str:
    """What became of it and by whom."""
    who = escape(one.decider or "") or t.gettext("the service")
    if one.state is ClaimState.CONFIRMED:
        amount = payment.amount if payment else one.amount
        head = t.gettext("<b>{flat}: {amount} confirmed by {who}</b>").format(
            flat=escape(one.flat_code), amount=t.rupees(amount), who=who
        )
    else:
        head = t.gettext("<b>{flat}: {amount} not found, said {who}</b>. The owner is told.").format(
            flat=escape(one.flat_code), amount=t.rupees(one.amount), who=who
        )
    utr = t.gettext("UTR {utr}").format(utr=f"<code>{escape(one.reference)}</code>")
    undone = t.gettext("The payment was taken back since.") if payment and payment.undone else ""
    return "\n".join(filter(None, (head, utr, undone, note)))


def other_sum(t: Translator, one: Claim, payment: Payment) -> str:
    """The number is on the account with another amount."""
    return t.gettext(
        "UTR {utr} is recorded for <b>{flat}</b> with <b>{before}</b> on {day}; the owner says <b>{after}</b>. "
        "Which is right?"
    ).format(
        utr=f"<code>{escape(one.reference)}</code>",
        flat=escape(one.flat_code),
        before=t.rupees(payment.amount),
        day=t.day(payment.value_date),
        after=t.rupees(one.amount),
    )
