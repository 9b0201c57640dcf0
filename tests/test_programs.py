"""What a program of a test leaves behind: nothing that runs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.programs import databases, program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "left"])
def test_the_database_of_a_program_that_could_not_stop_it_is_stopped(tmp_path: Path, *, killed: bool) -> None:
    (tmp_path / ".env").touch()
    settings = {"DATA_DIR": str(tmp_path)}
    arguments = ("demo", "--no-browser", "--port", "0")
    with program("bot", *arguments, cwd=tmp_path, settings=settings) as demo:
        demo.says("ready")
        assert any(_runs(server) for server in databases(settings))
        if killed:
            demo.stop(signal.SIGKILL)
    assert not any(_runs(server) for server in databases(settings))


def _runs(server: Path) -> bool:
    return (server / "data" / "postmaster.pid").exists()
