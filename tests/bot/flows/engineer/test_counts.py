"""Whoever counts meters counts them alike: flats' and motors' together, so that read and unread make all of them."""

from __future__ import annotations

from dataclasses import replace

from storage.database import Database
from tests.bot.flows.engineer.conftest import NOW
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town


async def test_read_and_unread_add_up_on_every_card(ravi: Phone, db: Database, town: Town) -> None:
    assert "1 of 13 meters read this month. Next: <b>B17-SF</b>" in await ravi.say("B17-FF 146")
    assert "2 of 13 meters read this month." in await ravi.say("MOTOR-B 320")
    unread = "11 meters unread: 10 of flats, 1 of motors"
    assert await ravi.say("/read") == f"Which block? Tap it, or type it.\n{unread}"
    assert f"2 of 13 meters read this month.\n{unread}\n" in await ravi.say("/pending")
    inbox = await Phone(db, town.rekha, NOW).say("/pending")
    assert inbox.startswith("<b>November · 2 of 13 meters read</b>\n1 normal · 1 to look at")
    assert "· 11 unread" in inbox


async def test_an_aim_is_named_beside_what_there_is(db: Database, town: Town) -> None:
    aiming = Phone(db, town.ravi, NOW, society=replace(SOCIETY, reading_target=9))
    assert "1 of 13 meters read this month. The aim is 9." in await aiming.say("B17-FF 146")


async def test_the_last_ones_are_named_for_what_they_are(ravi: Phone) -> None:
    await ravi.say("MOTOR-B 320\nMOTOR-C 90\nB7-FF 90\nB17-GF 90\nB17-FF 90\nB17-SF 90\nB18-GF 90\nB18-FF 90")
    await ravi.say("C8-GF 90\nC14-FF 90\nC14-SF 90\nVILLA-A2 90")
    assert "12 of 13 meters read this month.\n1 meter unread\nNot begun: SCO" in await ravi.say("/pending")
    await ravi.say("SCO-3 90")
    assert (await ravi.say("/pending")).endswith("13 of 13 meters read this month.")


async def test_one_is_one_unit(ravi: Phone) -> None:
    assert (await ravi.say("B18-FF 1")).startswith("B18-FF · <b>1</b> unit · saved")
    assert "B18-FF is read already</b>: <b>1</b> unit on 2 Nov 2026 by you" in await ravi.say("b18ff")
    await ravi.say("/read B7-FF")
    await ravi.say("1")
    await ravi.press("Skip")
    await ravi.press("Today")
    assert (await ravi.press("Skip")).startswith("<b>B7-FF · 1 unit</b>")
