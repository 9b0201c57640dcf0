"""Stickers on paper: every square on the sheet opens its own meter, whatever the names beside it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from bot.sticker_document import stickers_facts, stickers_pdf
from domain.sticker_code import code_in, grouped
from jobs.documents import Template, page_count, picture
from jobs.stickers import MOTORS, Sheet, Sticker
from tests.bot.flows.admin.conftest import NOW
from tests.society import SOCIETY

if TYPE_CHECKING:
    from jobs.work import Work

LONG = "WATER MOTOR OF BLOCKS B17 TO B24 BEHIND THE CLUB HOUSE <GATE 2> #1 $2 *3*"


class Office:
    """Of a job, what a document reads."""

    society = SOCIETY
    now = NOW


@pytest.fixture
def work() -> Work:
    return Office()  # type: ignore[return-value]  # no database is asked


def sticker(place: str, number: str, code: str, *, telegram: bool = True, whatsapp: bool = False) -> Sticker:
    return Sticker(
        place,
        number,
        is_motor=place.startswith("W"),
        code=grouped(code),
        telegram=f"https://t.me/blessings_city_bot?start=m_{code}" if telegram else None,
        whatsapp=f"https://wa.me/447700900999?text=meter%20{code}" if whatsapp else None,
    )


def sheet(count: int = 12, **chats: bool) -> Sheet:
    return Sheet(
        "B17", tuple(sticker(f"B17-{one}", f"LTCT-2024-{one:08d}", code(one), **chats) for one in range(count))
    )


def code(number: int) -> str:
    return f"K7QMX2HD{22 + number}".replace("0", "A").replace("1", "B")


def scanned(work: Work, one: Sheet) -> list[str | None]:
    """What a phone's camera reads from the printed sheet, from above to below."""
    page = Image.open(BytesIO(picture(Template.STICKERS, stickers_facts(work, [one]))))
    assert page.height > page.width
    found = zxingcpp.read_barcodes(page)
    return [code_in(each.text) for each in sorted(found, key=_place)]


def _place(found: zxingcpp.Barcode) -> tuple[int, int]:
    corner = found.position.top_left
    return corner.y // 40, corner.x


def test_a_full_sheet_has_twelve_squares_in_order(work: Work) -> None:
    assert scanned(work, sheet()) == [code(number) for number in range(12)]


def test_with_both_chats_each_sticker_has_both_squares(work: Work) -> None:
    assert scanned(work, sheet(whatsapp=True)) == [code(number // 2) for number in range(24)]


def test_without_a_chat_the_square_says_what_is_typed(work: Work) -> None:
    assert scanned(work, sheet(2, telegram=False)) == [code(0), code(1)]


def test_long_names_and_numbers_stay_within_their_sticker(work: Work) -> None:
    long = tuple(sticker(LONG, "SECURE-2019-77000002-" * 4, code(number), whatsapp=True) for number in range(12))
    assert scanned(work, Sheet(MOTORS, long)) == [code(number // 2) for number in range(24)]


async def test_a_block_begins_on_a_sheet_of_its_own(work: Work) -> None:
    file = await stickers_pdf(work, [sheet(3), sheet(13), Sheet(MOTORS, (sticker(LONG, "77000001", code(1)),))])
    assert page_count(file) == 4
