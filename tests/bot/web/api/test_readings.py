"""`POST /webhook/meter-reading` over real HTTP: stored, billed, answered."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jobs.approve_reading import Approved, approve, preview
from tests.bot.web.api.machine import ADDRESS, NOW, Machine
from tests.society import past, work


async def test_a_reading_is_stored_billed_and_answered(gateway: Machine) -> None:
    answer = await gateway.send(meter_number="19152159", reading_value=146)
    assert answer.status == 201
    bill = answer.body["bill"]
    assert {**answer.body, "bill": None} == {
        "reading_id": answer.body["reading_id"],
        "status": "billed",
        "consumption": None,
        "flags": [],
        "start_moved": False,
        "bill": None,
    }
    assert (bill["flat_code"], bill["total_units"], bill["rate_per_unit"]) == ("B17-FF", "146.00", "12.00")
    assert (bill["energy_charge"], bill["fixed_charge"], bill["total_amount"]) == ("1752.00", "1474.00", "3226.00")
    assert (bill["billing_period_start"], bill["billing_period_end"]) == ("2026-11-01", "2026-11-20")
    assert (bill["due_date"], bill["status"]) == ("2026-11-30", "pending")


async def test_ways_to_say_the_same(gateway: Machine) -> None:
    ways: list[tuple[dict[str, Any], object]] = [
        ({"flat_code": "b17ff"}, 146),
        ({"flat_code": "5BHK-B17-FF"}, "146.00"),
        ({"meter_number": 19152159}, 146.0),
        ({"meter_number": "19152159"}, 145.99999999999997),
    ]
    for target, value in ways:
        answer = await gateway.send(**target, reading_value=value, reading_date="2026-11-19", motor_share=None)
        assert (answer.status, answer.body["bill"]["flat_units"]) == (201, "146.00")
    assert await gateway.count("bills") == 1


async def test_it_is_recorded_as_by_the_api(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=146)
    actors = await gateway.value("select array_agg(distinct actor order by actor) from audit where actor_id is null")
    row = "select (submitted_by, decided_by) is null from readings where id = $1"
    assert actors == ["API"]
    assert await gateway.value(row, answer.body["reading_id"])


async def test_it_is_only_stored_where_no_bill_is_wanted(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=146, issue_bill=False)
    assert (answer.status, answer.body["status"], answer.body["bill"]) == (201, "pending", None)
    assert await gateway.count("bills") == 0


async def test_an_admin_approves_what_a_machine_sent(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=146, issue_bill=False)
    async with gateway.service.database.transaction() as conn:
        seen = await preview(work(conn, gateway.town.rekha, NOW), answer.body["reading_id"])
        rekha = work(conn, gateway.town.rekha, NOW)
        assert not seen.own
        assert isinstance(await approve(rekha, seen.draft.reading.id, 1, seen.draft.total), Approved)


async def test_an_unusual_reading_waits_for_a_person(gateway: Machine) -> None:
    async with gateway.service.database.transaction() as conn:
        for month in (8, 9, 10):
            await past(conn, gateway.town.flat("B17-FF"), date(2026, month, 2), str(140 + month))
    answer = await gateway.send(flat_code="B17-FF", reading_value=900)
    assert (answer.status, answer.body["status"], answer.body["bill"]) == (201, "unusual", None)
    assert answer.body["flags"] == ["far_above_usual"]
    assert answer.body["consumption"] is not None
    again = await gateway.send(flat_code="B17-FF", reading_value=146)
    assert (again.body["status"], again.body["reading_id"]) == ("billed", answer.body["reading_id"])


async def test_what_no_meter_shows_in_a_month_waits_even_without_a_history(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=9_999_999)
    assert (answer.status, answer.body["status"], answer.body["bill"]) == (201, "unusual", None)


async def test_a_locked_month_is_stored_and_not_billed(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=146, reading_date="2025-11-20")
    assert (answer.status, answer.body["status"], answer.body["bill"]) == (201, "locked_month", None)
    await gateway.send(flat_code="B18-FF", reading_value=120, reading_date="2025-12-02")
    late = await gateway.send(flat_code="B18-FF", reading_value=146, reading_date="2025-11-20")
    assert (late.status, late.body["status"], late.body["bill"]) == (201, "locked_month", None)
    assert await gateway.count("bills") == 1


async def test_a_waiting_motor_group(gateway: Machine) -> None:
    await gateway.send(flat_code="MOTOR-C", reading_value=60)
    first = await gateway.send(flat_code="C14-FF", reading_value=100)
    assert (first.status, first.body["status"], first.body["bill"]) == (201, "waiting_for_motor", None)
    await gateway.send(flat_code="C14-SF", reading_value=100)
    last = await gateway.send(flat_code="C8-GF", reading_value=100)
    assert (last.body["status"], last.body["bill"]["water_motor_share"]) == ("billed", "20.00")
    assert await gateway.count("bills") == 3


async def test_a_share_that_is_sent_stands(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="B17-FF", reading_value=100, motor_share="4.25")
    assert (answer.body["bill"]["water_motor_share"], answer.body["bill"]["total_units"]) == ("4.25", "104.25")


@pytest.mark.parametrize("day", ["2026-11-10", "2026-11-18"])
async def test_a_further_bill_of_the_month_is_stored_with_its_start_moved(gateway: Machine, day: str) -> None:
    first = await gateway.send(flat_code="B17-FF", reading_value=146, reading_date="2026-11-10")
    again = await gateway.send(flat_code="B17-FF", reading_value=20, reading_date=day)
    assert (again.status, again.body["status"], again.body["start_moved"]) == (201, "billed", True)
    assert again.body["bill"]["fixed_charge"] == "0.00"
    assert again.body["bill"]["billing_period_start"] > first.body["bill"]["billing_period_end"]
    assert again.body["bill"]["previous_outstanding"] == first.body["bill"]["total_amount"]
    repeated = await gateway.send(flat_code="B17-FF", reading_value=146, reading_date="2026-11-10")
    assert repeated.status in {201, 409}
    assert await gateway.count("bills") == 2


async def test_the_same_reading_is_billed_once_without_any_key(gateway: Machine) -> None:
    first = await gateway.send(flat_code="B17-FF", reading_value=146)
    again = await gateway.send(meter_number="19152159", reading_value="146.0")
    assert (again.status, again.body["reading_id"], again.body["bill"]) == (
        201,
        first.body["reading_id"],
        first.body["bill"],
    )
    assert (await gateway.count("readings"), await gateway.count("bills")) == (1, 1)


async def test_what_a_person_sent_is_neither_replaced_nor_billed(gateway: Machine) -> None:
    sql = """
        insert into readings (meter_id, reading_date, reading_value, state, submitted_by)
        values ($1, '2026-11-20', 140, 'pending', $2) returning id"""
    town = gateway.town
    theirs = await gateway.value(sql, town.flat("B17-FF").meter_id, town.ravi.person_id)
    other = await gateway.send(flat_code="B17-FF", reading_value=146)
    assert (other.status, other.error["code"], other.error["reading_id"]) == (409, "duplicate_reading", theirs)
    same = await gateway.send(flat_code="B17-FF", reading_value=140)
    assert (same.status, same.body["status"], same.body["reading_id"]) == (201, "pending", theirs)
    assert await gateway.count("bills") == 0


async def test_a_parked_flat_is_not_billed(gateway: Machine) -> None:
    async with gateway.service.database.transaction() as conn:
        sql = "insert into parked_flats (flat_id, reason) values ($1, 'test')"
        await conn.execute(sql, gateway.town.flat("B17-FF").flat_id)
    answer = await gateway.send(flat_code="B17-FF", reading_value=146)
    assert (answer.body["status"], answer.body["bill"]) == ("parked", None)


class TestIdempotency:
    async def test_the_same_answer_for_the_same_body(self, gateway: Machine) -> None:
        first = await gateway.send(key="k1", flat_code="B17-FF", reading_value=146)
        again = await gateway.send(key="k1", flat_code="B17-FF", reading_value=146)
        assert (first.status, again.status, again.body) == (201, 201, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"

    async def test_another_body_is_refused(self, gateway: Machine) -> None:
        await gateway.send(key="k1", flat_code="B17-FF", reading_value=146)
        other = await gateway.send(key="k1", flat_code="B17-GF", reading_value=146)
        assert (other.status, other.error["code"]) == (409, "idempotency_conflict")
        assert await gateway.count("readings") == 1

    async def test_sixteen_at_once_make_one_reading(self, gateway: Machine) -> None:
        sent = [gateway.send(key="k1", flat_code="B17-FF", reading_value=146) for _ in range(16)]
        answers = await asyncio.gather(*sent)
        assert [answer.status for answer in answers] == [201] * 16
        assert len({str(answer.body) for answer in answers}) == 1
        assert (await gateway.count("readings"), await gateway.count("bills")) == (1, 1)

    async def test_sixteen_at_once_without_a_key_make_one_bill(self, gateway: Machine) -> None:
        answers = await asyncio.gather(*(gateway.send(flat_code="B17-FF", reading_value=146) for _ in range(16)))
        assert {answer.body["reading_id"] for answer in answers} == {answers[0].body["reading_id"]}
        assert (await gateway.count("readings"), await gateway.count("bills")) == (1, 1)

    async def test_sixteen_different_bodies_with_one_key(self, gateway: Machine) -> None:
        sent = [gateway.send(key="k1", flat_code="B17-FF", reading_value=140 + one) for one in range(16)]
        answers = await asyncio.gather(*sent)
        assert sorted(answer.status for answer in answers) == [201] + [409] * 15
        assert await gateway.count("readings") == 1

    async def test_a_refused_request_uses_no_key_up(self, gateway: Machine) -> None:
        refused = await gateway.send(key="k1", flat_code="B99-FF", reading_value=146)
        mended = await gateway.send(key="k1", flat_code="B17-FF", reading_value=146)
        assert (refused.status, mended.status) == (404, 201)

    async def test_a_key_that_is_none(self, gateway: Machine) -> None:
        for key in ("", "a b", "k" * 256, "schlüssel"):
            answer = await gateway.send(key=key, flat_code="B17-FF", reading_value=146)
            assert (answer.status, answer.error["field"]) == (422, "Idempotency-Key")


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "meter_number", "missing_field"),
    ({"flat_code": "B17-FF"}, "reading_value", "missing_field"),
    ({"flat_code": "B17-FF", "reading_value": None}, "reading_value", "missing_field"),
    ({"flat_code": "B17-FF", "meter_number": "19152159", "reading_value": 1}, "flat_code", "two_targets"),
    ({"flat_code": ["B17-FF"], "reading_value": 1}, "flat_code", "bad_field"),
    ({"flat_code": "", "reading_value": 1}, "flat_code", "bad_field"),
    ({"meter_number": True, "reading_value": 1}, "meter_number", "bad_field"),
    ({"meter_number": 1.5, "reading_value": 1}, "meter_number", "bad_field"),
    ({"meter_number": 10**16, "reading_value": 1}, "meter_number", "bad_field"),
    ({"meter_number": "19152159\n", "reading_value": 1}, "meter_number", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": -1}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1e9}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 10**4000}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": True}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": "1e3"}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": "Infinity"}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": "१४६"}, "reading_value", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "motor_share": -3}, "motor_share", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "reading_date": "20261103"}, "reading_date", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "reading_date": "2026-02-30"}, "reading_date", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "reading_date": "2026-11-21"}, "reading_date", "future_date"),
    ({"flat_code": "B17-FF", "reading_value": 1, "photo_url": "http://a.example/x"}, "photo_url", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "photo_url": "https://"}, "photo_url", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "photo_url": "https://[x"}, "photo_url", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "issue_bill": "yes"}, "issue_bill", "bad_field"),
    ({"flat_code": "B17-FF", "reading_value": 1, "motor_shar": 3}, "motor_shar", "unknown_field"),
]


class TestRefused:
    async def test_a_bad_field_is_named(self, gateway: Machine) -> None:
        for fields, field, code in BAD_FIELDS:
            answer = await gateway.send(**fields)
            assert (answer.status, answer.error["field"], answer.error["code"]) == (422, field, code)
            assert answer.error["message"]
        assert await gateway.count("readings") == 0

    @pytest.mark.parametrize(
        ("target", "field", "near"),
        [
            ({"meter_number": "19152195"}, "meter_number", "19152159"),
            ({"flat_code": "B71-FF"}, "flat_code", "B17-FF"),
        ],
    )
    async def test_an_unknown_meter_with_near_misses(
        self, gateway: Machine, target: dict[str, str], field: str, near: str
    ) -> None:
        answer = await gateway.send(**target, reading_value=146)
        assert (answer.status, answer.error["code"], answer.error["field"]) == (404, "unknown_meter", field)
        assert near in answer.error["near"]
        assert near in answer.error["message"]

    async def test_a_day_before_the_last_billed_one(self, gateway: Machine) -> None:
        await gateway.send(flat_code="B17-FF", reading_value=146, reading_date="2026-11-18")
        early = await gateway.send(flat_code="B17-FF", reading_value=146, reading_date="2026-11-12")
        assert (early.status, early.error["code"], early.error["field"]) == (409, "date_billed", "reading_date")

    async def test_a_motor_has_no_share(self, gateway: Machine) -> None:
        answer = await gateway.send(flat_code="MOTOR-B", reading_value=60, motor_share=3)
        assert (answer.status, answer.error["field"]) == (409, "motor_share")

    async def test_a_meter_out_of_use_and_one_without_owner(self, gateway: Machine) -> None:
        async with gateway.service.database.transaction() as conn:
            await conn.execute("update meters set status = 'inactive' where meter_number = '19152159'")
            await conn.execute(
                "update flat_owners set until = '2026-01-01' where flat_id = $1", gateway.town.flat("C8-GF").flat_id
            )
        gone = await gateway.send(meter_number="19152159", reading_value=1)
        unowned = await gateway.send(flat_code="C8-GF", reading_value=1)
        assert (gone.status, gone.error["code"]) == (409, "inactive_meter")
        assert (unowned.status, unowned.error["code"]) == (409, "no_owner")

    async def test_what_is_no_json_object(self, gateway: Machine) -> None:
        twice = b'{"reading_value": 1, "reading_value": 2}'
        for body in (b"", b"{", b"\xff\xfe", b'{"a": NaN}', twice, b"[" * 15_000, b"[]", b'"x"', b"null"):
            answer = await gateway.post(ADDRESS, data=body, headers={"Content-Type": "application/json"})
            assert answer.status == 400
            assert answer.error["code"] in {"not_json", "not_an_object"}

    async def test_another_content_type(self, gateway: Machine) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"):
            answer = await gateway.post(ADDRESS, data=b"{}", headers={"Content-Type": kind})
            assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")

    @pytest.mark.parametrize("chunked", [True, False])
    async def test_a_body_too_large(self, gateway: Machine, *, chunked: bool) -> None:
        async def chunks() -> object:
            for _ in range(100):
                yield b" " * 1024

        body = chunks() if chunked else b" " * 17_000
        answer = await gateway.post(
            ADDRESS, data=body, headers={"Content-Type": "application/json", "Connection": "close"}
        )
        assert (answer.status, answer.error["code"]) == (413, "too_large")

    async def test_another_method_and_another_address(self, gateway: Machine) -> None:
        wrong = await gateway.ask("GET", "/webhook/meter-reading")
        nowhere = await gateway.ask("GET", "/webhook/nothing")
        assert (wrong.status, wrong.error["code"], wrong.headers["Allow"]) == (405, "method_not_allowed", "POST")
        assert (nowhere.status, nowhere.error["code"]) == (404, "not_found")


async def test_sums_stay_exact(gateway: Machine) -> None:
    answer = await gateway.send(flat_code="C14-SF", reading_value="123.45")
    bill = answer.body["bill"]
    assert Decimal(bill["energy_charge"]) == Decimal("1111.05")
    assert Decimal(bill["total_amount"]) == sum(
        Decimal(bill[name]) for name in ("energy_charge", "fixed_charge", "previous_outstanding")
    )
