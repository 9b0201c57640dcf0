"""How far a bill's message is, in one line an owner: what each channel can say about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.i18n import Translator
from bot.texts.admin_card import delivery
from storage.reach import Delivery

SENT = datetime(2026, 11, 2, 5, 14, tzinfo=UTC)
LATER, LAST = SENT + timedelta(minutes=2), SENT + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (Delivery("Mr Sharma", "telegram", "sent", SENT), "Mr Sharma: delivered 10:44"),
        (Delivery("Mr Sharma", "whatsapp", "sent", SENT), "Mr Sharma: sent 10:44"),
        (Delivery("Mr Sharma", "whatsapp", "sent", SENT, LATER), "Mr Sharma: delivered 10:46"),
        (Delivery("Mr Sharma", "whatsapp", "sent", SENT, LATER, LAST), "Mr Sharma: read 10:53"),
        (Delivery("Mr Sharma", "whatsapp", "sent", SENT, None, LAST), "Mr Sharma: read 10:53"),
        (Delivery("Mr Sharma", "whatsapp", "queued", None), "Mr Sharma: being sent"),
        (
            Delivery("Mr Sharma", "whatsapp", "dead", SENT),
            "Mr Sharma: could not be delivered, tell them yourself",
        ),
    ],
)
def test_a_line_says_what_the_platform_said(one: Delivery, line: str) -> None:
    assert delivery(Translator("en"), one, ZoneInfo("Asia/Kolkata")) == line
