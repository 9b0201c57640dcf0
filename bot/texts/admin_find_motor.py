"""A shared motor on the office's screen: its meter, its flats, what was read last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from domain.identifiers import walking_order

if TYPE_CHECKING:
    from bot.i18n import Translator
    from jobs.find_motor import MotorSheet


def sheet(t: Translator, seen: MotorSheet) -> str:
    """Name and meter, the flats it serves in walking order, its last readings with the newest first."""
    motor = seen.motor
    meter = (
        t.gettext("Meter {number}").format(number=escape(motor.meter_number))
        if motor.meter_number
        else t.gettext("No meter on record: its units are on no bill.")
    )
    return "\n".join([f"<b>{escape(motor.name)}</b>", meter, _group(t, seen), *_read(t, seen)])


def _group(t: Translator, seen: MotorSheet) -> str:
    codes = sorted(seen.motor.flat_codes, key=walking_order)
    if not codes:
        return t.gettext("It serves no flat yet: choose it as a flat's motor with /flat.")
    form = t.ngettext("Serves {count} flat: {flats}", "Serves {count} flats: {flats}", len(codes))
    return form.format(count=len(codes), flats=escape(", ".join(codes)))


def _read(t: Translator, seen: MotorSheet) -> list[str]:
    if not seen.read:
        return [t.gettext("Not read yet.")]
    lines = [t.gettext("{day}: {value}").format(day=t.day(one.date), value=t.number(one.value)) for one in seen.read]
    return [t.gettext("Read last:"), *lines]
