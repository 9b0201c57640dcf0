"""Who may import whom: the contracts in pyproject.toml."""

from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_dependencies_point_down_and_only_bootstrap_chooses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent)
    kept = lint_imports(no_cache=True, no_logo=True)
    assert kept == EXIT_STATUS_SUCCESS, capsys.readouterr().out
