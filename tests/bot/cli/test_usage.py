"""Every wrong input is told in words; exit codes, and what goes to standard output."""

import json
from pathlib import Path

import pytest

from bot import bootstrap
from storage.invocation import STARTED_AS
from tests.bot.cli.conftest import Billing
from tests.programs import program

WRONG = [
    (("bills", "--month", "2026-10"), "No such command"),
    (("quote", "B17-FF", "--units", "abc"), "not a number of units"),
    (("quote", "B17-FF", "--units", "-1"), "negative"),
    (("quote", "B17-FF", "--units", "1e9"), "exponent"),
    (("quote", "hello there", "--units", "1"), "hello there"),
    (("quote", "B17-FF", "--units", "1", "--outstanding", "lots"), "lots"),
    (("pay", "B17-FF", "0", "--method", "cash", "--reference", "R1"), "more than zero"),
    (("pay", "B17-FF", "12.345", "--method", "cash", "--reference", "R1"), "two decimals"),
    (
        ("pay", "B17-FF", "12", "--method", "gold", "--reference", "R1"),
        "'--method': 'gold' is not one of 'cash', 'upi',",
    ),
    (("pay", "B17-FF", "12", "--method", "cash", "--reference", ""), "not a payment reference"),
    (("pay", "B17-FF", "12", "--method", "upi", "--reference", "!!"), "not a payment reference"),
    (("user", "add", "--role", "owner", "--name", "Mr Sharma"), "--flat B17-FF"),
    (("user", "add", "--role", "admin", "--name", "Rekha", "--flat", "B17-FF"), "other roles have none"),
    (("user", "add", "--role", "admin", "--name", "  "), "--name Rekha"),
    (("user", "add", "--role", "admin", "--name", "Rekha", "--phone", "12"), "+44 7700 900123"),
    (("user", "revoke", "Rekha"), "billing user list"),
    (("migrate", "--old-data", "nowhere"), "nowhere"),
    (("demo", "--port", "70000"), "65535"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_usage_is_told_and_ends_with_2(billing: Billing, arguments: tuple[str, ...], told: str) -> None:
    ended = billing(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in " ".join(ended.err.split())
    assert "Traceback" not in ended.err
    assert "Value error" not in ended.err


def test_with_json_a_failure_is_a_document_too(billing: Billing) -> None:
    usage = billing("quote", "B17-FF", "--units", "abc", "--json")
    missing = billing("import-master", "nowhere.xlsx", "--json")
    assert (usage.code, usage.document["error"]["code"]) == (2, "usage")
    assert (missing.code, missing.document["error"]["code"]) == (1, "failed")
    assert "nowhere.xlsx" in missing.document["error"]["message"]


def test_a_mistake_of_ours_shows_no_traceback_unless_asked(
    billing: Billing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken() -> bytes:
        raise RuntimeError("inside")

    monkeypatch.setattr(bootstrap, "master_template", broken)
    quiet, open_hearted = billing("template", "a.xlsx"), billing("template", "b.xlsx", "--traceback")
    assert (quiet.code, open_hearted.code) == (1, 1)
    assert "Traceback" not in quiet.err
    assert "--traceback" in quiet.err
    assert "RuntimeError: inside" in open_hearted.err


def test_ctrl_c_is_no_failure_with_a_traceback(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "master_template", interrupted)
    ended = billing("template", "a.xlsx")
    assert (ended.code, ended.err.strip()) == (130, "Stopped.")


def test_a_setting_that_is_wrong_is_named_with_an_example(billing: Billing, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DUE_DAYS=soon\nTELEGRAM_BOT_TOKN=x\n", "utf-8")
    ended = billing("user", "list")
    assert ended.code == 1
    assert "DUE_DAYS" in ended.err
    assert "DUE_DAYS=10" in ended.err


def test_a_database_that_is_down_is_told_without_its_password(
    billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:canary-secret@127.0.0.1:1/postgres")
    ended = billing("user", "list", "--json", "--traceback")
    assert (ended.code, ended.document["error"]["code"]) == (1, "database")
    assert "billing doctor" in ended.err
    assert "canary-secret" not in ended.err + ended.out


def test_commands_are_named_as_they_were_typed(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STARTED_AS, "python start.py")
    unknown, healthy, made = billing("hello"), billing("doctor"), billing("template", "my flats.xlsx")
    assert "python start.py --help" in unknown.err
    assert "`python start.py demo`" in healthy.out
    assert 'python start.py import-master "my flats.xlsx"' in made.out
    assert "billing " not in unknown.err + healthy.out + made.out


@pytest.mark.parametrize("command", [("run",), ("migrate",), ("user", "list")])
def test_an_old_env_never_starts_an_empty_database(billing: Billing, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / ".env").write_text("SUPABASE_URL=https://abcd.supabase.co\nSUPABASE_KEY=old\n", "utf-8")
    ended = billing(*command)
    assert ended.code == 1
    assert "Session pooler" in ended.err
    assert not (tmp_path / "var").exists()


@pytest.mark.slow
def test_output_is_utf_8_whatever_the_console_says(dsn: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": dsn, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "DATA_DIR": str(tmp_path)}
    with program("bot", "quote", "B17-FF", "--units", "146", cwd=tmp_path, settings=settings) as started:
        assert started.says("B17-FF") == "B17-FF: ₹1,752.00"
        assert started.process.wait(30) == 0


@pytest.mark.slow
def test_json_is_all_that_goes_to_standard_output(dsn: str, tmp_path: Path) -> None:
    """As a process, because a log line or a note could come from anywhere."""
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKN=x\n", "utf-8")
    with program("bot", "seed", cwd=tmp_path, settings={"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path)}) as seeding:
        assert seeding.process.wait(60) == 0
    with program(
        "bot", "doctor", "--json", cwd=tmp_path, settings={"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path)}
    ) as started:
        lines = [started.says()]
        while lines[-1] != "}":
            lines.append(started.says())
        started.process.wait(30)
    assert json.loads("\n".join(lines))["counts"]["flats"] == 146
