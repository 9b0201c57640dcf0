"""A whole service as a process of its own, to be killed and frozen: `python -m tests.chaos.worker '{"dsn": …}'`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

from bot import flows
from bot.bootstrap import Setup, assembled
from bot.channels.telegram import Address, Patience
from bot.engine import Tempo as EngineTempo
from bot.logs import set_up_logs
from jobs import faultpoints
from jobs.deliver import Tempo as DeliveryTempo
from tests import probe
from tests.society import SOCIETY


def arm(name: str, nth: int, number: int) -> None:
    """At the nth passing of the place the process gets the signal, after it has said so."""
    passed = 0

    def strike(place: str) -> None:
        nonlocal passed
        passed += place == name
        if place == name and passed == nth:
            print("struck", place, flush=True)
            os.kill(os.getpid(), number)

    faultpoints.arm(strike)


async def main(order: dict[str, Any]) -> None:
    set_up_logs("DEBUG", as_json=order.get("json", False))
    if "strike" in order:
        arm(order["strike"], order.get("nth", 1), signal.Signals[order.get("signal", "SIGKILL")])
    setup = Setup(
        dsn=order["dsn"],
        society=SOCIETY,
        telegram=Address(order["token"], order["api"]) if "token" in order else None,
        limiters=False,
        host="127.0.0.1" if "port" in order else None,
        port=order.get("port", 0),
        hook_secrets=order.get("hook_secrets", {}),
        patience=Patience(answer=order.get("answer", 2.0), lease=1.5),
        engine_tempo=EngineTempo(lease=1.5, poll=0.2, backoff=0.05),
        delivery_tempo=DeliveryTempo(lease=2.0, poll=0.2, backoff=0.05),
        load_flows=flows.load if order.get("flows") else probe.load,
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with assembled(setup):
        print("ready", flush=True)
        await stop.wait()
    print("drained", flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
