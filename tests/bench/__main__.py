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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from storage.embedded import EmbeddedPostgres
from tests.bench import approvals, deliveries, readings, starts, town
from tests.bench.figures import Figure, table


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything."""

    chats: int = 50
    seconds: float = 15
    months: int = 4
    messages: int = 5_000
    idle: float = 8


QUICK = Amounts(chats=5, seconds=2, months=1, messages=200, idle=1)


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python start.py bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small amounts, to see that everything works")
    amounts = QUICK if parser.parse_args().quick else Amounts()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="billing-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        figures = list(_measured(folder, amounts))
    print(table(figures))
    print(f"\n{_machine()}; all of it took {time.monotonic() - began:.0f} s.")
    return 0


def _measured(folder: Path, amounts: Amounts) -> Iterator[Figure]:
    with EmbeddedPostgres(folder / "postgres") as dsn:
        built = asyncio.run(town.build(dsn, amounts.chats))
        yield from _said("readings", lambda: readings.measure(built, amounts.seconds))
        yield from _said("approvals", lambda: asyncio.run(approvals.measure(built, amounts.months)))
        yield from _said("delivery", lambda: deliveries.measure(built, amounts.messages))
        yield from _said("memory", lambda: starts.measure_memory(built, amounts.idle))
    yield from _said("start", lambda: starts.measure_start(folder))


def _said(name: str, measure: Callable[[], list[Figure]]) -> list[Figure]:
    began = time.monotonic()
    figures = measure()
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return figures


def _machine() -> str:
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{psutil.cpu_count()} processors{busy}, Python {sys.version.split()[0]}"


if __name__ == "__main__":
    sys.exit(main())
