"""The commands, called in this process: `billing("quote", "B17-FF", "--units", "146").out`."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.cli import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one document of `--json`."""
        return json.loads(self.out)


Billing = Callable[..., Ended]


@pytest.fixture
def _own_logs() -> Iterator[None]:
    """A command sets the logs up for its process; the tests keep theirs."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture
def billing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], _own_logs: None
) -> Billing:
    """Runs a command in an empty folder, without any setting but DATA_DIR."""
    (tmp_path / ".env").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "SUPABASE_URL", "TELEGRAM_BOT_TOKEN", "TELEGRAM_API_BASE", "ADMIN_PHONES"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "AI_MONTHLY_CAP", "AI_WORDING", "PHOTO_READER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def on_database(billing: Billing, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Billing:
    """Likewise, on a migrated database of this test alone."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    return billing


@pytest.fixture
def seeded(on_database: Billing) -> Billing:
    """Likewise, with the sample society in it."""
    assert on_database("seed").code == 0
    return on_database
