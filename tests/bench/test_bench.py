"""The benchmark still works: its figures say little here, its own checks (nothing lost, order kept) do."""

import pytest

from tests.bench.figures import Aim, Figure, table
from tests.programs import program


def test_a_missed_aim_is_shown_and_a_reached_one_too() -> None:
    slow = Figure("answers", 30, "/s", 100, "echo bot", Aim(0.4, of_ratio=True))
    small = Figure("memory", 90, "MB", 50, "echo bot", Aim(150, at_most=True))
    _, first, second = table([slow, small]).splitlines()
    assert first.split() == ["answers", "30", "/s", "echo", "bot", "100", "0.30", "ratio", "≥", "0.4", "MISSED"]
    assert second.split()[-1] == "reached"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_quick_run_prints_the_whole_table() -> None:
    with program("tests.bench", "--quick") as bench:
        assert bench.process.wait(280) == 0, bench.errors
        lines = [bench.says() for _ in range(8)]
    names = ["readings submitted", "half of", "99 % of", "approvals", "messages delivered", "memory", "start of"]
    assert all(name in line for name, line in zip(names, lines[1:], strict=True))
