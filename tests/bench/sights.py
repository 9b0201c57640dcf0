"""Photos read offline: how long one takes, what the child holds, and how often it is right on meters it never saw."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil

from domain.photo_report import Truth, report
from jobs.gateways.ocr.child import Limits
from jobs.gateways.ocr.reader import OfflineReader
from jobs.measure_photos import Measured, outcome_of
from tests.bench.figures import Aim, Figure
from tests.photos import drawn, held_out
from tests.photos.sets import drawn as photos_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from domain.photo_report import Report
    from tests.photos.sets import Case, Drawn

_SEED = 20261123
_MEGABYTE = 1 << 20
_LOOK = 0.02


def measure(count: int) -> list[Figure]:
    """So many photos of either set, one after the other as the service reads them."""
    own = list(photos_of(drawn.render, count, _SEED))
    others = list(photos_of(held_out.render, count, _SEED))
    return asyncio.run(_measured(own, others))


async def _measured(own: list[Drawn], others: list[Drawn]) -> list[Figure]:
    reader = OfflineReader(limits=Limits(start=120, photo=120))
    before = int(reader.child is not None)
    first = await _seconds(reader, own[0].jpeg)
    peak = [0.0]
    watch = asyncio.create_task(_watch(reader, peak))
    try:
        known = await answers(reader, own)
        unknown = await answers(reader, others)
    finally:
        watch.cancel()
        await reader.close()
    decoding = _decoding([one.jpeg for one in others])
    started = Figure("children before the first photo", before, "", first, "s with its start", Aim(1, at_most=True))
    memory = Figure(
        "memory of the child that reads", peak[0], "MB", _own_memory(), "this process", Aim(700, at_most=True)
    )
    return [*_times([*known, *unknown], decoding), memory, started, *_rights(known, unknown)]


async def answers(reader: OfflineReader, photos: Iterable[Drawn]) -> list[Measured]:
    """What becomes of each photo, in the manner of `billing photo-eval`."""
    told = []
    for one in photos:
        began = time.perf_counter()
        seen = await reader.read(one.jpeg)
        told.append(outcome_of(one.case.name, truth_of(one.case), seen, time.perf_counter() - began))
    return told


def truth_of(case: Case) -> Truth:
    """What an engineer would write down, and wrote down the month before."""
    return Truth(Decimal(case.reading) if case.reading else None, case.serial, Decimal(case.previous))


async def _seconds(reader: OfflineReader, jpeg: bytes) -> float:
    began = time.perf_counter()
    await reader.read(jpeg)
    return time.perf_counter() - began


async def _watch(reader: OfflineReader, peak: list[float]) -> None:
    """The child's largest memory so far, in megabytes."""
    while True:
        with suppress(psutil.Error):
            if reader.child is not None:
                peak[0] = max(peak[0], psutil.Process(reader.child).memory_info().rss / _MEGABYTE)
        await asyncio.sleep(_LOOK)


def _own_memory() -> float:
    return float(psutil.Process().memory_info().rss / _MEGABYTE)


def _decoding(jpegs: list[bytes]) -> float:
    """Seconds in which half of the photos are only decoded."""
    times = []
    for jpeg in jpegs:
        began = time.perf_counter()
        cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        times.append(time.perf_counter() - began)
    return median(times)


def _times(told: list[Measured], decoding: float) -> list[Figure]:
    waits = sorted(one.seconds for one in told)
    name = f"photos read offline, {len(waits)}"
    return [
        Figure(f"{name}: 50% within", median(waits), "s", decoding, "decoding one", Aim(1, at_most=True)),
        Figure(f"{name}: 99% within", waits[int(len(waits) * 0.99)], "s", decoding, "decoding one"),
    ]


def _rights(known: list[Measured], unknown: list[Measured]) -> list[Figure]:
    own, others = (report(one.outcome for one in told) for told in (known, unknown))
    figures: tuple[tuple[str, Callable[[Report], Decimal], Aim | None], ...] = (
        ("exact", lambda one: one.exact_share, Aim(85)),
        ("exact and believed", lambda one: _share(one, one.exact - one.exact_flagged), None),
        ("wrong", lambda one: _share(one, one.wrong), None),
        ("wrong and not flagged", lambda one: one.wrong_not_flagged_share, Aim(1, at_most=True)),
        ("declined", lambda one: _share(one, one.declined), None),
        ("rightly declined", lambda one: _share(one, one.rightly_declined), None),
    )
    return [
        Figure(f"  held-out photos {name}", float(of(others)), "%", float(of(own)), "the other set", aim)
        for name, of, aim in figures
    ]


def _share(told: Report, part: int) -> Decimal:
    return Decimal(100 * part) / max(told.photos, 1)
