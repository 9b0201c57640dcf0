"""A friendlier sentence on top of a bill or a reminder: what it may be about, and what it must not hold."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from domain.money import ZERO

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

SHORTEST: Final = 12
LONGEST: Final = 140
"""Letters."""

SCRIPTS: Final = {"en": "LATIN", "hi": "DEVANAGARI"}
"""By language; no sentence in any other."""

_PUNCTUATION: Final = frozenset(" ,.!?'’—–-:;()।")
_JOINERS: Final = frozenset("\u200c\u200d")  # Devanagari needs them between letters
_LETTERS: Final = frozenset({"Lu", "Ll", "Lo", "Mn", "Mc"})
_BETWEEN: Final = re.compile(r"[ ,.!?—–:;()।-]+")
_INSIDE: Final = re.compile(r"[.:](?=\S)")
_MONTHS: Final = (
    "January February March April May June July August September October November December "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
_FIGURES: Final = (
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand lakh lakhs crore crores dozen half twice double triple percent tomorrow yesterday tonight week "
    "weeks month's fortnight paisa paise rupee rupees dollar dollars "
    "दो तीन चार पाँच पांच छह छः सात आठ नौ दस बीस तीस चालीस पचास साठ सत्तर अस्सी नब्बे सौ हज़ार हजार लाख करोड़ आधा दोगुना "
    "प्रतिशत रुपया रुपये रुपए पैसा पैसे कल परसों सप्ताह हफ़्ते हफ्ते सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार "
    "जनवरी फ़रवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर अक्तूबर नवंबर नवम्बर दिसंबर दिसम्बर"
)
_PROMISES: Final = (
    "free discount discounts waive waived waiver refund refunds cashback reward rewards paid unpaid fine fines penalty "
    "penalties interest disconnect disconnected disconnection legal police court guarantee guaranteed "
    "मुफ़्त मुफ्त छूट माफ़ माफ वापसी इनाम जुर्माना ब्याज कनेक्शन क़ानूनी कानूनी पुलिस अदालत गारंटी"
)
_NEVER: Final = frozenset(unicodedata.normalize("NFC", f"{_FIGURES} {_PROMISES}").split())
_DAYS: Final = frozenset(_MONTHS.split())
"""With a capital letter: one may march in May."""


class Occasion(StrEnum):
    """What a sentence stands on top of. It is all that is told to whoever writes one."""

    BILL = "bill"
    BILL_WITH_DUES = "bill_with_dues"
    REMINDER = "reminder"
    REMINDER_TODAY = "reminder_today"
    REMINDER_LATE = "reminder_late"


def of_bill(previous: Decimal | None) -> Occasion:
    """The occasion of a bill; `previous` is what was owed before it, in rupees."""
    return Occasion.BILL_WITH_DUES if previous is not None and previous > ZERO else Occasion.BILL


def of_reminder(due: date, today: date) -> Occasion:
    """The occasion of a reminder on this day."""
    if today < due:
        return Occasion.REMINDER
    return Occasion.REMINDER_TODAY if today == due else Occasion.REMINDER_LATE


def may_stand_on_top(sentence: str, language: str) -> bool:
    """Whether it holds words of its language and nothing else.

    No figure in any script, hence none that our text does not have; no sign for money or per cent, no day or month by
    name, no address, number or markup, no second line, no word that promises or threatens.
    """
    script = SCRIPTS.get(language)
    if script is None or not SHORTEST <= len(sentence) <= LONGEST or sentence != " ".join(sentence.split()):
        return False
    return all(_fits(one, script) for one in sentence) and not _INSIDE.search(sentence) and _is_plain(sentence)


def _fits(character: str, script: str) -> bool:
    if character in _PUNCTUATION or (character in _JOINERS and script == "DEVANAGARI"):
        return True
    return unicodedata.category(character) in _LETTERS and unicodedata.name(character, "").startswith(f"{script} ")


def _is_plain(sentence: str) -> bool:
    """Without figures, days and promises in words; composed letters are compared in one form."""
    words = _BETWEEN.split(unicodedata.normalize("NFC", sentence).replace("’", "'"))
    return any(words) and not any(word.lower() in _NEVER or word in _DAYS for word in words)
