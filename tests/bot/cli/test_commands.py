"""What the installer's and the office's commands do to a database."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.bot.cli.conftest import Billing
from tests.jobs.gateways.workbooks import GOOD, SECOND, master
from tests.programs import program


def on(dsn: str, sql: str) -> Any:
    async def ask() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_a_quote_has_the_promised_figures(seeded: Billing) -> None:
    ended = seeded("quote", "b17ff", "--units", "146", "--share", "3.2", "--outstanding", "-10.5", "--json")
    assert (ended.code, ended.document) == (
        0,
        {
            "rate_per_unit": "12.00",
            "fixed_charge": "1474.00",
            "flat_units": "146.00",
            "water_motor_share": "3.20",
            "total_units": "149.20",
            "energy_charge": "1790.40",
            "previous_outstanding": "-10.50",
            "total_amount": "3253.90",
        },
    )
    assert seeded("quote", "B17-FF", "--units", "146").out.startswith("B17-FF: ₹3,226.00")


def test_a_quote_for_an_unknown_unit_says_that_it_is_one(on_database: Billing) -> None:
    ended = on_database("quote", "5BHK-B99-FF", "--units", "1")
    assert ended.code == 0
    assert "not on record" in ended.err
    assert "₹2,311.00" in ended.out


def test_a_slip_in_the_flat_is_not_priced(seeded: Billing) -> None:
    ended = seeded("quote", "B71-FF", "--units", "4")
    assert (ended.code, ended.out) == (1, "")
    assert "There is no flat B71-FF. Did you mean B17-FF?" in ended.err
    assert seeded("quote", "5BHK-B99-FF", "--units", "1").code == 0


def test_without_master_data_the_code_alone_is_priced(on_database: Billing) -> None:
    assert on_database("quote", "B71-FF", "--units", "4").code == 0


def test_a_payment_counts_once(seeded: Billing, dsn: str) -> None:
    command = ("pay", "B17-FF", "₹1,842", "--method", "upi", "--reference", "UTR: 412345678901")
    first, again = seeded(*command), seeded(*command, "--json")
    assert (first.code, again.code) == (0, 0)
    assert "In credit: ₹1,842.00" in first.out
    assert again.document["already_recorded"] is True
    assert again.document["recorded"] is False
    assert "Nothing was recorded again" in seeded(*command).out
    paid = on(dsn, "select sum(amount) from account_entries where source_id like 'cli:%'")
    assert paid == -1842


def test_another_amount_with_the_same_reference_is_refused(seeded: Billing) -> None:
    assert seeded("pay", "B17-FF", "100", "--method", "cash", "--reference", "R1").code == 0
    ended = seeded("pay", "B17-FF", "200", "--method", "cash", "--reference", "R1")
    assert ended.code == 1
    assert "₹100.00" in ended.err
    assert "Nothing was recorded" in ended.err


def test_a_flat_that_is_not_there_is_answered_with_those_it_may_be(seeded: Billing) -> None:
    ended = seeded("pay", "B71-FF", "100", "--method", "cash", "--reference", "R1")
    assert ended.code == 1
    assert "Did you mean B17-FF" in ended.err


def test_people_are_invited_listed_and_revoked(on_database: Billing) -> None:
    invited = on_database("user", "add", "--role", "admin", "--name", "Rekha", "--phone", "+44 7700 900102", "--json")
    assert invited.code == 0
    assert {"invite_link", "invite_code", "expires_at"} <= invited.document.keys()
    invite = on_database("user", "add", "--role", "engineer", "--name", "Ravi").out
    assert invite.startswith("Invite for Ravi, engineer:\n  send to the bot: /start ")
    on_database("user", "revoke", "i2")
    listed = on_database("user", "list", "--json").document
    assert [(one["name"], one["role"]) for one in listed["invites"]] == [("Rekha", "admin")]
    assert invited.document["invite_code"] not in json.dumps(listed)
    assert "Rekha, admin: invited" in on_database("user", "list").out
    revoked = on_database("user", "revoke", listed["invites"][0]["invite"])
    assert (revoked.code, "Rekha, admin" in revoked.out) == (0, True)
    assert on_database("user", "revoke", listed["invites"][0]["invite"]).code == 1
    assert "Begin with" in on_database("user", "list").out


def test_the_last_admin_stays(seeded: Billing) -> None:
    people = seeded("user", "list", "--json").document["people"]
    [rekha] = [one["person"] for one in people if one["role"] == "admin"]
    [ravi] = [one["person"] for one in people if one["role"] == "engineer"]
    refused = seeded("user", "revoke", rekha)
    assert refused.code == 1
    assert "only admin" in refused.err
    revoked = seeded("user", "revoke", ravi)
    assert (revoked.code, revoked.out) == (0, "Ravi, engineer: ended. It counts from now on.\n")
    assert seeded("user", "revoke", ravi).code == 1


def test_an_owner_is_invited_to_a_flat_that_exists(seeded: Billing) -> None:
    owner = ("user", "add", "--role", "owner", "--name", "Mr Sharma", "--flat")
    assert seeded(*owner, "b17ff").code == 0
    unknown = seeded(*owner, "B99-FF")
    assert unknown.code == 1
    assert "no flat B99-FF" in unknown.err


def test_every_bad_row_of_a_workbook_is_told_and_the_others_come_in(on_database: Billing, tmp_path: Path) -> None:
    (tmp_path / "master.xlsx").write_bytes(master(GOOD, {**SECOND, "Rate Per Unit": "twelve"}))
    plan = on_database("import-master", "master.xlsx", "--dry-run", "--json").document
    assert (plan["imported"], plan["rows"], plan["new_flats"]) == (False, 1, ["B17-FF"])
    [problem] = plan["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (3, "Rate Per Unit", "twelve")
    done = on_database("import-master", "master.xlsx")
    assert done.code == 0
    assert "1 row imported: 1 new unit, " in done.out
    assert "row 3, Rate Per Unit:" in done.out
    again = on_database("import-master", "master.xlsx", "--json").document
    assert (again["imported"], again["new_flats"], again["changes"]) == (True, [], [])


def test_a_dry_run_changes_nothing(on_database: Billing, tmp_path: Path, dsn: str) -> None:
    (tmp_path / "master.xlsx").write_bytes(master(GOOD))
    assert on_database("import-master", "master.xlsx", "--dry-run").code == 0
    assert on(dsn, "select count(*) from flats") == 0


def test_a_workbook_without_one_good_row_fails(on_database: Billing, tmp_path: Path) -> None:
    (tmp_path / "master.xlsx").write_bytes(master({**GOOD, "Rate Per Unit": "twelve"}))
    (tmp_path / "notes.xlsx").write_text("no workbook", "utf-8")
    assert on_database("import-master", "master.xlsx").code == 1
    refused = on_database("import-master", "notes.xlsx")
    assert refused.code == 1
    assert ".xlsx" in refused.err


def test_the_template_is_refused_until_it_is_filled_in_and_overwrites_nothing(
    on_database: Billing, tmp_path: Path
) -> None:
    assert on_database("template", "units.xlsx").code == 0
    untouched = on_database("import-master", "units.xlsx", "--dry-run")
    assert untouched.code == 1
    assert "0 rows would be imported" in untouched.out
    assert "row 4, Client Name: This is the example of the empty workbook." in untouched.out
    before = (tmp_path / "units.xlsx").read_bytes()
    again = on_database("template", "units.xlsx")
    assert (again.code, (tmp_path / "units.xlsx").read_bytes()) == (1, before)


def test_the_sample_society_goes_into_an_empty_database_only(seeded: Billing) -> None:
    ended = seeded("seed")
    assert ended.code == 1
    assert "nothing was changed" in ended.err
    assert seeded("verify").code == 0


def test_verify_ends_with_1_on_a_finding(seeded: Billing, dsn: str) -> None:
    assert seeded("verify", "--json").document["ok"] is True
    on(
        dsn,
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount)
           select id, '2026-10-15', '2026-10-31', '2026-11-10', 777 from flats where code = 'B17-GF'""",
    )
    found = seeded("verify", "--json")
    assert (found.code, found.document["ok"]) == (1, False)
    assert [(one["flat"], one["total_amount"]) for one in found.document["foreign_bills"]] == [("B17-GF", "777.00")]
    assert "B17-GF" in seeded("verify").out


