"""What owners read about paying online. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator


def pay_button(t: Translator, provider: str, amount: Decimal) -> str:
    """On the bill page, one for each provider."""
    if provider == "razorpay":
        return t.gettext("Pay {amount} by UPI, card or bank").format(amount=t.rupees(amount))
    return t.gettext("Pay {amount} by card").format(amount=t.rupees(amount))


def being_checked(t: Translator, amount: Decimal, *, closing: bool) -> str:
    """Neither paid nor unpaid. `closing`: a payment page over another sum may still be open."""
    text = t.gettext("We are checking {amount} with the bank; please don't pay again.").format(amount=t.rupees(amount))
    return f"{text} {t.gettext('Look again in a few minutes.')}" if closing else text


def just_paid(t: Translator) -> str:
    """Back from the provider's page before its news."""
    return t.gettext("Have you just paid? Then it shows here in a few minutes; please don't pay again.")


def not_reached(t: Translator) -> str:
    """The provider made no link."""
    return t.gettext("Paying online does not work right now. No money was taken. Please try later or pay another way.")


def failed(t: Translator, provider: str, amount: Decimal, flat: str) -> str:
    """In chat, above the button to pay: a payment was refused after the payer had left the provider's page."""
    if provider == "stripe":
        text = t.gettext("Your card payment of {amount} for {flat} did not go through; nothing was taken. Pay again:")
    else:
        text = t.gettext("Your online payment of {amount} for {flat} did not go through; nothing was taken. Pay again:")
    return text.format(amount=t.rupees(amount), flat=escape(flat))
