"""What an idle service holds of memory, and how long the demo takes until it is ready."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.bench.figures import Aim, Figure
from tests.bench.town import Town
from tests.programs import ROOT, environment, program

_MEGABYTE = 1 << 20


def measure_memory(town: Town, idle_seconds: float) -> list[Figure]:
    """`billing run`, a while after it has started; beside it the idle echo bot."""
    with program("bot.simulator") as simulator:
        addresses = json.loads(simulator.says("{"))
        api, token = addresses["url"], addresses["token"]
        with program("tests.bench.bare", "echo", api, token) as bot:
            bot.says("ready")
            time.sleep(1)
            bare = _resident(bot.process.pid)
        settings = {"TELEGRAM_API_BASE": api, "TELEGRAM_BOT_TOKEN": token, "DATABASE_URL": town.dsn, "PORT": "0"}
        with program("bot", "run", settings=settings) as service:
            service.says("Running")
            time.sleep(idle_seconds)
            ours = _resident(service.process.pid)
            service.stop()
    return [Figure("memory of an idle `billing run`", ours, "MB", bare, "echo bot", Aim(150, at_most=True))]


def _resident(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss / _MEGABYTE)


def measure_start(folder: Path) -> list[Figure]:
    """The demo's second start until it says that it is ready; beside it a Python that only imports the same."""
    _start(folder)
    began = time.perf_counter()
    command = [sys.executable, "-c", "import bot.cli, bot.demo"]
    subprocess.run(command, cwd=ROOT, env=environment({}), check=True)
    imports = time.perf_counter() - began
    return [Figure("start of the demo until ready", _start(folder), "s", imports, "its imports", Aim(5, at_most=True))]


def _start(folder: Path) -> float:
    began = time.perf_counter()
    with program("bot", "demo", "--no-browser", "--port", "0", cwd=folder, settings={"DATA_DIR": str(folder)}) as demo:
        demo.says("ready")
        took = time.perf_counter() - began
        demo.stop()
    return took
