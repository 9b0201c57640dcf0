"""The benchmark runs and its table has every row; its figures are not judged here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bench.figures import Aim, Figure, table
from tests.programs import ROOT, environment

ROWS = (
    "readings submitted and answered",
    "half of the answers within",
    "99 % of the answers within",
    "the same, each chat every 5 s",
    "approvals to stored bills",
    "monthly run of 1,000 flats",
    "monthly run of 10,000 flats",
    "a bill of the largest run",
    "memory that it grows by",
    "messages delivered (of 200)",
    "Telegram at its pace: delivered",
    "WhatsApp at its pace: delivered",
    "  refused with 429",
    "hooks at 50/s, stored: 99% within",
    "hooks of WhatsApp at 50/s, stored: 99% within",
    "readings of machines at 50/s, stored: 50% within",
    "readings of machines at 50/s, stored: 99% within",
    "with the bill issued: 99% within",
    "bills as PDF, 100 files: one",
    "codes in photos, 4: 50% within",
    "stickers found",
    "photos read offline, 4: 50% within",
    "photos read offline, 4: 99% within",
    "memory of the child that reads",
    "children before the first photo",
    "held-out photos exact",
    "held-out photos wrong and not flagged",
    "held-out photos declined",
    "start of the demo until ready",
    "start of `billing run` until ready",
    "memory of an idle `billing run`",
)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_quick_run_prints_every_row() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick"]
    done = subprocess.run(command, cwd=ROOT, env=environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert [row for row in ROWS if not any(row in line for line in lines)] == []


def test_an_aim_is_judged_by_the_figure_or_by_its_ratio() -> None:
    fast = Figure("speed", 40, "/s", 80, "bare", Aim(0.4, of_ratio=True))
    slow = Figure("wait", 300, "ms", 100, "bare", Aim(250, at_most=True))
    assert (fast.verdict, slow.verdict) == ("reached", "MISSED")
    assert "40 /s" in table([fast, slow])
    assert "MISSED" in table([fast, slow]).splitlines()[-1]
