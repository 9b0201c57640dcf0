"""A month's round on either platform: walked, put off, picked up, and seen by the office."""

from __future__ import annotations

from tests.journeys.stage import Stage, over_both

_LEFT = ("B17-SF", "B18-GF", "B18-FF", "C14-FF", "C14-SF", "VILLA-A2", "SCO-3")


@over_both
async def test_a_round_from_the_first_meter_to_the_word_to_the_office(stage: Stage, meter_photo: bytes) -> None:
    ravi, rekha = stage.ravi, stage.rekha
    await ravi.start()
    await ravi.wait_for("You read meters for Blessings City")
    await ravi.press("Next meter")
    first = await ravi.wait_for("Next: B7-FF")
    assert "0 of 13 read · B7" in first.text
    assert "Then: B17-GF · Ground floor, Anita Rao" in first.text
    await ravi.press("Skip")
    put_off = await ravi.wait_for("B7-FF comes again at the end.")
    assert stage.in_place(put_off, first)
    await ravi.send_text("१३२")
    saved = await ravi.wait_for("B17-GF · 132 units · saved")
    assert "1 of 13 read · B17\nNext: B17-FF" in saved.text
    await ravi.press("Can't read", within=saved)
    await ravi.wait_for("B17-FF can't be read: why?")
    await ravi.press("Locked")
    noted = await ravi.wait_for("B17-FF · could not be read: locked. The office sees it.")
    assert "Next: B17-SF" in noted.text
    await ravi.press("End round", within=noted)
    await ravi.wait_for("/round goes on from here")
    stage.clock.move(days=3)
    await ravi.send_text("/round")
    await ravi.wait_for("Next: B17-SF")
    await ravi.press("Other block")
    await ravi.wait_for("Which block?")
    await ravi.press("C8")
    await ravi.wait_for("Next: C8-GF")
    await ravi.send_photo(meter_photo, "150")
    assert "With photo." in (await ravi.wait_for("C8-GF · 150 units · saved")).text
    await ravi.send_text("b17 sf")
    await ravi.wait_for("Next: B17-SF")
    for code in _LEFT:
        await ravi.send_text("150")
        await ravi.wait_for(f"{code} · 150 units · saved")
    for motor in ("MOTOR-B", "MOTOR-C"):
        await ravi.send_text("300")
        await ravi.wait_for(f"{motor} · 300 units · saved")
    await ravi.send_text("155")
    last = await ravi.wait_for("B7-FF · 155 units · saved")
    assert "Could not be read on 2 Nov 2026: locked." in last.text
    done = await rekha.wait_for("November: the round is done")
    assert "12 of 13 read" in done.text
    assert "1 unread: 1 locked (B17-FF)" in done.text
    await rekha.send_text("/pending")
    await rekha.wait_for("1 unread: 1 locked (B17-FF)")
    await ravi.send_text("146")
    assert "Every meter is read this month." in (await ravi.wait_for("B17-FF · 146 units · saved")).text
    assert len(await stage.readings()) == 11
    await stage.settled()
    told = await stage.rows("select count(*) from notifications where kind = 'round_finished' group by chat_id")
    assert told == [(1,), (1,)]


@over_both
async def test_two_engineers_take_a_block_each(stage: Stage) -> None:
    await stage.ravi.send_text("/round b17")
    await stage.ravi.wait_for("Next: B17-GF")
    await stage.sunil.send_text("/round b18")
    await stage.sunil.wait_for("Next: B18-GF")
    await stage.rekha.send_text("/round")
    seen = await stage.rekha.wait_for("0 of 13 read")
    assert "Ravi: 0 read, at B17-GF since" in seen.text
    assert "Sunil: 0 read, at B18-GF since" in seen.text
    await stage.sunil.send_text("120")
    await stage.sunil.wait_for("B18-GF · 120 units · saved")
    for code in ("B17-GF", "B17-FF"):
        await stage.ravi.send_text("150")
        await stage.ravi.wait_for(f"{code} · 150 units · saved")
    await stage.ravi.send_text("150")
    assert "Next: C8-GF" in (await stage.ravi.wait_for("B17-SF · 150 units · saved")).text
