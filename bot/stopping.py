"""How the service is asked to stop: the signals of the system and of the keyboard."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["stop_signal"]


def stop_signal() -> asyncio.Event:
    """Set at SIGTERM or Ctrl-C from now on: what has begun is to be finished then. A second Ctrl-C ends at once."""
    stop = asyncio.Event()

    def first() -> None:
        stop.set()
        _on_next_stop()

    _on_stop(first)
    return stop


def _on_stop(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _on_next_stop() -> None:
    """Whoever asks a second time does not want to wait for what has begun."""
    with suppress(NotImplementedError):  # Windows, whose loop has no such handlers: `signal` alone decides there
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
