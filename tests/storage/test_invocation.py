"""Commands are named as they are typed where the program was started."""

import pytest

from storage.database import NotMigratedError
from storage.invocation import STARTED_AS, command


def test_the_console_script_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STARTED_AS, raising=False)
    assert command("migrate") == "billing migrate"


def test_start_py_says_how_it_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STARTED_AS, "python start.py")
    assert command("user list") == "python start.py user list"
    assert "`python start.py migrate`" in str(NotMigratedError())
