"""What is checked of the code itself: lint, form, types. `tests/test_layers.py` checks the layers."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    _run("ruff", "check")


def test_everything_has_the_usual_form() -> None:
    _run("ruff", "format", "--check")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_type_is_right() -> None:
    _run("mypy")
