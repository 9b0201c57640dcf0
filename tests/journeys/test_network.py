"""A bad network, a blocked bot, a database that is down: delayed, never lost, never twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from bot.simulator import Fault, Phone
from tests.journeys.stage import Stage, staged, until


async def approved(stage: Stage, text: str = "B17-FF 146") -> None:
    """A reading and its bill."""
    await stage.ravi.send_text(text)
    await stage.ravi.wait_for("saved")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Approve")
    await stage.rekha.wait_for("Approved by")


async def test_every_update_delivered_twice_counts_once(stage: Stage) -> None:
    stage.simulator.account.updates.deliver_twice = True
    await approved(stage)
    await stage.sharma.wait_for("B17-FF")
    await stage.settled()
    assert await stage.readings() == [("B17-FF", "146")]
    assert await stage.bills() == [("B17-FF", "3226.00")]
    assert len([m for m in stage.ravi.received if "saved" in m.text]) == 1
    assert len(stage.sharma.received) == 1


@pytest.mark.parametrize("fault", [Fault.TOO_MANY_REQUESTS, Fault.BAD_GATEWAY, Fault.RESET, Fault.LOST_ANSWER])
async def test_the_bill_arrives_through_a_bad_line(dsn: str, fault: Fault) -> None:
    """At most once more, and only where nobody can know whether it arrived."""
    async with staged(dsn, faultless=False) as stage:
        stage.simulator.faults.retry_after = 1
        await stage.ravi.send_text("B17-FF 146")
        await stage.ravi.wait_for("saved")
        await stage.rekha.wait_for("Total")
        stage.simulator.faults.hold_seconds = 0.5
        stage.simulator.faults.share({fault: 1.0}, {"sendMessage", "sendPhoto", "editMessageText"})
        await stage.rekha.press("Approve")
        await until(lambda: _met(stage, fault))
        stage.simulator.faults.clear()
        await stage.sharma.wait_for("B17-FF", 20)
        await stage.rekha.wait_for("Approved by Rekha", 20)
        await stage.settled()
        assert len(bills_on(stage.sharma)) <= (2 if fault is Fault.LOST_ANSWER else 1)
        assert await stage.value("select count(*) from notifications where outbox and status = 'dead'") == 0


def bills_on(phone: Phone) -> list[str]:
    return [message.text for message in phone.received if "₹3,226.00" in message.text]


async def _met(stage: Stage, fault: Fault) -> bool:
    """Whether Mr Sharma's bill met the fault."""
    chats = [call.call.params["chat_id"] for call in stage.simulator.recorder.of("sendMessage") if call.fault is fault]
    return "105" in chats


async def test_a_blocked_owner_is_shown_and_their_next_message_revives_them(dsn: str) -> None:
    async with staged(dsn, faultless=False) as stage:
        await stage.mrs.block()
        await until(lambda: _reachable(stage, value=False))
        await stage.ravi.send_text("B17-FF 146")
        card = await stage.rekha.wait_for("Total")
        assert "Cannot be reached: Mrs Sharma (chat blocked or gone)" in card.text
        await stage.rekha.press("Approve")
        await stage.sharma.wait_for("₹3,226.00")
        await stage.later(seconds=5)
        assert stage.mrs.received == []
        await stage.mrs.start()
        await stage.mrs.wait_for("November bill · B17-FF: ₹3,226.00")
        assert await _reachable(stage, value=True)


async def _reachable(stage: Stage, *, value: bool) -> bool:
    found = await stage.value("select reachable from chat_identities where external_id = '106'")
    return bool(found is value)


async def test_telegram_says_blocked_at_the_moment_of_sending(dsn: str) -> None:
    async with staged(dsn, faultless=False) as stage:
        stage.mrs.home.blocked = True
        await approved(stage)
        await stage.sharma.wait_for("₹3,226.00")
        await stage.settled()
        await stage.later(seconds=5)
        await stage.rekha.wait_for("Mrs Sharma: could not be delivered, tell them yourself", 30)


async def test_a_database_that_is_down_delays_and_loses_nothing(dsn: str, tmp_path: Path) -> None:
    async with Line(dsn, tmp_path) as line, staged(dsn, faultless=False, service_dsn=line.dsn) as stage:
        await stage.ravi.send_text("B17-GF 132")
        await stage.ravi.wait_for("saved")
        await line.cut()
        await stage.ravi.send_text("B17-FF 146")
        await stage.sunil.send_text("C8-GF 167")
        await until(lambda: _cut_off(stage))
        await line.mend()
        await stage.ravi.wait_for("B17-FF · 146 units · saved", 30)
        await stage.sunil.wait_for("C8-GF · 167 units · saved", 30)
        assert sorted(await stage.readings()) == [("B17-FF", "146"), ("B17-GF", "132"), ("C8-GF", "167")]
        assert len([message for message in stage.ravi.received if "saved" in message.text]) == 2
        await until(lambda: _ready(stage))


async def _cut_off(stage: Stage) -> bool:
    return (await stage.service.readiness())["database"] == "cannot be reached"


async def _ready(stage: Stage) -> bool:
    return not any((await stage.service.readiness()).values())


class Line:
    """The way to the database, that can be cut: `dsn` leads through it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        parts = urlsplit(dsn)
        self.dsn = urlunsplit(parts._replace(query=urlencode({"host": str(folder), "port": "5432"})))
        self._socket = folder / ".s.PGSQL.5432"
        self._far = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def mend(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self._socket)

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()
        self._socket.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._far)
        self._open |= {writer, far_writer}
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    target.close()
