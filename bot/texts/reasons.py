"""Why the office put an account right, in words. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.motor_notes import ShareReason

if TYPE_CHECKING:
    from bot.i18n import Translator


def plain_reason(t: Translator, code: str | None) -> str:
    """A reason as the person reads it, plain text; what an admin typed is shown as typed."""
    words = {
        "wrong_reading": t.gettext("wrong reading"),
        "wrong_price": t.gettext("wrong price"),
        "billed_twice": t.gettext("billed twice"),
        "paid_too_much": t.gettext("paid too much"),
        "moved_out": t.gettext("moved out"),
        "chargeback": t.gettext("taken back by the bank"),
        "paid_twice": t.gettext("paid twice"),
        "wrong_flat": t.gettext("belongs to another flat"),
        "slip": t.gettext("entered by mistake"),
        "not_received": t.gettext("the money did not arrive"),
        "true_up": t.gettext("the meter shows less than the estimated bills"),
    }
    return words.get(code or "") or _share(t, ShareReason.of(code or "")) or code or ""


def _share(t: Translator, reason: ShareReason | None) -> str:
    if reason is None:
        return ""
    return t.gettext("share of the water motor {motor} for {month}: {units} units").format(
        motor=reason.motor, month=t.month(reason.month), units=t.number(reason.share)
    )
