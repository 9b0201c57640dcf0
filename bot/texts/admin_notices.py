"""What people are told about readings and flats without asking."""

from __future__ import annotations

from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts.engineer import figure
from storage.readings import Reading


def flat_parked(t: Translator, flat: str, reason: str) -> str:
    """To the office."""
    return t.gettext(
        "<b>{flat} is set aside.</b> {reason}\nNothing is billed or sent for it until you check it."
    ).format(flat=escape(flat), reason=escape(reason))


def reading_corrected(t: Translator, reading: Reading, before: Decimal, by: str) -> str:
    """To the engineer."""
    return t.gettext("{by} corrected {flat}: {before} is now <b>{value}</b>. You need not do anything.").format(
        by=escape(by), flat=escape(reading.flat_code), before=figure(before), value=figure(reading.value)
    )
