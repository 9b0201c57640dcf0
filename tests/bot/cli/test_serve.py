"""`run` and `demo` as real processes: they start, say what is missing, and stop when they are told to."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.bot.cli.conftest import Billing
from tests.programs import Program, fetched, program

TOKEN = "123456789:AAF-made-up-for-this-test-only-0000"


@pytest.fixture
def telegram() -> Iterator[dict[str, str]]:
    """Settings that lead the service to a simulator in a process of its own."""
    with program("bot.simulator") as simulator:
        addresses = json.loads(simulator.says("{"))
        yield {"TELEGRAM_BOT_TOKEN": addresses["token"], "TELEGRAM_API_BASE": addresses["url"]}


def address_in(line: str) -> str:
    found = re.search(r"http://[\d.]+:\d+", line)
    assert found is not None
    return found[0]


def test_run_without_a_chat_says_what_to_do(billing: Billing) -> None:
    ended = billing("run")
    assert (ended.code, ended.out) == (1, "")
    assert "@BotFather" in ended.err


def test_a_webhook_needs_an_address_and_a_secret(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8080")
    ended = billing("run", "--webhook")
    assert (ended.code, ended.out) == (2, "")
    assert "PUBLIC_URL (https://…), TELEGRAM_WEBHOOK_SECRET." in " ".join(ended.err.replace("│", "").split())
    assert "TELEGRAM_BOT_TOKEN" not in ended.err
    monkeypatch.setenv("PUBLIC_URL", "https://bills.example.org")
    monkeypatch.setenv("TELEGRAM_WEBHOOK_SECRET", "made-up")
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    ended = billing("run", "--webhook")
    assert ended.code == 2
    assert "missing for it: TELEGRAM_BOT_TOKEN." in " ".join(ended.err.replace("│", "").split())


def test_the_demo_refuses_to_start_beside_a_real_token(billing: Billing, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\n", "utf-8")
    ended = billing("demo", "--no-browser")
    assert ended.code == 1
    assert "billing run" in ended.err
    assert TOKEN not in ended.err
    assert not (tmp_path / "var").exists()


def test_whatsapp_alone_is_a_chat_once_it_has_number_and_token(
    on_database: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHATSAPP_PHONE_NUMBER_ID", "106540352242922")
    assert "No chat is configured" in on_database("run").err
    monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "EAAG-a-made-up-token")
    monkeypatch.setenv("WHATSAPP_API_BASE", "http://127.0.0.1:1")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        assert "is in use" in on_database("run").err, "it came as far as listening"


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_port_in_use_is_told_in_words(on_database: Billing, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        if command == "run":
            monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
            monkeypatch.setenv("TELEGRAM_API_BASE", "http://127.0.0.1:1")
            monkeypatch.setenv("PORT", port)
            ended = on_database("run")
        else:
            ended = on_database("demo", "--no-browser", "--port", port)
    assert ended.code == 1
    assert f"Port {port} is in use" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_stops_when_told_to(dsn: str, telegram: dict[str, str], tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / ".env").touch()
    settings = {**telegram, "DATABASE_URL": dsn, "DATA_DIR": str(tmp_path), "PORT": "0"}
    with program("bot", "run", cwd=tmp_path, settings=settings) as started:
        address = address_in(started.says("Running"))
        assert fetched(f"{address}/health")
        assert started.stop(number) == 0
        said = started.errors
    assert "billing import-master" in said
    assert "Nobody is an admin" in said
    assert said.rstrip().endswith("Stopped.")
    assert "debug" not in said
    assert telegram["TELEGRAM_BOT_TOKEN"] not in said


@pytest.mark.slow
def test_the_demo_starts_stops_and_keeps_what_was_done(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    with demo(tmp_path) as first:
        started = page(first)
        assert [phone["key"] for phone in started["phones"]] == ["ravi", "rekha", "sharma", "sharma2", "nandini"]
        with demo(tmp_path) as second:
            assert second.process.wait(60) == 1
            assert "Another demo" in second.errors
        assert first.stop(signal.SIGINT) == 0
        assert first.errors.splitlines()[-1].startswith("Stopped.")
    with demo(tmp_path) as again:
        shown = page(again)
        words = [message["raw"].get("text", "") for message in shown["phones"][0]["messages"]]
        assert not any("Choose your language" in text for text in words), "Ravi's phone was linked before"
        assert again.stop() == 0
    assert not [one for one in psutil.process_iter() if str(tmp_path) in command_line(one)]


@pytest.mark.slow
def test_the_demo_begins_again_when_asked(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    left = tmp_path / "demo" / "left.txt"
    left.parent.mkdir()
    left.touch()
    with demo(tmp_path, "--reset") as started:
        page(started)
        assert not left.exists()
        assert started.stop() == 0


@pytest.mark.slow
def test_the_demo_starts_again_after_it_was_killed_and_stops_at_once(tmp_path: Path) -> None:
    """What the killed one had in hand would be its own for another minute and a half."""
    (tmp_path / ".env").touch()
    with demo(tmp_path) as first:
        first.says("ready")
        first.stop(signal.SIGKILL)
    with demo(tmp_path) as again:
        again.says("ready", seconds=60)
        assert again.stop(signal.SIGTERM) == 0


def demo(folder: Path, *arguments: str) -> AbstractContextManager[Program]:
    return program(
        "bot", "demo", "--no-browser", "--port", "0", *arguments, cwd=folder, settings={"DATA_DIR": str(folder)}
    )


def page(started: Program) -> Any:
    return json.loads(fetched(f"{address_in(started.says('ready'))}/sim/state"))


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
