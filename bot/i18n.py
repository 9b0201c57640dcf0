"""Languages: the gettext catalogue, and money, dates and units as people write them in each language."""

from __future__ import annotations

import gettext
import html
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from domain.period import Month

LANGUAGES = {"en": "English", "hi": "हिन्दी"}
"""Language codes with the name each language gives itself."""

_LOCALES = {"en": "en_IN", "hi": "hi_IN"}
_CATALOGUES = Path(__file__).parent.parent / "data" / "locale"


def escape(text: str) -> str:
    """Make what somebody typed safe inside a message's markup."""
    return html.escape(text, quote=False)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = _CATALOGUES / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Translator:
    """Words and figures in one language; an unknown language falls back to English."""

    __slots__ = ("_catalogue", "_locale", "language")

    def __init__(self, language: str | None) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._locale = _LOCALES[self.language]
        self._catalogue = _catalogue(self.language)

    def gettext(self, message: str) -> str:
        """The message in this language, or as it is in English."""
        return self._catalogue.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form of the message that goes with `count`."""
        return self._catalogue.ngettext(one, many, count)

    def rupees(self, amount: Decimal) -> str:
        """`₹1,84,200.50`: always two places, Indian grouping, Latin digits."""
        return format_currency(amount, "INR", locale=self._locale, format="¤#,##,##0.00")

    def number(self, value: Decimal | int) -> str:
        """`1,84,200.5`: no trailing zeros."""
        text: str = format_decimal(value, locale=self._locale, format="#,##,##0.##")
        return text

    def day(self, day: date) -> str:
        """`2 Nov 2026`, `2 नवंबर 2026`: Hindi abbreviations are hard to read."""
        return format_date(day, "d MMM y" if self.language == "en" else "d MMMM y", locale=self._locale)

    def near_day(self, day: date) -> str:
        """A day not far off: `12 Nov 2026`, `12 नवंबर`."""
        return format_date(day, "d MMM y" if self.language == "en" else "d MMMM", locale=self._locale)

    def month(self, month: Month) -> str:
        """`October 2026`."""
        return format_date(month.first_day, "MMMM y", locale=self._locale)

    def month_name(self, month: Month) -> str:
        """`October`."""
        return format_date(month.first_day, "LLLL", locale=self._locale)

    def short_month(self, month: Month) -> str:
        """`Oct`, in a table."""
        return format_date(month.first_day, "LLL", locale=self._locale)

    def clock(self, moment: datetime) -> str:
        """`10:42`, of a moment already in the society's time zone."""
        return format_time(moment, "HH:mm", locale=self._locale)
