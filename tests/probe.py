"""Small flows that tests send through the engine, and a running service around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

from bot import engine
from bot.announcements import announces
from bot.bootstrap import Setup, assembled
from bot.channels.telegram import Address, Patience
from bot.conversation import Action, Button, Reply, State, Turn
from bot.i18n import Translator
from bot.router import command, press, step
from bot.service import Service
from bot.simulator import Fault, PhoneSpec, Simulator
from bot.visit import Visit
from domain.roles import Permission
from jobs import deliver
from jobs.internal import defer, internal
from jobs.notify import enqueue
from jobs.ports import Notice
from jobs.work import Work
from storage import audit
from tests import quiet_logs  # noqa: F401 - imported for what it sets
from tests.society import SOCIETY

RAVI = PhoneSpec(key="ravi", role="Engineer", first_name="Ravi", user_id=101, phone="+447700900101")
SUNIL = PhoneSpec(key="sunil", role="Engineer", first_name="Sunil", user_id=102, phone="+447700900102")
REKHA = PhoneSpec(key="rekha", role="Admin", first_name="Rekha", user_id=103, phone="+447700900103")
SHARMA = PhoneSpec(key="sharma", role="Owner", first_name="Mr Sharma", user_id=105, phone="+447700900105")

BAD_GATEWAY = Fault.BAD_GATEWAY
QUICK_ENGINE = engine.Tempo(lease=5, poll=0.2, backoff=0.02)
QUICK_DELIVERY = deliver.Tempo(lease=10, poll=0.2, backoff=0.05)


def load() -> None:
    """Only the flows of this file, so that others' mistakes show in their own tests."""
    import_module("bot.dead_letters")


def telephones() -> Simulator:
    return Simulator([RAVI, SUNIL, REKHA, SHARMA])


def setup(dsn: str, simulator: Simulator, **changes: Any) -> Setup:
    base: dict[str, Any] = {
        "dsn": dsn,
        "society": SOCIETY,
        "telegram": Address(simulator.token, simulator.url),
        "limiters": False,
        "patience": Patience(answer=2, lease=3),
        "engine_tempo": QUICK_ENGINE,
        "delivery_tempo": QUICK_DELIVERY,
        "load_flows": load,
        "host": None,
    }
    return Setup(**{**base, **changes})


@asynccontextmanager
async def service(dsn: str, simulator: Simulator, **changes: Any) -> AsyncIterator[Service]:
    async with assembled(setup(dsn, simulator, **changes)) as running:
        yield running


async def note(work: Work, what: str) -> None:
    """A trace that commits with the transaction."""
    await audit.record(
        work.conn, actor_id=None, actor="probe", action="probe", subject_type="probe", subject_id=what, ref=work.ref
    )


@command("probe")
async def probe(visit: Visit, argument: str) -> Turn:
    await note(visit.work, argument)
    return Turn((Reply(f"probe {argument}"),), keep_state=True)


@command("probecard")
async def probe_card(visit: Visit, argument: str) -> Turn:
    return Turn((Reply(f"card {argument}", card="probe"),), keep_state=True)


@command("probeburst")
async def probe_burst(visit: Visit, argument: str) -> Turn:
    return Turn((Reply(f"burst {argument} {bool(visit.burst)} {visit.backlog}", card=visit.burst),), keep_state=True)


@command("probekeys")
async def probe_keys(visit: Visit, argument: str) -> Turn:
    one = Button("Count one", Action("probe.count", {"what": argument}))
    guarded = Button("Guarded", Action("probe.guarded", {"what": argument}))
    named = Button("Name it", Action("probe.named", {}))
    return Turn((Reply("Choose", ((one, guarded), (named,)), card="probekeys"),), keep_state=True)


@press("probe.named")
async def named_by(visit: Visit, _: Mapping[str, Any]) -> Turn:
    return Turn((Reply(f"Key {visit.key}", card="probekeys"),), keep_state=True)


@press("probe.count")
async def counted(visit: Visit, data: Mapping[str, Any]) -> Turn:
    await note(visit.work, data["what"])
    return Turn((Reply(f"Counted {data['what']}", card="probekeys"),), keep_state=True)


@press("probe.guarded", permission=Permission.SUBMIT_READING)
async def guarded(visit: Visit, data: Mapping[str, Any]) -> Turn:
    await note(visit.work, f"guarded {data['what']}")
    return Turn((Reply("Guard passed", card="probekeys"),), keep_state=True)


@command("probeboom")
async def boom(visit: Visit, argument: str) -> Turn:
    """Fails until a trace named after the argument is there."""
    await note(visit.work, "must be undone")
    if not await visit.work.conn.fetchval("select exists (select from audit where subject_id = $1)", argument):
        raise RuntimeError(f"boom +447700900123 {argument}")
    return Turn((Reply("no boom"),))


@command("probemedia")
async def media(visit: Visit, argument: str) -> Turn:
    return Turn((Reply(f"media {len(visit.media or b'')}"),), keep_state=True)


@command("probedialogue")
async def dialogue(visit: Visit, argument: str) -> Turn:
    return Turn((Reply("What is your colour?"),), State("probe", "colour", {"argument": argument}))


@step("probe", "colour")
async def colour(visit: Visit) -> Turn:
    held = visit.state.data["argument"] if visit.state else ""
    return Turn((Reply(f"{held} likes {visit.text}"),))


@command("probelater")
async def later(visit: Visit, argument: str) -> Turn:
    seconds = timedelta(seconds=float(argument))
    await defer(visit.work, "probe_later", visit.key, {"chat": visit.chat.id}, visit.work.now + seconds)
    return Turn((Reply("later"),))


@internal("probe_later")
async def do_later(work: Work, data: Mapping[str, Any]) -> None:
    await enqueue(work, "probe_fact", "probe", work.ref, chat_id=data["chat"], payload={"say": "now"})


@announces("probe_fact")
async def fact(work: Work, notice: Notice, t: Translator) -> Reply | None:
    say = notice.payload["say"]
    if say == "boom":
        raise RuntimeError(say)
    keys = ((Button("Count one", Action("probe.count", {"what": say})),),)
    return Reply(f"Fact {say} in {t.language}", keys, card=notice.card) if say else None


@announces("payment_reminder_probe")
async def reminder(work: Work, notice: Notice, t: Translator) -> Reply | None:
    return Reply("Reminder")
