"""The demo: embedded database, sample society, simulator, and the unchanged service between them, on loopback."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import fasteners

from bot import bootstrap
from bot.beside_demo import lock_file
from bot.i18n import LANGUAGES
from bot.simulator import DEMO_PHONES, DEMO_STEPS, Simulator
from bot.simulator.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, VERIFY_TOKEN
from jobs.seed import seed
from jobs.work import Actor, Work
from storage import leases, payment_attempts, sample
from storage.database import open_database
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime

    from bot.service import Service
    from bot.simulator import Phone
    from jobs.photo_readers import PhotoReader
    from jobs.work import Society

_UPI = "blessingscity@example"
"""The demo's payee; no bank has this handle."""
_OFFICE = "Gate 1, 10–17 h, +44 7700 900100"
"""How the demo's owners reach the office."""
_TEMPLATES = Path(__file__).parents[1] / "data" / "whatsapp_templates.json"
_GLANCE = 0.5
"""Seconds for a command that only looks whether a demo is running."""
_PATIENCE = 60.0
"""Seconds for a phone's answer: a slow computer is no reason to give up."""


class DemoRunningError(Exception):
    """Another demo works with the same data. End that one with Ctrl-C, or set DATA_DIR to another folder."""

    def __str__(self) -> str:
        return type(self).__doc__ or ""


@dataclass(frozen=True, slots=True)
class Demo:
    """The running demo: the page is at `simulator.url`."""

    simulator: Simulator
    service: Service


@asynccontextmanager
async def demo(
    society: Society,
    folder: Path,
    port: int,
    web_port: int = 0,
    *,
    reset: bool = False,
    clock: Callable[[], datetime] = bootstrap.now,
    photo_readers: tuple[PhotoReader, ...] = (),
) -> AsyncIterator[Demo]:
    """Everything started and everybody's phone linked; ends with the block. Port 0 takes a free one.

    `folder` keeps what was done; `reset` empties it first. Raises DemoRunningError, EmbeddedPostgresError, and OSError
    where a port is taken.
    """
    with _alone(folder, reset=reset):
        async with (
            Simulator(DEMO_PHONES, port=port, steps=DEMO_STEPS) as phones,
            EmbeddedPostgres(folder / "postgres") as dsn,
        ):
            public = _society(society, web_port)
            await migrate(dsn)
            await _prepare(dsn, public, clock)
            setup = bootstrap.Setup(
                dsn=dsn,
                society=public,
                telegram=bootstrap.Address(phones.token, phones.url),
                whatsapp=_whatsapp(phones, public.public_url or phones.url),
                port=web_port,
                data_dir=folder,
                photo_readers=photo_readers,
                providers=(bootstrap.stripe_payments(phones.till.key, phones.till.api_base),),
                hook_secrets={"stripe": phones.till.secret},
                clock=clock,
            )
            async with bootstrap.assembled(setup) as service:
                phones.till.hook = f"{service.address}/webhook/stripe"
                phones.whatsapp.hooks.address = f"{service.address}/webhook/whatsapp"
                await asyncio.gather(*(_join(phone) for phone in phones.phones.values()))
                yield Demo(phones, service)


@contextmanager
def _alone(folder: Path, *, reset: bool) -> Iterator[None]:
    """One demo at a time on one folder: a second simulator would talk to the first one's service."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = fasteners.InterProcessLock(lock_file(folder))
    if not lock.acquire(timeout=_GLANCE):
        lock.lockfile.close()
        raise DemoRunningError
    try:
        if reset:
            EmbeddedPostgres(folder / "postgres").erase()
            shutil.rmtree(folder, ignore_errors=True)
        yield
    finally:
        lock.release()


def _society(society: Society, web_port: int) -> Society:
    """The society of the settings, at home on this machine, at any hour; the phones speak these languages."""
    return replace(
        society,
        public_url=f"http://127.0.0.1:{web_port}" if web_port else None,
        upi_vpa=society.upi_vpa or _UPI,
        office_contact=society.office_contact or _OFFICE,
        languages=tuple(LANGUAGES),
        delivery_hours=(0, 24),
        admins_log_in=False,
    )


def _whatsapp(phones: Simulator, address: str) -> bootstrap.Account:
    """The simulated number, with our templates approved; their links lead to `address`."""
    templates = _TEMPLATES.read_text("utf-8").replace("{PUBLIC_URL}", address)
    phones.whatsapp.templates.approve(json.loads(templates))
    return bootstrap.Account(PHONE_NUMBER_ID, TOKEN, phones.whatsapp_url, APP_SECRET, VERIFY_TOKEN)


async def _prepare(dsn: str, society: Society, clock: Callable[[], datetime]) -> None:
    """The sample society, where there is nothing yet; what an earlier demo held is free again, its links are closed."""
    database = await open_database(dsn, max_size=1)
    try:
        async with database.transaction() as conn:
            await leases.release_all(conn)
            await payment_attempts.hurry_all(conn, clock())
            if await sample.is_empty(conn):
                work = Work(conn, clock(), society, Actor(None, "demo"), "DEMO")
                await seed(work, bootstrap.read_master(bootstrap.SAMPLE))
    finally:
        await database.close()


async def _join(phone: Phone) -> None:
    """Press Start as everybody does; where the number is not linked yet, choose the language and share it."""
    chosen = LANGUAGES[phone.spec.language_code]
    await phone.start()
    answer = await phone.wait_for(lambda message: bool(message.text), _PATIENCE)
    if answer.button(chosen) is not None:
        await phone.press(chosen)
        await phone.wait_for(lambda _: bool(phone.keyboard), _PATIENCE)
        await phone.share_contact()
        await phone.wait_for(phone.spec.first_name, _PATIENCE)
