"""The systemd unit as a test reads it: the file itself, so that it cannot rot."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

UNIT = Path(__file__).resolve().parents[1] / "data" / "deploy" / "blessings-billing.service"


def read_unit() -> dict[str, dict[str, list[str]]]:
    """Section → name → values, in their order."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in UNIT.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section][name].append(value)
    return {name: dict(values) for name, values in found.items()}
