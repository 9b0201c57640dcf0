"""What the office reads about money that providers took in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bot.i18n import Translator, escape
from jobs import quarantine
from jobs.place_stray import is_placeable
from storage.stray_payments import Stray

NAMES: Final[Mapping[str, str]] = {"stripe": "Stripe", "razorpay": "Razorpay"}
_MOST: Final = 10


def stray(t: Translator, one: Stray) -> str:
    """Money that could not be placed: what came, why it is on no account, and what to do."""
    return "\n".join([f"<b>{_headline(t, one)}</b>", _why(t, one), _what_to_do(t, one)])


def _headline(t: Translator, one: Stray) -> str:
    amount = t.rupees(abs(one.amount)) if one.amount is not None else escape(one.currency or "?")
    form = t.gettext("{amount} was taken back at {provider}") if _is_back(one) else t.gettext("{amount} at {provider}")
    what = form.format(amount=amount, provider=NAMES.get(one.provider, one.provider))
    return t.gettext("Money we could not place: {what}").format(what=what)


def _is_back(one: Stray) -> bool:
    return "how" in one.facts


def _why(t: Translator, one: Stray) -> str:
    words = {
        quarantine.WRONG_CURRENCY: t.gettext("It is in {currency}, not in rupees."),
        quarantine.WRONG_MODE: t.gettext("It is test money on a live account, or the other way round."),
        quarantine.UNKNOWN_LINK: t.gettext("It came through a link that this service did not make."),
        quarantine.OTHER_AMOUNT: t.gettext(
            "A payment with the same reference is recorded for {flat} with another amount."
        ),
        quarantine.UNKNOWN_PAYMENT: t.gettext("The payment itself is on no account."),
        quarantine.TOO_MUCH: t.gettext("It is more than is left of that payment on the account."),
    }
    text = words.get(one.reason, t.gettext("It cannot be placed."))
    return text.format(currency=escape(one.currency or "?"), flat=escape(str(one.facts.get("flat") or "?")))


def _what_to_do(t: Translator, one: Stray) -> str:
    reference = f"<code>{escape(one.reference or '')}</code>"
    text = t.gettext("It is on no account. Look up {reference} at {provider}.")
    if is_placeable(one):
        text = t.gettext(
            "It is on no account. Look up {reference} at {provider}; when you know the flat, press the button."
        )
    return text.format(reference=reference, provider=NAMES.get(one.provider, one.provider))


def refund_failed(t: Translator, said: Mapping[str, Any]) -> str:
    """A provider could not pay a refund out."""
    facts = {
        "amount": t.rupees(Decimal(said["amount"])),
        "flat": escape(said["flat"] or ""),
        "provider": NAMES.get(said["provider"], said["provider"]),
        "refund": f"<code>{escape(said['refund'])}</code>",
    }
    if said["flat"]:
        head = t.gettext("Refund of {amount} for {flat} failed")
        then = t.gettext("The society has the money again, and it counts as paid for {flat}.")
    else:
        head = t.gettext("Refund of {amount} failed")
        then = t.gettext("The society has the money again. Its payment is on no account.")
    next_ = t.gettext("Agree with the payer on another way, or refund it at {provider} once more. {refund}")
    return "\n".join([f"<b>{head}</b>", then, next_]).format(**facts)


def payments_differ(t: Translator, said: Mapping[str, Any]) -> str:
    """What the nightly comparison found."""
    differences = said["differences"]
    head = t.ngettext(
        "{count} payment differs from the provider", "{count} payments differ from the providers", len(differences)
    )
    lines = [_difference(t, one) for one in differences[:_MOST]]
    more = len(differences) - _MOST
    rest = [t.gettext("… and {count} more").format(count=more)] if more > 0 else []
    title = [f"<b>{head.format(count=len(differences))}</b>"] if differences else []
    return "\n".join([*title, *lines, *rest, *_not_compared(t, said)])


def _not_compared(t: Translator, said: Mapping[str, Any]) -> list[str]:
    silent = [
        t.gettext("{provider} could not be asked.").format(provider=NAMES.get(name, name))
        for name in said["unreachable"]
    ]
    failed = [
        t.gettext("{payment} at {provider} could not be compared: look it up there and on its flat's account.").format(
            payment=f"<code>{escape(named)}</code>", provider=NAMES.get(name, name)
        )
        for name, named in said["failed"][:_MOST]
    ]
    return [*silent, *failed]


def _difference(t: Translator, one: Mapping[str, Any]) -> str:
    facts = {
        "provider": NAMES.get(one["provider"], one["provider"]),
        "payment": f"<code>{escape(one['payment'])}</code>",
        "flat": escape(one["flat"] or ""),
        "theirs": _rupees(t, one["theirs"]),
        "ours": _rupees(t, one["ours"]),
    }
    words = _refund_words(t, one) if one["is_refund"] else _payment_words(t, one)
    return words.format(**facts)


def _payment_words(t: Translator, one: Mapping[str, Any]) -> str:
    if one["posted"]:
        return t.gettext("{flat}: {theirs} by {provider} was missing and is recorded now. {payment}")
    if one["ours"] is None:
        return t.gettext("{theirs} by {provider} is on no account. {payment}")
    if one["theirs"] is None:
        return t.gettext("{flat}: {ours} is recorded, {provider} knows nothing of it. {payment}")
    return t.gettext("{flat}: {ours} is recorded, {provider} says {theirs}. {payment}")


def _refund_words(t: Translator, one: Mapping[str, Any]) -> str:
    if one["posted"] and one["theirs"] is None:
        return t.gettext("{flat}: the refund of {ours} by {provider} failed; it counts as paid again now. {payment}")
    if one["posted"]:
        return t.gettext("{flat}: the refund of {theirs} by {provider} was missing and is recorded now. {payment}")
    if one["ours"] is None:
        return t.gettext("A refund of {theirs} by {provider} is on no account. {payment}")
    if one["theirs"] is None:
        return t.gettext("{flat}: a refund of {ours} is recorded, {provider} knows nothing of it. {payment}")
    return t.gettext("{flat}: a refund of {ours} is recorded, {provider} says {theirs}. {payment}")


def _rupees(t: Translator, amount: str | None) -> str:
    return t.rupees(Decimal(amount)) if amount is not None else t.gettext("money in another currency")
