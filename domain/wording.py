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
_WORDS: Final = {
    "en": (
        "a about above again all always an and any are as ask at attention back be been being below best "
        "better bill bills bright brings brought building can care cheer cheerful comes comfort comfortable "
        "community convenience convenient cooperation could day days dear delighted details do doing each earliest "
        "ease easy electricity energy enjoy ensure evening every everybody everyone everything fellow find "
        "following for friendly from gentle gently get give glad gladly go going good grateful great "
        "greetings had hand handle happy has have hello help helpful helping helps here here's home homes hope "
        "hopes hoping house household how in inform into is it it's its join joy just keep keeping keeps kind "
        "kindly kindness know latest let life light lights like little look looking looks lot lovely made make "
        "makes making many may means message moment month morning most move much neighbor neighbors neighbour "
        "neighbourly neighbours new nice note now of office on one other our out over part patience pay paying "
        "payment peaceful perhaps pleasant please pleased pleasure power present prompt promptly quick quickly "
        "quiet ready receive remember remembering remind reminder reminding resident residents review right "
        "running safe see seeing settle settling short simple sincere sincerely smile smoothly so society some "
        "spare still such suits summary sunny support take taking team thank thanks that the their them there "
        "these they things think this those thoughtful through time timely to today together too trust "
        "understanding up upon us very view waiting warm warmest warmly was way we we'd we'll we're we've welcome "
        "well were what whatever when whenever where which while whole wish wishes wishing with wonderful would "
        "you you're you've your yours "
    ),
    "hi": (
        "अच्छा अच्छी अच्छे अनुरोध अनुस्मारक अपना अपनी अपने अब अभी आई आए आगे आज आदर आदरणीय आनंद आप आपका आपकी आपके "
        "आपको आपने आपसे आभार आभारी आया आयी आराम आरामदायक आशा आसान आसानी इन इस इसका इसकी इसके इसे उज्जवल उज्ज्वल "
        "उम्मीद उस एक एवं और कर करता करती करते करना करने करें का काम कामना कामनाएँ कामनाएं कार्यालय कि किया की कुछ "
        "कृपया के को खुश खुशहाल खुशी गई गए गया गये घर घरों चलता चलती चलते चाहते छोटा छोटी जब जरा जल्द जल्दी ज़रा "
        "जाए जाता जाती जानकारी जी जीवन जुड़े जो ठीक तथा तरफ तरह तैयार तो था थी थे दयालु दिन दिया दिला दिलाते "
        "दिलाना दी दे देख देखने देखें देते देना देने धन्यवाद ध्यान नई नए नमस्कार नमस्ते नया नयी निवासियों निवासी "
        "निवेदन नीचे ने पड़ोसियों पड़ोसी पर परिवार पास प्यारे प्रणाम प्रति प्रस्तुत प्रिय प्रेम प्रेमपूर्ण "
        "बढ़िया बना बनाए बनाने बनी बने बस बहुत बात बारे बिजली बिल बेहतर भरा भरी भरे भी भुगतान भेज भेजा मदद "
        "महसूस महीना महीने मिल मिलकर मिला में मैत्रीपूर्ण यह यहाँ यहां याद ये रखते रखने रखें रहता रहती रहा रही रहे "
        "रहें रोशन रोशनी लिए लिया लें व वाला वाली वाले विनम्र विनम्रता विवरण शुभ शुभकामनाएँ शुभकामनाएं शुभकामनाओं "
        "संदेश सकते सके सकें सदा सदैव सब सबका सबकी सबके सबको सभी समय समाज समुदाय सरल सहज सहयोग सहायता साथ साथियों "
        "सादर साभार सुंदर सुख सुखद सुचारु सुचारू सुबह सुरक्षित सुविधा सुविधाजनक सुविधानुसार सूचना सूचित से सेवा "
        "सोसाइटी सोसायटी स्नेह स्वागत हम हमारा हमारी हमारे हमें हर हाथ हार्दिक ही हुआ हुई हुए हूँ हूं हृदय है हैं "
        "हो होगा होगी होता होती होते होने "
    ),
}
"""All that a sentence may be made of: no figure, day, promise, threat, refusal, condition or way of paying among it."""
WORDS: Final = {one: frozenset(unicodedata.normalize("NFC", words).split()) for one, words in _WORDS.items()}
_ONCE: Final = frozenset({"one", "एक"})
"""An article, or a figure where it comes twice."""


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
    """Whether it holds common friendly words of its language and nothing else.

    No figure in any script or in words, hence none that our text does not have; no sign for money or per cent, no day
    or month by name, no address, number or markup, no second line, no word that promises or threatens.
    """
    script = SCRIPTS.get(language)
    if script is None or not SHORTEST <= len(sentence) <= LONGEST or sentence != " ".join(sentence.split()):
        return False
    fits = all(_fits(one, script) for one in sentence) and not _INSIDE.search(sentence)
    return fits and _is_plain(sentence, WORDS[language])


def _fits(character: str, script: str) -> bool:
    if character in _PUNCTUATION or (character in _JOINERS and script == "DEVANAGARI"):
        return True
    return unicodedata.category(character) in _LETTERS and unicodedata.name(character, "").startswith(f"{script} ")


def _is_plain(sentence: str, allowed: frozenset[str]) -> bool:
    """Made of allowed words alone; composed letters are compared in one form."""
    text = unicodedata.normalize("NFC", sentence).replace("’", "'").lower()
    words = [word for word in _BETWEEN.split(text) if word]
    return bool(words) and allowed.issuperset(words) and sum(word in _ONCE for word in words) <= 1
