"""A child that dies, hangs, grows or talks nonsense costs one photo and nothing else."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from domain.photo_reading import Display, Seen
from jobs.gateways.ocr.child import COMMAND, Limits
from jobs.gateways.ocr.reader import OfflineReader
from jobs.photo_readers import ReaderError
from tests.photos.drawn import render
from tests.photos.sets import Case

CHILDREN = str(Path(__file__).with_name("ocr_children.py"))
GOOD = Seen("offline", Display.CLEAR, unit="kWh")
PATIENT = Limits(start=100, photo=100)
"""Seconds, on a machine that has other things to do."""
CLEAR = Case(1, "drums", "none", "01234", "", "19152159", "1100")


@asynccontextmanager
async def reader(*manner: str, limits: Limits | None = None) -> AsyncIterator[OfflineReader]:
    """One with a child of `ocr_children.py`."""
    made = OfflineReader((sys.executable, CHILDREN, *manner), limits)
    try:
        yield made
    finally:
        await made.close()


async def until(true: Callable[[], bool]) -> None:
    """Returns as soon as it is so."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


def gone(pid: int) -> bool:
    with suppress(psutil.Error):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


async def test_a_child_is_started_for_the_first_photo_and_kept_for_the_next() -> None:
    async with reader() as offline:
        assert offline.child is None
        assert await offline.read(b"a") == GOOD
        first = offline.child
        assert first is not None
        assert await offline.read(b"b") == GOOD
        assert offline.child == first
        await offline.close()
        assert offline.child is None
        assert gone(first)
        assert await offline.read(b"c") == GOOD


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (b"die", "stopped while it read"),
        (b"half", "stopped while it read"),
        (b"long", "stopped while it read"),
        (b"garbage", "makes no sense"),
        (b"nonsense", "makes no sense"),
        (b"percent", "makes no sense"),
        (b"list", "makes no sense"),
    ],
)
async def test_after_a_bad_answer_there_is_another_child(photo: bytes, words: str) -> None:
    async with reader() as offline:
        await offline.read(b"a")
        first = offline.child
        with pytest.raises(ReaderError, match=words) as caught:
            await offline.read(photo)
        assert (caught.value.permanent, caught.value.pause) == (False, None)
        assert offline.child is None
        assert await offline.read(b"b") == GOOD
        assert offline.child != first


async def test_a_child_that_hangs_is_ended_in_time() -> None:
    async with reader(limits=Limits(photo=3)) as offline:
        await offline.read(b"a")
        first = offline.child
        assert first is not None
        with pytest.raises(ReaderError, match="longer than 3 s"):
            await offline.read(b"hang")
        assert gone(first)
        assert await offline.read(b"b") == GOOD


async def test_a_child_that_grows_is_ended() -> None:
    async with reader(limits=Limits(memory=200 << 20)) as offline:
        with pytest.raises(ReaderError, match="too much memory"):
            await offline.read(b"grow")
        assert await offline.read(b"b") == GOOD


async def test_a_child_killed_amid_a_photo_costs_that_photo_only() -> None:
    async with reader() as offline:
        await offline.read(b"a")
        child = offline.child
        assert child is not None
        reading = asyncio.create_task(offline.read(b"hang"))
        await asyncio.sleep(0)
        psutil.Process(child).kill()
        with pytest.raises(ReaderError, match="stopped while it read"):
            await reading
        assert await offline.read(b"b") == GOOD


async def test_a_child_that_died_while_idle_costs_no_photo() -> None:
    async with reader() as offline:
        await offline.read(b"a")
        child = offline.child
        assert child is not None
        psutil.Process(child).kill()
        await until(lambda: gone(child))
        assert offline.child is None
        assert await offline.read(b"b") == GOOD


async def test_whoever_stops_waiting_leaves_no_child_amid_a_photo() -> None:
    async with reader() as offline:
        await offline.read(b"a")
        child = offline.child
        assert child is not None
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(offline.read(b"hang"), 0.2)
        assert gone(child)
        assert await offline.read(b"b") == GOOD


