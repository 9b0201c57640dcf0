"""Beside a running demo a command says that it works on other data, and how it would work on the demo's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.beside_demo import lock_file
from tests.bot.cli.conftest import Billing

_HOLD = """
import sys, fasteners
with fasteners.InterProcessLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _demo_on(data_dir: Path) -> Iterator[None]:
    """Another process holds what a running demo holds."""
    file = lock_file(data_dir / "demo")
    file.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline().strip() == "held"
        yield
        holder.stdin.close()


def test_a_command_beside_a_demo_says_which_data_it_works_on(
    on_database: Billing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert "demo is running" not in on_database("user", "list").err
    with _demo_on(tmp_path):
        told = on_database("user", "list", "--json")
        assert "A demo is running. This command works on the database of DATABASE_URL, not on the demo's" in told.err
        assert f"DATA_DIR={tmp_path / 'demo'}" in told.err
        assert told.document == {"people": [], "invites": []}
        assert "demo is running" in on_database("doctor").err
    assert "demo is running" not in on_database("user", "list").err
