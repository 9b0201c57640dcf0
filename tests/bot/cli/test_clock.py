"""The commands about jobs and backups."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bot.cli.conftest import Billing

NAMES = ["monthly_bills", "payment_reminders", "mark_overdue", "reading_reminders", "reconcile_payments", "backup"]


@pytest.fixture
def on_database(billing: Billing, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Billing:
    monkeypatch.setenv("DATABASE_URL", dsn)
    return billing


def listed(billing: Billing) -> dict[str, Any]:
    return {job["name"]: job for job in billing("jobs", "list", "--json").document["jobs"]}


def test_jobs_are_listed_run_paused_and_resumed(on_database: Billing) -> None:
    jobs = listed(on_database)
    assert sorted(jobs) == sorted(NAMES)
    assert {job["last_run"] for job in jobs.values()} == {None}
    assert all(datetime.fromisoformat(job["next_run"]).utcoffset() for job in jobs.values())

    done = on_database("jobs", "run", "mark_overdue")
    assert (done.code, "mark_overdue: Last" in done.out, "0 bills changed" in done.out) == (0, True, True)
    last = listed(on_database)["mark_overdue"]["last_run"]
    assert (last["state"], last["result"], last["attempts"]) == ("done", {"bills": 0}, 1)

    assert on_database("jobs", "pause", "backup").out == "backup is paused.\n"
    assert on_database("jobs", "pause", "backup").out == "backup was paused already.\n"
    assert listed(on_database)["backup"]["next_run"] is None
    assert "backup  paused  Has not run yet." in on_database("jobs", "list").out
    assert on_database("jobs", "resume", "backup").out == "backup goes on.\n"
    assert on_database("jobs", "resume", "backup").out == "backup is not paused.\n"


@pytest.mark.parametrize("name", NAMES)
def test_every_job_can_be_run_by_hand_in_an_empty_society(on_database: Billing, name: str) -> None:
    done = on_database("jobs", "run", name)
    assert (done.code, done.out.startswith(f"{name}: Last ")) == (0, True), done


def test_an_unknown_job_is_wrong_usage(on_database: Billing) -> None:
    done = on_database("jobs", "run", "everything")
    assert done.code == 2
    assert "monthly_bills, payment_reminders" in done.err


def test_the_nightly_backup_is_in_the_data_folder_and_fourteen_are_kept(on_database: Billing, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "backups"
    folder.mkdir(parents=True)
    for number in range(20):
        (folder / f"billing-2026-01-{number + 1:02}.zip").touch()
    assert on_database("jobs", "run", "backup").code == 0
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    assert len(kept) == 14
    assert kept[-1].stat().st_size > 1000


def test_a_backup_and_back(
    on_database: Billing, empty_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert on_database("seed").code == 0
    file = tmp_path / "all.zip"
    assert "It holds personal data" in on_database("backup", str(file)).out
    refused = on_database("backup", str(file))
    assert (refused.code, "was left as it is" in refused.err) == (1, True)
    refused = on_database("restore", str(file), "--yes")
    assert (refused.code, "not empty" in refused.err) == (1, True)
    monkeypatch.setenv("DATABASE_URL", empty_dsn)
    assert on_database("migrate").code == 0
    refused = on_database("restore", str(file))
    assert (refused.code, "add --yes" in refused.err) == (1, True)
    done = on_database("restore", str(file), "--yes")
    assert (done.code, "The books are in order." in done.out) == (0, True)
    assert "jobs resume payment_reminders" in done.out
    assert on_database("doctor", "--json").document["counts"]["flats"] == 146
