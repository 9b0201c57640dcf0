"""Backups: the whole database as a file, by hand or every night; back from it into an empty database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from storage import archive

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.job_run import Facts, Run
    from storage.archive import Archive, Restored

KEPT: Final = 14


async def back_up(dsn: str, path: Path) -> Archive:
    """Write a backup, in a thread of its own: compressing takes long. Raises ArchiveError."""
    return await asyncio.to_thread(lambda: asyncio.run(archive.write(dsn, path)))


async def restore(dsn: str, path: Path) -> Restored:
    """Fill an empty, migrated database of the same version from a backup. Raises ArchiveError.

    Messages that waited to be sent when it was made are set aside, and the admins told of them.
    """
    return await archive.restore(dsn, path)


async def back_up_nightly(run: Run) -> Facts:
    """A backup in the data folder; the oldest beyond the last fourteen go."""
    data_dir = run.house.data_dir
    if data_dir is None:
        return {"skipped": "no data folder"}
    folder = data_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    made = await back_up(run.house.database.dsn, folder / f"billing-{run.key.replace('/', '-')}.zip")
    _forget_old(folder)
    return {"rows": made.total}


def _forget_old(folder: Path) -> None:
    for old in sorted(folder.glob("billing-*.zip"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink()