def test_a_database_that_is_not_migrated_says_what_to_run(
    billing: Billing, empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_dsn)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456789:AAF-made-up-for-this-test-only-0000")
    for command in (("run",), ("user", "list")):
        ended = billing(*command)
        assert ended.code == 1
        assert "billing migrate" in ended.err
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    assert "to come" in billing("migrate", "--status").out
    doctor = billing("doctor")
    assert doctor.code == 1
    assert "→ billing migrate" in doctor.out
    verified = billing("verify")
    assert "not migrated yet" in verified.err
    assert verified.out == "Nothing wrong so far. There are no books to check yet.\n"
    assert "up to date" in billing("migrate").out
    assert "to come" not in billing("migrate", "--status").out
    assert billing("user", "list").code == 0


def test_old_photos_that_fit_nothing_are_told(on_database: Billing, tmp_path: Path) -> None:
    photos = tmp_path / "old" / "meter_photos"
    photos.mkdir(parents=True)
    (photos / "7_20251001_0a1b2c3d.jpg").write_bytes(b"no picture")
    ended = on_database("migrate", "--old-data", str(tmp_path / "old"))
    assert ended.code == 0
    assert "0 photos" in ended.out
    assert "7_20251001_0a1b2c3d.jpg" in ended.err


def test_doctor_counts_and_says_what_mends(seeded: Billing) -> None:
    ended = seeded("doctor", "--json")
    assert ended.document["counts"] == {
        "flats": 146,
        "active_meters": 152,
        "meters_without_owner": 0,
        "default_priced_flats": ended.document["counts"]["default_priced_flats"],
        "parked_flats": 0,
        "admins": 1,
        "engineers": 1,
        "owners_linked": 0,
    }
    by_name = {one["name"]: one for one in ended.document["checks"]}
    assert by_name["database"]["status"] == "ok"
    assert "TELEGRAM_BOT_TOKEN" in by_name["Telegram"]["mend"]


