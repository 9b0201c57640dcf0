"""What the office reads about online payments that no provider answers for."""

from __future__ import annotations

from datetime import date

from bot.i18n import Translator, escape
from bot.texts.admin_online import NAMES
from domain.attempts import AttemptState
from storage.payment_attempts import Attempt
from storage.payments import Payment


def card(t: Translator, one: Attempt, day: date, note: str = "") -> str:
    """What may have been paid, where to look, and what to do then."""
    lines = [
        t.gettext("<b>{flat}: was {amount} paid by {provider}?</b>"),
        t.gettext("{provider} gives us no answer about it. Until you decide, nobody is asked to pay."),
        t.gettext("Look at {provider} itself, at the payments of {day}. {reference}")
        if one.reference
        else t.gettext("Look at {provider} itself, at the payments of {day}."),
        t.gettext("• Paid: send {command} and its number there. Then press Recorded."),
        t.gettext("• Not paid: press Not paid."),
    ]
    reference = f"<code>{escape(one.reference or '')}</code>"
    text = "\n".join(lines).format(day=t.day(day), reference=reference, command=_command(one), **_facts(t, one))
    return f"{note}\n{text}" if note else text


def recorded_button(t: Translator) -> str:
    return t.gettext("Recorded")


def not_paid_button(t: Translator) -> str:
    return t.gettext("Not paid")


def not_recorded(t: Translator, one: Attempt) -> str:
    """Nothing on the account fits."""
    return t.gettext("{amount} is not recorded for {flat} yet. Nothing was done.").format(
        amount=t.rupees(one.left), flat=escape(one.flat_code)
    )


def not_paid(t: Translator, one: Attempt, who: str) -> str:
    return t.gettext(
        "<b>{flat}: {amount} by {provider} was not paid</b>, says {who}\n"
        "The owners can pay again. Money that comes after all is counted by itself."
    ).format(who=escape(who), **_facts(t, one))


def counted(t: Translator, one: Attempt, payment: Payment, who: str) -> str:
    return t.gettext("<b>{flat}: {paid} by {provider} is recorded</b>, says {who}").format(
        who=escape(who), paid=t.rupees(payment.amount), **_facts(t, one)
    )


def answered(t: Translator, one: Attempt) -> str:
    """What became of it, by whomever."""
    if one.state is AttemptState.PAID:
        words = t.gettext("{flat}: {asked} by {provider} was paid. Nothing is left to decide.")
    else:
        words = t.gettext("{flat}: {asked} by {provider} was not paid. Nothing is left to decide.")
    return words.format(**_facts(t, one))


def _facts(t: Translator, one: Attempt) -> dict[str, str]:
    provider = NAMES.get(one.provider, one.provider)
    return {
        "flat": escape(one.flat_code),
        "amount": t.rupees(one.left),
        "asked": t.rupees(one.amount),
        "provider": provider,
    }


def _command(one: Attempt) -> str:
    return f"<code>/paid {escape(one.flat_code)} {one.left:f} card</code>"
