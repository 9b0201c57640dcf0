"""The engineer sends only photos: what they show is proposed, and stored by a press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.simulator import DEMO_SAMPLES, Photo, draw_meter
from domain.metering import ReadingMode
from jobs.gateways.images import prepare_photo
from tests.eyes import Eyes, seeing
from tests.journeys.stage import Stage, labels, over_both, staged
from tests.society import SOCIETY

FIRST, SECOND, THIRD = (draw_meter(sample) for sample in DEMO_SAMPLES[:3])
NUMBERS = {"B17-FF": "19152159", "B17-SF": "19152160"}


def shown(eyes: Eyes, photo: bytes, register: str, *serials: str) -> None:
    """Have this seen in the photo as it is kept."""
    eyes.show(prepare_photo(photo).jpeg, seeing(register, serials=serials))


@pytest.fixture
def eyes() -> Eyes:
    """The first photo is of B17-FF, the second of B17-SF, of the third nothing is read."""
    found = Eyes()
    shown(found, FIRST, "04213.6", NUMBERS["B17-FF"])
    shown(found, SECOND, "08841.2", NUMBERS["B17-SF"])
    shown(found, THIRD, "")
    return found


@pytest.fixture
def rules() -> ReadingMode:
    """What a number means."""
    return ReadingMode.REGISTER


@pytest.fixture
async def walk(dsn: str, channel: str, eyes: Eyes, rules: ReadingMode) -> AsyncIterator[Stage]:
    society = replace(SOCIETY, reading_mode=rules)
    async with staged(dsn, channel=channel, rules=society, photo_readers=(eyes,)) as running:
        yield running


@over_both
async def test_yes_to_what_the_photo_shows(walk: Stage) -> None:
    await walk.ravi.send_photo(FIRST)
    kept = await walk.ravi.wait_for("The photo is kept. Which flat is it?")
    asked = await walk.ravi.wait_for("B17-FF reads 4213.6?")
    assert walk.in_place(asked, kept)
    assert labels(asked) == ["Yes, 4213.6", "Type it", "Other meter"]
    assert await walk.readings() == []
    await walk.ravi.press("Yes, 4213.6")
    saved = await walk.ravi.wait_for("B17-FF · 4213.6 · 4061.6 units · saved")
    assert "With photo." in saved.text
    await walk.settled()
    assert await walk.readings() == [("B17-FF", "4213.60")]
    assert await walk.value("select count(*) from loose_photos") == 0


@over_both
async def test_type_it_and_another_meter(walk: Stage) -> None:
    await walk.ravi.send_photo(FIRST)
    await walk.ravi.wait_for("B17-FF reads 4213.6?")
    await walk.ravi.press("Other meter")
    await walk.ravi.wait_for("Which flat is the photo of?")
    await walk.ravi.send_text("b17 sf")
    await walk.ravi.wait_for("B17-SF reads 4213.6?")
    await walk.ravi.press("Type it")
    await walk.ravi.wait_for("Send the number on the meter of B17-SF")
    await walk.ravi.send_text("4214")
    await walk.ravi.wait_for("B17-SF · 4214 · 4062 units · saved")
    assert await walk.readings() == [("B17-SF", "4214")]


@over_both
@pytest.mark.parametrize("rules", [ReadingMode.UNITS])
async def test_units_are_asked_and_next_month_proposed(walk: Stage, eyes: Eyes) -> None:
    await walk.ravi.send_photo(FIRST)
    await walk.ravi.wait_for("B17-FF: the meter shows 4213.6. How many units this month?")
    await walk.ravi.send_text("146")
    await walk.ravi.wait_for("B17-FF · 146 units · saved")
    await walk.rekha.wait_for("Total")
    await walk.rekha.press("Approve")
    await walk.rekha.wait_for("Approved by")
    await walk.later(days=30)
    shown(eyes, SECOND, "04363.6", NUMBERS["B17-FF"])
    await walk.ravi.send_photo(SECOND)
    await walk.ravi.wait_for("B17-FF: the meter shows 4363.6, 150 more than on 2 Nov 2026. 150 units?")
    await walk.ravi.press("Yes, 150")
    await walk.ravi.wait_for("B17-FF · 150 units · saved")
    assert await walk.readings("pending") == [("B17-FF", "150")]


async def test_an_album_is_one_table(walk: Stage) -> None:
    await walk.ravi.send_album([Photo(FIRST), Photo(SECOND), Photo(THIRD)])
    table = await walk.ravi.wait_for("2 of 3 photos read")
    await walk.settled()
    assert [message.id for message in walk.ravi.received] == [table.id]
    await walk.ravi.press("Save 2")
    await walk.ravi.wait_for("Saved 2 readings, 2 photos.")
    assert sorted(await walk.readings()) == [("B17-FF", "4213.60"), ("B17-SF", "8841.20")]


@pytest.mark.parametrize("rules", [ReadingMode.UNITS])
async def test_several_lines_of_a_table_are_fixed_by_one_reply(walk: Stage) -> None:
    """A line's number is never taken for its units."""
    await walk.ravi.send_album([Photo(FIRST), Photo(SECOND), Photo(THIRD)])
    table = await walk.ravi.wait_for("Several at once: one below the other.")
    await walk.settled()
    await walk.ravi.send_text("2 B17-SF\n3 170\n9 5", reply_to=table)
    await walk.ravi.wait_for("9 5 ← there is no line 9")
    assert await walk.readings() == []
    await walk.ravi.send_text("1 150\nB17-SF 160\n3 B18-FF", reply_to=table)
    fixed = await walk.ravi.wait_for("3 B18-FF 170  typed")
    assert walk.in_place(fixed, table)
    assert labels(fixed) == ["Save 3"]
    await walk.settled()
    assert await walk.readings() == []
    await walk.ravi.press("Save 3")
    await walk.ravi.wait_for("Saved 3 readings, 3 photos.")
    assert sorted(await walk.readings()) == [("B17-FF", "150"), ("B17-SF", "160"), ("B18-FF", "170")]
    await walk.ravi.send_text("2 B17-GF\n3 170", reply_to=table)
    await walk.ravi.wait_for("This table is saved")
    assert len(await walk.readings()) == 3