def test_doctor_makes_no_database_only_to_look_at_it(billing: Billing, tmp_path: Path) -> None:
    ended = billing("doctor")
    assert ended.code == 0
    still = "Nothing is wrong. To go live it still needs a bot's token (TELEGRAM_BOT_TOKEN) and an admin."
    assert still in ended.err
    assert not (tmp_path / "var" / "postgres").exists()


def test_doctor_names_each_wrong_setting(billing: Billing, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DUE_DAYS=soon\nPORT=many\n", "utf-8")
    ended = billing("doctor", "--json")
    assert ended.code == 1
    assert {one["name"] for one in ended.document["checks"] if one["status"] == "problem"} == {"DUE_DAYS", "PORT"}


@pytest.mark.slow
def test_doctor_makes_one_real_call(on_database: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    with program("bot.simulator") as simulator:
        addresses = json.loads(simulator.says("{"))
        monkeypatch.setenv("TELEGRAM_API_BASE", addresses["url"])
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", addresses["token"])
        assert "the bot is @blessings_billing_bot" in on_database("doctor", "--live", "telegram").out
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456789:AAF-made-up-for-this-test-only-0000")
        refused = on_database("doctor", "--live", "telegram", "--json")
    assert refused.code == 1
    [live] = [one for one in refused.document["checks"] if one["name"] == "live telegram"]
    assert live["status"] == "problem"
    assert "TELEGRAM_BOT_TOKEN" in live["mend"]
