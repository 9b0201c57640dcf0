"""`GET /metrics` for Prometheus: what this process did, and how the society's work stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from aiohttp import web

from bot.web.api.callers import bearer, refused
from bot.web.proxies import comes_from_here
from jobs import tally
from jobs.secrecy import same
from storage.database import DatabaseUnavailable
from storage.vital_signs import vital_signs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from bot.service import Service
    from storage.vital_signs import VitalSigns


@dataclass(frozen=True, slots=True)
class Metrics:
    """For this machine itself, and for whoever has the token."""

    service: Service
    token: str | None = field(default=None, repr=False)

    async def get(self, request: web.Request) -> web.Response:
        """401 for everybody else."""
        if not (comes_from_here(request) or same(bearer(request), self.token)):
            raise refused()
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collected([*_of_process(), *_of_society(await self._signs())]))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _signs(self) -> VitalSigns | None:
        try:
            async with self.service.database.transaction() as conn:
                return await vital_signs(conn, self.service.clock())
        except (DatabaseUnavailable, TimeoutError):
            return None


@dataclass(frozen=True, slots=True, eq=False)
class _Collected:
    metrics: list[Metric]

    def collect(self) -> Iterator[Metric]:
        yield from self.metrics


def _of_process() -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    updates = CounterMetricFamily("billing_updates", "Messages worked on.", labels=["channel", "outcome"])
    sends = CounterMetricFamily("billing_sends", "Messages sent, by what came of it.", labels=["channel", "result"])
    waits = CounterMetricFamily("billing_retry_after_seconds", "Seconds we were told to wait.", labels=["channel"])
    requests = CounterMetricFamily("billing_requests", "HTTP requests answered.", labels=["route", "status"])
    seconds = HistogramMetricFamily("billing_handler_seconds", "How long handling took.", labels=["what"])
    for labels, count in tally.updates.items():
        updates.add_metric(list(labels), count)
    for labels, count in tally.sends.items():
        sends.add_metric(list(labels), count)
    for channel, count in tally.retry_after.items():
        waits.add_metric([channel], count)
    for labels, count in tally.requests.items():
        requests.add_metric(list(labels), count)
    for what, durations in tally.handling.items():
        bounds = [*(str(bound) for bound in tally.BOUNDS), "+Inf"]
        sums = accumulate(durations.sorts)
        seconds.add_metric([what], list(zip(bounds, sums, strict=True)), durations.total)
    yield from (updates, sends, waits, requests, seconds)


def _of_society(signs: VitalSigns | None) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    yield GaugeMetricFamily("billing_database_up", "Whether the database can be reached.", float(signs is not None))
    if signs is None:
        return
    yield GaugeMetricFamily("billing_inbox_messages", "Messages that wait to be worked on.", signs.inbox)
    yield GaugeMetricFamily("billing_inbox_oldest_seconds", "How long the oldest has waited.", signs.inbox_oldest)
    yield GaugeMetricFamily("billing_outbox_messages", "Messages that wait to be sent.", signs.outbox)
    yield GaugeMetricFamily("billing_outbox_oldest_seconds", "How long the oldest has waited.", signs.outbox_oldest)
    yield GaugeMetricFamily("billing_unpaid_rupees", "Owed by all flats that owe.", float(signs.unpaid))
    readings = GaugeMetricFamily("billing_readings", "Readings by state.", labels=["state"])
    for state, count in signs.readings.items():
        readings.add_metric([state], count)
    yield readings
    if signs.backed_up_at is not None:
        at = signs.backed_up_at.timestamp()
        yield GaugeMetricFamily("billing_last_backup_timestamp_seconds", "End of the last nightly backup.", at)
