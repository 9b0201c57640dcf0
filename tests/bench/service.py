"""`python -m tests.bench.service [paced]`: the service as `billing run` starts it; limits on sending only if paced."""

from __future__ import annotations

import asyncio
import sys

from bot import bootstrap
from bot.logs import set_up_logs
from bot.settings import load_settings
from bot.stopping import stop_signal


async def main() -> None:
    """Says when it is ready; ends on SIGTERM."""
    stopped = stop_signal()
    async with bootstrap.running(load_settings(), limiters="paced" in sys.argv) as service:
        print(f"ready {service.address}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    set_up_logs("WARNING")
    asyncio.run(main())
