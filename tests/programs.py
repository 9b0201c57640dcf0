"""Programs of the project as real processes, for tests and the benchmark."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING
from urllib.request import urlopen

from storage.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
_OURS = (
    *("DATABASE_URL", "DATA_DIR", "HOST", "LOG_", "PORT", "PUBLIC_URL", "SUPABASE_", "TELEGRAM_", "ADMIN_PHONES"),
    *("OPENAI_", "AI_", "PHOTO_READER"),
)


class Program:
    """One running process; what it says can be waited for."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self.process = process
        self._errors = errors
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def errors(self) -> str:
        """What it wrote to standard error so far."""
        self._errors.seek(0)
        return self._errors.read()

    def says(self, part: str = "", seconds: float = 90) -> str:
        """The next line of standard output with this part. Raises AssertionError with everything known."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(queue.Empty):
                line = self._lines.get(timeout=0.05)
                if part in line:
                    return line.rstrip("\n")
            if self.process.poll() is not None and self._lines.empty():
                break
        raise AssertionError(f"{part!r} was not said; exit {self.process.poll()}; {self.errors[-3000:]}")

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        """Its exit code after this signal."""
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self.process.stdout.close()


@contextmanager
def program(
    module: str, *arguments: str, cwd: Path = ROOT, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Program]:
    """`python -m module arguments` with these settings and no others of ours; killed at the end if it still runs.

    An embedded database in its DATA_DIR that nobody uses any more is stopped.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=cwd,
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        try:
            yield Program(process, errors)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            _stop_databases(settings)


def _stop_databases(settings: Mapping[str, str]) -> None:
    """Whoever uses a server last ends it, and a program that was killed could not."""
    for server in databases(settings):
        if (server / "data" / "postmaster.pid").exists():
            with EmbeddedPostgres(server):
                pass


def databases(settings: Mapping[str, str]) -> list[Path]:
    """Where the service and the demo keep their embedded databases with these settings."""
    folder = settings.get("DATA_DIR")
    return [Path(folder) / "postgres", Path(folder) / "demo" / "postgres"] if folder else []


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its settings of ours, with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", **settings}


def fetched(address: str) -> bytes:
    """What a program on this machine answers there. Raises HTTPError where that is no success."""
    with urlopen(address, timeout=30) as answer:  # noqa: S310 - an address of our own on loopback
        return bytes(answer.read())