async def test_photos_are_read_one_at_a_time() -> None:
    async with reader() as offline:
        answers = await asyncio.gather(*(offline.read(b"%d" % number) for number in range(8)))
    assert answers == [GOOD] * 8


async def test_an_idle_reader_has_no_child() -> None:
    async with reader(limits=Limits(idle=0.1)) as offline:
        await offline.read(b"a")
        await until(lambda: offline.child is None)
        assert await offline.read(b"b") == GOOD


@pytest.mark.parametrize("manner", ["mute", "strange"])
async def test_a_child_that_does_not_start_is_not_asked_again_at_once(manner: str) -> None:
    async with reader(manner, limits=Limits(start=1)) as offline:
        with pytest.raises(ReaderError, match="does not start") as caught:
            await offline.read(b"a")
        assert caught.value.pause == timedelta(minutes=10)
        assert offline.child is None


async def test_a_program_that_is_not_there_is_a_readers_error() -> None:
    offline = OfflineReader(("/nowhere/at/all",))
    with pytest.raises(ReaderError, match="cannot be started") as caught:
        await offline.read(b"a")
    assert caught.value.pause == timedelta(minutes=10)


@pytest.mark.parametrize("photo", [b"", b"x" * (20 * 1024 * 1024 + 1)])
async def test_an_empty_or_huge_file_starts_nothing(photo: bytes) -> None:
    async with reader() as offline:
        with pytest.raises(ReaderError) as caught:
            await offline.read(photo)
        assert caught.value.permanent
        assert offline.child is None


async def test_the_child_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "made-up-secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://made:up@127.0.0.1/secret")
    async with reader() as offline:
        told = (await offline.read(b"environment")).reasons
    assert "PATH" in told
    assert {"OPENAI_API_KEY", "DATABASE_URL"}.isdisjoint(told)


_PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.read(4)
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it leaves after the photo")
async def test_the_real_child_does_not_outlive_its_parent_amid_a_photo() -> None:
    """Stopped, it stands for one that is busy: it notices nothing itself."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, *COMMAND, stdout=PIPE, cwd=Path(__file__).parents[3]
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    try:
        psutil.Process(child).suspend()
        parent.kill()
        await parent.wait()
        await until(lambda: gone(child))
    finally:
        with suppress(psutil.Error):
            psutil.Process(child).kill()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_real_child_reads_and_survives_what_is_no_photo(capfd: pytest.CaptureFixture[str]) -> None:
    jpeg = render(CLEAR)
    offline = OfflineReader(limits=PATIENT)
    try:
        for damaged in (b"no picture", jpeg[:2000], b"\xff\xd8\xff\xe0" + os.urandom(5000)):
            with pytest.raises(ReaderError, match="damaged") as caught:
                await offline.read(damaged)
            assert caught.value.permanent
        child = offline.child
        assert child is not None
        seen = await offline.read(jpeg)
        assert (seen.reader, seen.display, seen.unit) == ("offline", Display.CLEAR, "kWh")
        assert [one.whole for one in seen.candidates] == ["01234"]
        assert "19152159" in seen.serials
        assert offline.child == child
        assert psutil.Process(child).memory_info().rss < 700 << 20
    finally:
        await offline.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_real_child_is_started_again_after_it_was_killed_amid_a_photo() -> None:
    jpeg = render(CLEAR)
    offline = OfflineReader(limits=PATIENT)
    try:
        await offline.read(jpeg)
        child = offline.child
        assert child is not None
        reading = asyncio.create_task(offline.read(jpeg))
        before = psutil.Process(child).cpu_times().user
        await until(lambda: psutil.Process(child).cpu_times().user > before or reading.done())
        psutil.Process(child).kill()
        await until(lambda: gone(child))
        with suppress(ReaderError):
            await reading
        assert [one.whole for one in (await offline.read(jpeg)).candidates] == ["01234"]
    finally:
        await offline.close()
