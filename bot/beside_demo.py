"""Commands beside a running demo work on other data than it does: they say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fasteners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.settings import Settings

DEMO_FOLDER = "demo"
"""The demo's data, within the data folder."""


def lock_file(folder: Path) -> Path:
    """Held by the demo that works on this folder, while it runs."""
    return folder.with_name(f"{folder.name}.lock")


def notes(using: Settings) -> Iterator[str]:
    """Which database a command works on, where somebody who sees a demo might think it is the demo's."""
    folder = using.data_dir / DEMO_FOLDER
    if not _is_running(folder):
        return
    ours = "the database of DATABASE_URL" if using.database_url else f"the database in {using.data_dir}"
    where = f"DATA_DIR={folder} and without DATABASE_URL" if using.database_url else f"DATA_DIR={folder}"
    yield f"A demo is running. This command works on {ours}, not on the demo's: that needs {where}."


def _is_running(folder: Path) -> bool:
    if not lock_file(folder).exists():
        return False
    lock = fasteners.InterProcessLock(lock_file(folder))
    if lock.acquire(blocking=False):
        lock.release()
        return False
    lock.lockfile.close()
    return True
