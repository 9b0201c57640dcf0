"""`POST /webhook/meter-reading`: a reading from a machine, stored and answered in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from bot.web.api.body import idempotency_key, parse_reading, read_body
from bot.web.api.callers import BILLS_WRITE, forbidden
from bot.web.api.refusals import no_meter, problem_of
from bot.web.problems import ApiProblem
from bot.web.traced import reference
from jobs.find_meter import find_meter
from jobs.receive_reading import Received, receive
from jobs.submit_reading import Submission
from jobs.work import Actor, Work
from storage import api_requests
from storage.api_requests import PREFIX, Answered, Asked
from storage.meters import Meter

if TYPE_CHECKING:
    from bot.service import Service
    from bot.web.api.body import ReadingBody
    from bot.web.api.callers import Caller, Gate
    from bot.web.api.pace import Pace
    from bot.web.api.photos import PhotoDesk
    from jobs.photo_intake import PreparedPhoto
    from storage.bills import Bill
    from storage.database import Connection

SECONDS: Final = 30.0
"""In which a request is answered; a photo may take up to half of it."""
REPLAYED: Final = {"Idempotent-Replayed": "true"}


@dataclass(frozen=True, slots=True)
class Order:
    """One request as it is understood: who sends what, the key under which it is done once, whether to issue."""

    caller: Caller
    body: ReadingBody
    asked: Asked | None
    issue: bool
    photo: PreparedPhoto | None = None
    photo_flag: str | None = None


@dataclass(frozen=True, slots=True)
class ReadingDesk:
    """Takes readings from machines."""

    service: Service
    gate: Gate
    pace: Pace
    photos: PhotoDesk | None = None

    async def post(self, request: web.Request) -> web.Response:
        """201 once it is stored; the same for whoever repeats the request."""
        caller = await self.gate.caller(request)
        wait = self.pace.wait(caller.id)
        if wait:
            message = f"Too many requests with this token. Send it again in {wait} s."
            raise ApiProblem(429, "too_many_requests", message, headers={"Retry-After": str(wait)})
        async with asyncio.timeout(SECONDS):
            order = _order(caller, idempotency_key(request), await read_body(request))
            return await self._answer(order)

    async def _answer(self, order: Order) -> web.Response:
        if order.body.photo_url:
            known, order = await self._with_photo(order)
            if known is not None:
                return known
        return await self.service.database.run(partial(self._do, order))

    async def _with_photo(self, order: Order) -> tuple[web.Response | None, Order]:
        """Nothing is fetched for a request that was done before or names no meter; no transaction is open meanwhile."""
        async with self.service.database.transaction() as conn:
            known = await api_requests.answered(conn, order.asked) if order.asked else None
            if known is not None:
                return _again(known), order
            meter = await find_meter(conn, order.body.target)
        if not isinstance(meter, Meter):
            raise no_meter(meter, order.body.named)
        found = await self.photos.photo(order.body.photo_url or "") if self.photos else None
        return None, _with(order, found)

    async def _do(self, order: Order, conn: Connection) -> web.Response:
        work = self._work(conn, order.caller)
        begun = await api_requests.begin(conn, order.asked, work.now) if order.asked else None
        if isinstance(begun, Answered):
            return _again(begun)
        received = await receive(work, _submission(work, order), issue=order.issue, photo=order.photo)
        if not isinstance(received, Received):
            raise problem_of(received, order.body.named)
        answer = json.dumps(as_json(received, order.photo_flag))
        if begun is not None:
            await api_requests.finish(conn, begun, answer, received.reading.id)
        return web.json_response(text=answer, status=201)

    def _work(self, conn: Connection, caller: Caller) -> Work:
        actor = Actor(None, caller.name, is_machine=True)
        return Work(conn, self.service.clock(), self.service.society, actor, reference())


def _order(caller: Caller, key: str | None, body: bytes) -> Order:
    """Raises ApiProblem. Whoever may have bills issued does so unless they say otherwise, as it always was."""
    parsed = parse_reading(body)
    may_issue = caller.may(BILLS_WRITE)
    if parsed.issue_bill and not may_issue:
        raise forbidden(BILLS_WRITE)
    asked = None if key is None else Asked(caller.id, key, hashlib.sha256(body).digest())
    return Order(caller, parsed, asked, issue=may_issue if parsed.issue_bill is None else parsed.issue_bill)


def _with(order: Order, found: PreparedPhoto | str | None) -> Order:
    flag = found if isinstance(found, str) else None
    photo = None if isinstance(found, str) else found
    return Order(order.caller, order.body, order.asked, order.issue, photo, flag)


def _submission(work: Work, order: Order) -> Submission:
    body = order.body
    key = f"{PREFIX}{secrets.token_hex(16)}"
    return Submission(body.target, body.value, body.share, body.on, key, work.now)


def _again(known: Answered) -> web.Response:
    if not known.same:
        message = "This key was used with another body. Nothing was done; a new reading needs a new key."
        raise ApiProblem(409, "idempotency_conflict", message, field="Idempotency-Key")
    return web.json_response(text=known.answer, status=201, headers=REPLAYED)


def as_json(received: Received, photo_flag: str | None = None) -> dict[str, Any]:
    """The answer: units and rupees as text with two places."""
    reading = received.reading
    flags = [flag.value for flag in reading.flags]
    return {
        "reading_id": reading.id,
        "status": received.standing.value,
        "consumption": None if reading.consumption is None else f"{reading.consumption:.2f}",
        "flags": [*flags, photo_flag] if photo_flag else flags,
        "start_moved": received.start_moved,
        "bill": received.bill and _bill(received.bill),
    }


def _bill(bill: Bill) -> dict[str, Any]:
    figures = {
        "flat_units": bill.flat_units,
        "water_motor_share": bill.water_motor_share,
        "total_units": bill.total_units,
        "rate_per_unit": bill.rate_per_unit,
        "energy_charge": bill.energy_charge,
        "fixed_charge": bill.fixed_charge,
        "previous_outstanding": bill.previous_outstanding,
        "total_amount": bill.total_amount,
    }
    return {
        "bill_id": bill.id,
        "flat_code": bill.flat_code,
        "billing_period_start": bill.period.start.isoformat(),
        "billing_period_end": bill.period.end.isoformat(),
        "due_date": bill.due_date.isoformat(),
        "status": bill.status,
        **{name: None if value is None else f"{value:.2f}" for name, value in figures.items()},
    }
