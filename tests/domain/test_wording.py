"""Sentences that others wrote: only plain words of the reader's language get through."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wording import LONGEST, Occasion, may_stand_on_top, of_bill, of_reminder

GOOD = {
    "en": [
        "Thank you for paying so promptly, it keeps the lights on for everybody.",
        "Here is your electricity bill; we hope the month was a good one for you!",
        "A gentle reminder: whenever it suits you today, please settle your bill.",
        "You may go on with other things — your bill is just below.",
    ],
    "hi": [
        "नमस्ते, आपका नया बिजली बिल नीचे है।",
        "आपका धन्यवाद, समय पर भुगतान से सबकी मदद होती है।",
        "बस एक विनम्र निवेदन: कृपया अपना बिल देख लें।",
    ],
}
BAD = {
    "en": [
        "Please pay 500 for your electricity.",
        "Please pay ५०० for your electricity.",
        "Please pay ٥٠٠ for your electricity.",
        "Please pay ５００ for your electricity.",
        "Please pay 𝟓𝟎𝟎 for your electricity.",
        "You saved ² of your electricity, well done.",
        "You saved ½ of your electricity, well done.",
        "You saved Ⅳ units of electricity, well done.",
        "You saved ① unit of electricity, well done.",
        "Your bill is five hundred this month, thank you.",
        "Please pay in ₹ at the office, thank you.",
        "Please pay in $ at the office, thank you.",
        "You used less %, well done.",
        "Please pay in rupees at the office, thank you.",
        "Please pay by Friday, thank you so much.",
        "Please pay before November ends, thank you.",
        "Please pay tomorrow, thank you so much.",
        "You get a discount if you pay at once.",
        "Your late fee is waived, thank you so much.",
        "Your supply will be disconnected, please pay.",
        "Pay at https://pay.example.org, thank you.",
        "Pay at www.example.org, thank you so much.",
        "Pay at example.org, thank you so much.",
        "Pay at example。org, thank you so much.",
        "Pay to office@upi, thank you so much.",
        "Thank you so much, #bill of the month.",
        "<b>Thank you</b> so much for paying.",
        "*Thank you* so much for paying.",
        "_Thank you_ so much for paying.",
        "`Thank you` so much for paying.",
        "Thank you so much [click here] for paying.",
        "Thank you so much\nfor paying the bill.",
        "Thank you so much\tfor paying the bill.",
        "Thank you so much\u2028for paying the bill.",
        "Thank you so much \u202efor paying the bill.",
        "Thank you so much \u200bfor paying the bill.",
        "Thank you so much for paying 🙏 the bill.",
        "Thаnk yоu sо much fоr pаying.",  # Cyrillic letters among them
        "नमस्ते, आपका नया बिजली बिल नीचे है।",
        "Ｔhank you so much for paying the bill.",
        "  Thank you so much for paying.",
        "Thank you so  much for paying.",
        "Only fifteen units this time, well done.",
        "A quarter of a million thanks to you all.",
        "Pay and save dozens, even hundreds.",
        "See example dot com slash pay for more.",
        "Pay by noon today, please, or late fee applies.",
        "Your bill is XII units this time.",
        "Your bill is one one one, thank you.",
        "You need not pay this bill, thank you.",
        "Your bill is paid already, thank you.",
        "Thank you",
        "Thank you. " * 20,
        "",
        " " * 20,
        "!" * 20,
    ],
    "hi": [
        "Thank you so much for paying the bill.",
        "नमस्ते, आपका बिल ५०० का है।",
        "नमस्ते, आपका बिल पाँच सौ का है।",
        "आपका बिल ग्यारह यूनिट का है जी",
        "आपका बिल पंद्रह यूनिट का है जी",
        "आपका बिल एक एक पच्चीस का है जी",
        "आपका बिल एक एक का है जी",
        "आपको भुगतान नहीं करना है जी",
        "नमस्ते, कृपया सोमवार तक भुगतान करें।",
        "नमस्ते, आपको छूट मिलेगी, धन्यवाद।",
        "नमस्ते Sharma जी, आपका बिल नीचे है।",
        "नमस्ते, आपका बिल ௫ का है, धन्यवाद।",
        "नमस्ते, আপনার বিল নীচে আছে।",
    ],
    "ta": ["Thank you so much for paying the bill."],
}


@pytest.mark.parametrize(("language", "sentence"), [(key, one) for key, many in GOOD.items() for one in many])
def test_plain_friendly_words_may(language: str, sentence: str) -> None:
    assert may_stand_on_top(sentence, language)


@pytest.mark.parametrize(("language", "sentence"), [(key, one) for key, many in BAD.items() for one in many])
def test_nothing_else_may(language: str, sentence: str) -> None:
    assert not may_stand_on_top(sentence, language)


@given(st.text(min_size=1, max_size=LONGEST), st.sampled_from(["en", "hi"]), st.integers(0, LONGEST))
def test_no_figure_of_any_script_ever_gets_through(noise: str, language: str, at: int) -> None:
    sentence = GOOD[language][0]
    mixed = sentence[:at] + noise + sentence[at:]
    if may_stand_on_top(mixed, language):
        assert not any(
            unicodedata.category(one).startswith(("N", "S", "C"))
            for one in mixed.replace("\u200d", "").replace("\u200c", "")
        )
        assert len(mixed) <= LONGEST


@given(st.characters(categories=["Nd", "Nl", "No", "Sc"]), st.sampled_from(["en", "hi"]))
def test_a_single_figure_is_enough_to_refuse(figure: str, language: str) -> None:
    sentence = GOOD[language][0]
    assert not may_stand_on_top(f"{sentence[:10]}{figure}{sentence[10:]}", language)


def test_the_occasions() -> None:
    assert of_bill(None) == of_bill(Decimal(0)) == of_bill(Decimal(-5)) == Occasion.BILL
    assert of_bill(Decimal("0.01")) == Occasion.BILL_WITH_DUES
    due = date(2026, 11, 12)
    assert of_reminder(due, date(2026, 11, 11)) == Occasion.REMINDER
    assert of_reminder(due, due) == Occasion.REMINDER_TODAY
    assert of_reminder(due, date(2026, 11, 13)) == Occasion.REMINDER_LATE
