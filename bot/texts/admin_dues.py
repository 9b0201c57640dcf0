"""What the office reads about who owes what, and about reminding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import assert_never

from bot.i18n import Translator, escape
from domain.arrears import months_overdue
from domain.money import ZERO
from jobs.send_reminders import Withheld
from storage.dues import Due

_MOST_NAMED = 6


def about_dues(t: Translator) -> str:
    return t.gettext("who owes what; remind them")


def nobody(t: Translator) -> str:
    return t.gettext("<b>Nobody owes anything.</b>")


def listed(t: Translator, found: Sequence[Due], page: Sequence[Due], first: int, today: date) -> str:
    """How many owe how much, then one page of them; `first` is the number of its first line."""
    total = sum((one.owed for one in found), start=ZERO)
    head = _owing(t, len(found), total)
    lines = [_line(t, number, one, today) for number, one in enumerate(page, start=first)]
    return "\n".join([f"<b>{head}</b>", *lines])


def _owing(t: Translator, count: int, total: Decimal) -> str:
    form = t.ngettext("{count} flat owes {amount}", "{count} flats owe {amount}", count)
    return form.format(count=t.number(count), amount=t.rupees(total))


def _line(t: Translator, number: int, one: Due, today: date) -> str:
    owner = f" {escape(one.owner)}" if one.owner else ""
    return f"{number}. {escape(one.flat_code)}{owner}: {t.rupees(one.owed)}, {standing(t, one, today)}"


def standing(t: Translator, one: Due, today: date) -> str:
    """How late: `3 months overdue`, `overdue since 12 Nov 2026`, `due 12 Nov 2026`."""
    if one.parked:
        return t.gettext("set aside")
    if one.since is None:
        return t.gettext("no open bill")
    months = months_overdue(one.since, today)
    if months:
        return t.ngettext("{count} month overdue", "{count} months overdue", months).format(count=months)
    text = t.gettext("due {day}") if one.since >= today else t.gettext("overdue since {day}")
    return text.format(day=t.day(one.since))


def flat_button(code: str, *, chosen: bool) -> str:
    """Ticked when it is to be reminded."""
    return f"✓ {code}" if chosen else code


def remind_button(t: Translator, count: int) -> str:
    return t.ngettext("Remind {count} flat", "Remind {count} flats", count).format(count=t.number(count))


def remind_all_button(t: Translator, count: int) -> str:
    return t.ngettext("Remind {count} flat", "Remind all {count} flats", count).format(count=t.number(count))


def by_amount_button(t: Translator) -> str:
    return t.gettext("By amount")


def by_age_button(t: Translator) -> str:
    return t.gettext("Longest overdue")


def workbook_button(t: Translator) -> str:
    return t.gettext("Workbook")


def reminded(t: Translator, count: int, at: time | None, withheld: Mapping[Withheld, Sequence[str]]) -> str:
    """Who is reminded and who not, and why; `at`: in the morning, not at night."""
    said = t.ngettext("{count} flat is reminded", "{count} flats are reminded", count).format(count=t.number(count))
    said = said if count else t.gettext("Nobody is reminded")
    if count and at is not None:
        said = t.gettext("{said} at {time}").format(said=said, time=f"{at:%H:%M}")
    return "\n".join([f"<b>{said}.</b>", *(_withheld(t, why, codes) for why, codes in withheld.items())])


def _withheld(t: Translator, why: Withheld, codes: Sequence[str]) -> str:
    shown = ", ".join(escape(code) for code in codes[:_MOST_NAMED])
    more = len(codes) - _MOST_NAMED
    rest = f" {t.gettext('and {count} more').format(count=more)}" if more > 0 else ""
    return f"{_why(t, why)}: {shown}{rest}"


def _why(t: Translator, why: Withheld) -> str:
    match why:
        case Withheld.NOTHING_OWED:
            return t.gettext("Owes nothing any more")
        case Withheld.UNDER_WAY:
            return t.gettext("A payment is under way")
        case Withheld.REMINDED:
            return t.gettext("Reminded in the last 24 hours")
        case Withheld.PARKED:
            return t.gettext("Set aside")
        case Withheld.NO_BILL:
            return t.gettext("Has no bill")
        case Withheld.UNREACHABLE:
            return t.gettext("Nobody has a chat linked; please call")
        case _:
            assert_never(why)


def workbook_caption(t: Translator, count: int, total: Decimal, today: date) -> str:
    return f"{_owing(t, count, total)}, {t.day(today)}"


def headings(t: Translator) -> tuple[str, ...]:
    return (
        t.gettext("Flat"),
        t.gettext("Owner"),
        t.gettext("Owed"),
        t.gettext("Oldest due day"),
        t.gettext("Months overdue"),
    )


def sheet_title(t: Translator) -> str:
    return t.gettext("Dues")
