"""`python start.py bench`: how fast it is, each figure beside something simpler measured in the same run.

`--quick` takes smaller amounts: it shows that everything works, its figures say little. A missed aim is no failure.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from storage.embedded import EmbeddedPostgres
from tests.bench import approvals, codes, deliveries, machines, months, paces, papers, readings, sights, starts, town
from tests.bench.figures import Figure, table


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything."""

    chats: int = 50
    seconds: float = 12
    months: int = 3
    messages: int = 5_000
    idle: float = 8
    societies: tuple[int, ...] = (1_000, 10_000, 100_000)
    papers: int = 1_000
    photos: int = 200


QUICK = Amounts(chats=5, seconds=2, months=1, messages=200, idle=1, societies=(1_000, 10_000), papers=100, photos=2)


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python start.py bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small amounts, to see that everything works")
    amounts = QUICK if parser.parse_args().quick else Amounts()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="billing-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        run = Run()
        _measure(run, folder, amounts)
    print(table(run.figures))
    print(f"\n{_machine()}; all of it took {time.monotonic() - began:.0f} s.")
    for failure in run.failures:
        print(failure, file=sys.stderr)
    return 1 if run.failures else 0


@dataclass(slots=True)
class Run:
    """What was measured so far, and what could not be."""

    figures: list[Figure] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, name: str, measure: Callable[[], list[Figure]]) -> None:
        """One part; when it breaks, the others are measured all the same."""
        began = time.monotonic()
        try:
            self.figures += measure()
        except Exception as error:  # noqa: BLE001 - told at the end
            self.failures.append(f"{name} could not be measured: {type(error).__name__}: {error}")
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _measure(run: Run, folder: Path, amounts: Amounts) -> None:
    with EmbeddedPostgres(folder / "postgres") as dsn:
        built = asyncio.run(town.build(dsn, amounts.chats))
        run.add("readings", lambda: readings.measure(built, amounts.seconds))
        run.add("approvals", lambda: asyncio.run(approvals.measure(built, amounts.months)))
        run.add("months", lambda: asyncio.run(months.measure(dsn, amounts.societies)))
        run.add("delivery", lambda: deliveries.measure(built, amounts.messages))
        run.add("paces", lambda: paces.measure(built, amounts.seconds))
        run.add("machines", lambda: machines.measure(built, amounts.seconds))
    run.add("papers", lambda: papers.measure(amounts.papers))
    run.add("codes", lambda: codes.measure(amounts.photos))
    run.add("photos", lambda: sights.measure(amounts.photos))
    run.add("starts", lambda: starts.measure(folder, amounts.idle))


def _machine() -> str:
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{psutil.cpu_count()} processors{busy}, Python {sys.version.split()[0]}"


if __name__ == "__main__":
    sys.exit(main())
