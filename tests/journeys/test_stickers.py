"""Stickers from the printer to the meter: printed by the office, scanned, and seen in a photo."""

from __future__ import annotations

from io import BytesIO

import segno
from PIL import Image

from tests.journeys.stage import Stage, over_both

_FOR_OTHERS = {"sharma": "यह स्टिकर मीटर पढ़ने वालों के लिए है", "stranger": "This sticker is for those who read the meters"}


@over_both
async def test_a_sticker_is_printed_scanned_and_photographed(stage: Stage, meter_photo: bytes) -> None:
    ravi, rekha = stage.ravi, stage.rekha
    await rekha.send_text("/stickers B17")
    await rekha.wait_for("Block B17: 3 stickers.")
    code = await stage.value("select sticker from meters where meter_number = '19152159'")
    assert await stage.value("select count(*) from meters where sticker is not null") == 3
    await ravi.send_text(_scanned(stage, code))
    assert "Meter 19152159." in (await ravi.wait_for("Send the units this month.")).text
    await ravi.send_photo(meter_photo, "146")
    await ravi.wait_for("Motor share of B17-FF")
    await ravi.send_photo(_with_square(meter_photo, await _link(stage, code)), "B17-FF 150")
    await ravi.wait_for("B17-FF · 150 units · saved")
    other = await stage.value("select sticker from meters where meter_number = '19152158'")
    await ravi.send_photo(_with_square(meter_photo, await _link(stage, other)), "132")
    assert "With photo." in (await ravi.wait_for("B17-GF · 132 units · saved")).text
    assert await stage.readings() == [("B17-FF", "150"), ("B17-GF", "132")]
    for name, words in _FOR_OTHERS.items():
        await getattr(stage, name).send_text(_scanned(stage, code))
        assert "B17" not in (await getattr(stage, name).wait_for(words)).text


def _scanned(stage: Stage, code: str) -> str:
    """What the platform sends when a camera has opened the link."""
    return f"/start m_{code}" if stage.platform == "Telegram" else f"meter {code}"


async def _link(stage: Stage, code: str) -> str:
    name = await stage.value("select name from channel_accounts where channel = $1", stage.platform.casefold())
    if stage.platform == "Telegram":
        return f"https://t.me/{name}?start=m_{code}"
    return f"https://wa.me/{name}?text=meter%20{code}"


def _with_square(photo: bytes, text: str) -> bytes:
    """The photo with the sticker beside the meter."""
    square, target = BytesIO(), BytesIO()
    segno.make(text, error="m", micro=False).save(square, kind="png", scale=4, border=4)
    picture, sticker = Image.open(BytesIO(photo)).convert("RGB"), Image.open(square).convert("RGB")
    whole = Image.new("RGB", (picture.width + sticker.width, max(picture.height, sticker.height)), "grey")
    whole.paste(picture, (0, 0))
    whole.paste(sticker, (picture.width, 20))
    whole.save(target, "JPEG", quality=85)
    return target.getvalue()
