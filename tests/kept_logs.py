"""What the service logs, kept for a test to read."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import structlog

from bot.logs import set_up_logs

_TALKATIVE = ("httpx", "telegram", "aiohttp.access", "asyncio")


@contextmanager
def kept_logs(level: str = "INFO", *, as_json: bool = False, talkative: bool = False) -> Iterator[io.StringIO]:
    """Everything logged inside the block, as it is written, the libraries' chatter too if wished; then as before."""
    root, kept = logging.getLogger(), io.StringIO()
    handlers, before, configuration = root.handlers[:], root.level, structlog.get_config()
    with redirect_stderr(kept):
        set_up_logs(level, as_json=as_json)
    for name in _TALKATIVE if talkative else ():
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.handlers, root.level = handlers, before
        structlog.configure(**configuration)
