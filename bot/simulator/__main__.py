"""`python -m bot.simulator`: the simulator in a process of its own, for tests and benchmarks."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys

from bot.simulator import DEMO_PHONES, DEMO_STEPS, DEMO_TOKEN, RealTokenError, Simulator
from bot.simulator.server import refuse_beside_real_token


async def _serve(port: int, token: str) -> None:
    """Prints one line of JSON with its addresses when ready; ends on SIGTERM or Ctrl-C."""
    async with Simulator(DEMO_PHONES, port=port, token=token, steps=DEMO_STEPS) as simulator:
        addresses = {
            "url": simulator.url,
            "base_url": simulator.base_url,
            "file_url": simulator.file_url,
            "token": simulator.token,
        }
        print(json.dumps(addresses), flush=True)  # noqa: T201 - the promised output
        ended = asyncio.Event()
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=DEMO_TOKEN, help="the token the bot has to show")
    arguments = parser.parse_args()
    try:
        refuse_beside_real_token(os.environ.get("TELEGRAM_BOT_TOKEN"))
    except RealTokenError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 1
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.token))
    return 0


if __name__ == "__main__":
    sys.exit(main())
