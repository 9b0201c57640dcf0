"""How long a second start takes, when the data is there, and what an idle service holds of memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from storage.embedded import EmbeddedPostgres
from tests.bench.figures import Aim, Figure
from tests.programs import ROOT, databases, environment, program

_MEGABYTE = 1 << 20
_SECONDS = Aim(5, at_most=True)


def measure(folder: Path, idle_seconds: float) -> list[Figure]:
    """The second start of the demo and of `billing run`, each with its embedded database."""
    _start_demo(folder)
    imports = _imports()
    demo = Figure("start of the demo until ready", _start_demo(folder), "s", imports, "its imports", _SECONDS)
    _start_run(folder, 0)
    bare = _echo_megabytes(idle_seconds)
    seconds, megabytes = _start_run(folder, idle_seconds)
    for server in (*databases({"DATA_DIR": str(folder)}), *databases({"DATA_DIR": str(folder / "run")})):
        EmbeddedPostgres(server).erase()
    return [
        demo,
        Figure("start of `billing run` until ready", seconds, "s", imports, "demo's imports", _SECONDS),
        Figure("memory of an idle `billing run`", megabytes, "MB", bare, "echo bot", Aim(150, at_most=True)),
    ]


def _imports() -> float:
    """Seconds of a Python that only imports what the demo does."""
    began = time.perf_counter()
    command = [sys.executable, "-c", "import bot.cli, bot.demo"]
    subprocess.run(command, cwd=ROOT, env=environment({}), check=True)
    return time.perf_counter() - began


def _start_demo(folder: Path) -> float:
    began = time.perf_counter()
    with program("bot", "demo", "--no-browser", "--port", "0", cwd=folder, settings={"DATA_DIR": str(folder)}) as demo:
        demo.says("ready")
        took = time.perf_counter() - began
        demo.stop()
    return took


def _start_run(folder: Path, idle_seconds: float) -> tuple[float, float]:
    """Seconds until it runs, and megabytes of the process alone, without those of its database."""
    with program("bot.simulator") as simulator:
        addresses = json.loads(simulator.says("{"))
        telegram = {"TELEGRAM_API_BASE": addresses["url"], "TELEGRAM_BOT_TOKEN": addresses["token"]}
        settings = {**telegram, "PORT": "0", "DATA_DIR": str(folder / "run")}
        began = time.perf_counter()
        with program("bot", "run", cwd=folder, settings=settings) as service:
            service.says("Running")
            took = time.perf_counter() - began
            time.sleep(idle_seconds)
            held = _resident(service.process.pid)
            service.stop()
    return took, held


def _echo_megabytes(idle_seconds: float) -> float:
    with program("bot.simulator") as simulator:
        addresses = json.loads(simulator.says("{"))
        with program("tests.bench.bare", "echo", addresses["url"], addresses["token"]) as bot:
            bot.says("ready")
            time.sleep(idle_seconds)
            return _resident(bot.process.pid)


def _resident(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss / _MEGABYTE)
