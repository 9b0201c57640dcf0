"""`/metrics`: what it shows, and to whom."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from jobs import tally
from tests.bot.web.api.machine import TOKEN, Machine, machine

WATCHER = "made-up-token-of-the-watcher"


async def figures(gateway: Machine) -> dict[str, float]:
    answer = await gateway.ask("GET", "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.body)
    return {
        " ".join([sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))]): sample.value
        for family in families
        for sample in family.samples
    }


async def test_how_the_work_stands(gateway: Machine) -> None:
    before = (await figures(gateway)).get("billing_requests_total route=/webhook/meter-reading status=201", 0)
    await gateway.send(flat_code="B17-FF", reading_value=146)
    await gateway.send(flat_code="B17-GF", reading_value=100, issue_bill=False)
    async with gateway.service.database.transaction() as conn:
        sql = """insert into job_runs (job, period, state, finished_at)
                 values ('backup', '2026-11-19', 'done', '2026-11-19T21:30:00Z')"""
        await conn.execute(sql)
    tally.sends["telegram", "paused"] += 1
    tally.retry_after["telegram"] += 7
    shown = await figures(gateway)
    assert shown["billing_unpaid_rupees"] == 3226.0
    assert shown["billing_readings state=billed"] == 1
    assert shown["billing_readings state=pending"] == 1
    assert shown["billing_last_backup_timestamp_seconds"] == 1_795_123_800
    assert shown["billing_database_up"] == 1
    assert shown["billing_requests_total route=/webhook/meter-reading status=201"] == before + 2
    assert shown["billing_handler_seconds_count what=/webhook/meter-reading"] >= 2
    assert shown["billing_handler_seconds_bucket le=+Inf what=/webhook/meter-reading"] >= 2
    assert shown["billing_sends_total channel=telegram result=paused"] >= 1
    assert shown["billing_retry_after_seconds_total channel=telegram"] >= 7
    for name in ("billing_inbox_messages", "billing_outbox_messages", "billing_outbox_oldest_seconds"):
        assert shown[name] >= 0


async def test_only_this_machine_and_whoever_has_the_token(dsn: str) -> None:
    async with machine(dsn, Api(Gate(TOKEN), metrics_token=WATCHER)) as gateway:
        stranger = gateway.with_token(None)
        assert (await stranger.ask("GET", "/metrics")).status == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            passed_on = {header: "127.0.0.1"}
            assert (await stranger.ask("GET", "/metrics", headers=passed_on)).status == 401
            assert (await gateway.ask("GET", "/metrics", headers=passed_on)).status == 401
            watcher = gateway.with_token(WATCHER)
            assert (await watcher.ask("GET", "/metrics", headers=passed_on)).status == 200
        assert (await stranger.ask("GET", "/metrics", headers={"Host": "bills.example.org"})).status == 401


async def test_without_a_token_nobody_else_has_one(gateway: Machine) -> None:
    for token in (None, "", "None", TOKEN):
        passed_on = gateway.with_token(token).ask("GET", "/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        assert (await passed_on).status == 401
