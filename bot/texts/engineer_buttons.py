"""What stands on the buttons of an engineer's cards."""

from __future__ import annotations

from decimal import Decimal

from bot.i18n import Translator
from bot.texts.engineer import figure
from storage.readings import Reading


def add_photo(t: Translator) -> str:
    return t.gettext("Add photo")


def fix(t: Translator) -> str:
    return t.gettext("Fix")


def fix_of(t: Translator, reading: Reading) -> str:
    return t.gettext("Fix {flat}").format(flat=reading.flat_code)


def undo(t: Translator) -> str:
    return t.gettext("Undo")


def undo_all(t: Translator, count: int) -> str:
    return t.gettext("Undo all {count}").format(count=count)


def re_enter(t: Translator) -> str:
    return t.gettext("Re-enter")


def it_is_right(t: Translator) -> str:
    return t.gettext("It is right")


def it_is_of(t: Translator, flat: str) -> str:
    return t.gettext("It is of {flat}").format(flat=flat)


def replace(t: Translator, value: Decimal) -> str:
    return t.gettext("Replace by {value}").format(value=figure(value))


def replace_it(t: Translator) -> str:
    return t.gettext("Replace")


def another(t: Translator) -> str:
    return t.gettext("Another reading")


def keep(t: Translator, value: Decimal) -> str:
    return t.gettext("Keep {value}").format(value=figure(value))


def ask_office(t: Translator) -> str:
    return t.gettext("Ask the office")


def of_reading(reading: Reading) -> str:
    return value_of(reading.flat_code, reading.value)


def belongs_to(t: Translator, reading: Reading) -> str:
    return t.gettext("No, {flat}").format(flat=reading.flat_code)


def value_of(flat: str, value: Decimal) -> str:
    return f"{flat} {figure(value)}"


def meter(t: Translator, number: str) -> str:
    return t.gettext("Meter {number}").format(number=number)


def skip(t: Translator) -> str:
    return t.gettext("Skip")


def today(t: Translator) -> str:
    return t.gettext("Today")


def yesterday(t: Translator) -> str:
    return t.gettext("Yesterday")


def send(t: Translator) -> str:
    return t.gettext("Send")


def change(t: Translator) -> str:
    return t.gettext("Change")


def back(t: Translator) -> str:
    return t.gettext("Back")


def stop(t: Translator) -> str:
    return t.gettext("Stop")


def leave(t: Translator) -> str:
    return t.gettext("Leave it")


def part_reading(t: Translator) -> str:
    return t.gettext("Reading")


def part_share(t: Translator) -> str:
    return t.gettext("Motor share")


def part_date(t: Translator) -> str:
    return t.gettext("Date")


def part_photo(t: Translator) -> str:
    return t.gettext("Photo")


def part_flat(t: Translator) -> str:
    return t.gettext("Flat")
