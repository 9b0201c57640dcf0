"""Whatever file comes instead of a photo: it is answered kindly, and the reading in its caption is stored."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

from jobs.gateways.images import prepare_photo
from jobs.photo_intake import PhotoRefused, PreparedPhoto
from tests.jobs.gateways.test_images import png_header

if TYPE_CHECKING:
    from storage.database import Database
    from tests.bot.flows.phone import Phone

register_heif_opener()


def picture(kind: str = "JPEG", mode: str = "RGB", orientation: int = 1, frames: int = 1) -> bytes:
    images = [Image.new("RGB", (400, 300), (40 * number, 90, 120)) for number in range(frames)]
    for image in images:
        ImageDraw.Draw(image).text((90, 110), "01436", "white", font_size=80)
    exif = Image.Exif()
    exif[0x0112] = orientation
    target = BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].convert(mode).save(target, format=kind, exif=exif, **more)
    return target.getvalue()


GOOD = {
    "HEIC": picture("HEIF"),
    "CMYK": picture(mode="CMYK"),
    "rotated": picture(orientation=6),
    "animated": picture("WEBP", frames=3),
}
BAD = {
    "zero bytes": (b"", "The photo did not arrive whole. Please send it again."),
    "corrupt": (picture()[:600] + b"\0" * 900, "The photo did not arrive whole. Please send it again."),
    "truncated HEIC": (picture("HEIF")[:-400], "The photo did not arrive whole. Please send it again."),
    "no picture": (b"%PDF-1.7 and so on", "This is not a photo. Take a photo of the meter and send it."),
    "animated GIF": (picture("GIF", frames=2), "This is not a photo. Take a photo of the meter and send it."),
    "huge": (png_header(20_000, 20_000), "The photo is too large. Send it as a photo, not as a file."),
}


def let_in(raw: bytes) -> PreparedPhoto | PhotoRefused:
    """As the engine lets a photo in."""
    try:
        return prepare_photo(raw)
    except PhotoRefused as refused:
        return refused


async def stored(db: Database) -> list[tuple[str, int]]:
    async with db.transaction() as conn:
        rows = await conn.fetch(
            "select reading_value::text as value, "
            "(select count(*) from reading_photos where reading_id = r.id) as photos "
            "from readings r where state = 'pending'"
        )
    return [(row["value"], row["photos"]) for row in rows]


@pytest.mark.parametrize("name", GOOD)
async def test_odd_photos_go_with_their_reading(ravi: Phone, db: Database, name: str) -> None:
    photo = let_in(GOOD[name])
    assert isinstance(photo, PreparedPhoto)
    assert "B17-FF" in await ravi.photo(photo, "B17-FF 146")
    assert await stored(db) == [("146.00", 1)]


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_photo_does_not_cost_the_reading(ravi: Phone, db: Database, name: str) -> None:
    raw, hint = BAD[name]
    said = await ravi.photo(let_in(raw), "B17-FF 146")
    assert "B17-FF" in said.splitlines()[0]
    assert said.endswith(hint)
    assert await stored(db) == [("146.00", 0)]


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_photo_is_answered_kindly(ravi: Phone, db: Database, name: str) -> None:
    raw, hint = BAD[name]
    assert await ravi.photo(let_in(raw)) == hint
    assert await stored(db) == []


@pytest.mark.parametrize("name", ["HEIC", *BAD])
async def test_asked_for_the_number_a_caption_tells_it_whatever_the_file(ravi: Phone, db: Database, name: str) -> None:
    raw, hint = BAD.get(name, (GOOD.get(name, b""), ""))
    await ravi.say("/read B17-FF")
    said = await ravi.photo(let_in(raw), "146")
    assert said.startswith("Motor share of <b>B17-FF</b>")
    assert said.endswith(hint)
    await ravi.press("Skip")
    await ravi.press("Today")
    if name in BAD:
        await ravi.press("Skip")
    await ravi.press("Send")
    assert await stored(db) == [("146.00", 0 if name in BAD else 1)]


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_photo_is_answered_below_it(ravi: Phone, name: str) -> None:
    await ravi.photo(let_in(BAD[name][0]))
    assert [reply.reply_to for reply in ravi.replies] == [ravi.last_id]
    await ravi.photo(let_in(BAD[name][0]), "B17-FF 146")
    assert [reply.reply_to for reply in ravi.replies] == [None, ravi.last_id]


@pytest.mark.parametrize("asked", [["/read B17-FF"], ["/replace B17-FF"], ["/round", "Can't read"], ["B17-FF 146"]])
async def test_what_is_too_large_to_be_fetched_is_told_so(ravi: Phone, asked: list[str]) -> None:
    """A bot cannot get a file beyond 20 MB, whose size the message names."""
    for words in asked:
        await ravi.say(words)
    assert await ravi.photo(None, size=21 << 20) == BAD["huge"][1]
    assert [reply.reply_to for reply in ravi.replies] == [ravi.last_id]


@pytest.mark.parametrize("name", ["zero bytes", "no picture", "huge"])
async def test_asked_for_the_number_a_bad_photo_says_why_and_asks_on(ravi: Phone, db: Database, name: str) -> None:
    raw, hint = BAD[name]
    await ravi.say("/read B17-FF")
    assert await ravi.photo(let_in(raw)) == hint
    assert (await ravi.photo(let_in(raw), "B18-FF 90")).endswith(hint)
    assert await stored(db) == [("90.00", 0)]
