"""How the program was started: the words with which a person here types another of its commands."""

from __future__ import annotations

import os

STARTED_AS = "BILLING_STARTED_AS"
"""Environment variable in which start.py says what was typed; the console script sets none."""


def program() -> str:
    """What a person types before a command: `python start.py`, or the console script `billing`."""
    return os.environ.get(STARTED_AS) or "billing"


def command(words: str) -> str:
    """The command as it is typed here: `migrate` is `python start.py migrate` or `billing migrate`."""
    return f"{program()} {words}"
