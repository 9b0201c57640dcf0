"""The whole service with its real flows as a process, to be killed: `python -m tests.journeys.service_process …`."""

from __future__ import annotations

import asyncio
import sys

from bot import engine
from bot.bootstrap import Address, Setup, assembled
from bot.channels.telegram import Patience
from jobs import deliver
from tests.journeys.clock import MORNING, Clock
from tests.society import SOCIETY


async def main(dsn: str, api: str, token: str) -> None:
    setup = Setup(
        dsn=dsn,
        society=SOCIETY,
        telegram=Address(token, api),
        host=None,
        limiters=False,
        clock=Clock(MORNING),
        patience=Patience(answer=2, lease=1.5),
        engine_tempo=engine.Tempo(lease=1.5, poll=0.1, backoff=0.02),
        delivery_tempo=deliver.Tempo(lease=2, poll=0.1, backoff=0.05),
    )
    async with assembled(setup):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
