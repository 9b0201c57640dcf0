"""Sample photos: real JPEGs, the same each time, different from one another."""

from io import BytesIO

from PIL import Image

from bot.simulator import DEMO_SAMPLES, draw_meter


def test_photos_are_jpegs_and_repeat() -> None:
    drums, lcd = DEMO_SAMPLES[0], DEMO_SAMPLES[1]
    first = draw_meter(drums)
    draw_meter.cache_clear()
    assert draw_meter(drums) == first
    assert draw_meter(lcd) != first
    with Image.open(BytesIO(first)) as image:
        assert image.format == "JPEG"
        assert image.size == (912, 1220)
    assert len(first) < 400_000
