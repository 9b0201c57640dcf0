"""The composition root: the one place that chooses implementations, starts every part and stops them in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from bot import engine as engine_module
from bot import flows
from bot.announcements import Announcements
from bot.background import in_background
from bot.bootstrap.errands import (
    grey_point,
    master_template,
    openai_seconds,
    prepared_photo,
    read_master,
    take_over_photos,
    telegram_name,
    template_desk,
    template_submissions,
    templates_left_out,
    token_of_client,
    token_of_person,
    whatsapp_number,
    write_tables,
)
from bot.bootstrap.outside import (
    admin_login,
    auth0_keys,
    errors_told,
    heartbeat,
    hook_secrets,
    http_api,
    login_provider,
    office_board,
    openai_account,
    payment_providers,
    photo_readers,
    photo_store,
    razorpay,
    razorpay_payments,
    stripe,
    stripe_payments,
    telegram_address,
    token_check,
    whatsapp_account,
)
from bot.channels.base import Channel
from bot.channels.telegram import Address, Menu, Patience, TelegramChannel
from bot.channels.whatsapp import Account, WhatsAppChannel
from bot.database_address import database_address
from bot.engine import Engine
from bot.menus import menus_for_strangers
from bot.service import Service
from bot.web.api.desk import Api
from bot.web.app import make_app
from jobs import deliver
from jobs.deliver import Delivery
from jobs.job_run import House
from jobs.job_run import Tempo as JobTempo
from jobs.office_notices import Posting, post_forever
from jobs.reconcile import keep_looking
from jobs.schedule import keep_schedule
from jobs.secrecy import hide
from jobs.tidy import keep_tidy
from jobs.work import Society
from jobs.workplace import Workplace
from storage.database import Database, open_database

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.web.proxies import Networks
    from jobs.gateways.openai_desk import OpenAIAccount, OpenAIDesk
    from jobs.office_notices import Board
    from jobs.payment_ports import PaymentProvider
    from jobs.photo_readers import PhotoReader
    from jobs.token_ports import LoginProvider
    from jobs.upload_photos import PhotoStore

__all__ = [
    "SAMPLE",
    "Account",
    "Address",
    "Setup",
    "assembled",
    "auth0_keys",
    "grey_point",
    "login_provider",
    "master_template",
    "now",
    "office_board",
    "openai_seconds",
    "payment_providers",
    "photo_readers",
    "photo_store",
    "prepared_photo",
    "razorpay",
    "razorpay_payments",
    "read_master",
    "running",
    "stripe",
    "stripe_payments",
    "take_over_photos",
    "telegram_name",
    "template_desk",
    "template_submissions",
    "templates_left_out",
    "token_check",
    "token_of_client",
    "token_of_person",
    "whatsapp_number",
    "write_tables",
]

Background = Callable[[str, Callable[[], Awaitable[None]]], None]

SAMPLE = Path(__file__).parents[2] / "data" / "Blessings_City_Master_Data.xlsx"
"""The workbook of the sample society; `run` never loads it."""

_POOL = 20
_LONGEST_TRANSACTION = 90
"""Seconds. Whatever holds locks for longer is a process that stands still."""


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a running service is made from. `port` 0 takes any free one; no `host`: no web server."""

    dsn: str
    society: Society
    telegram: Address | None = None
    whatsapp: Account | None = None
    host: str | None = "127.0.0.1"
    port: int = 0
    trusted_proxies: Networks = ()
    data_dir: Path | None = None
    photo_store: PhotoStore | None = None
    photo_readers: tuple[PhotoReader, ...] = ()
    """Those that are asked what a photo shows where OpenAI is not, or does not say; in order of preference."""
    openai: OpenAIAccount | None = None
    board: Board | None = None
    """The office's channel for notices."""
    heartbeat: Callable[[], Awaitable[None]] | None = None
    providers: tuple[PaymentProvider, ...] = ()
    hook_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    api: Api = field(default_factory=Api)
    login: LoginProvider | None = None
    """Where admins log in; the society says whether they must."""
    binding_days: int = 30
    limiters: bool = True
    clock: Callable[[], datetime] = now
    patience: Patience = field(default_factory=Patience)
    engine_tempo: engine_module.Tempo = field(default_factory=engine_module.Tempo)
    delivery_tempo: deliver.Tempo = field(default_factory=deliver.Tempo)
    job_tempo: JobTempo = field(default_factory=JobTempo)
    load_flows: Callable[[], None] = flows.load


@asynccontextmanager
async def running(
    settings: Settings, *, limiters: bool = True, clock: Callable[[], datetime] = now, polling: bool | None = None
) -> AsyncIterator[Service]:
    """The whole service as the settings describe it, until the block ends; what has begun is finished then.

    `polling` says how Telegram's updates come; by default they are pushed where a webhook secret and a public https
    address are set. Raises `DatabaseUnavailable`, `NotMigratedError`.
    """
    hide(*settings.secrets())
    async with errors_told(settings), database_address(settings) as dsn:
        setup = Setup(
            dsn=dsn,
            society=settings.society(),
            telegram=telegram_address(settings, polling=polling),
            whatsapp=whatsapp_account(settings),
            host=settings.host,
            port=settings.port,
            trusted_proxies=settings.trusted_proxies,
            data_dir=settings.data_dir,
            photo_store=photo_store(settings),
            photo_readers=photo_readers(settings),
            openai=openai_account(settings),
            board=office_board(settings),
            heartbeat=heartbeat(settings),
            providers=payment_providers(settings),
            hook_secrets=hook_secrets(settings),
            api=http_api(settings),
            login=admin_login(settings),
            binding_days=settings.auth0_binding_days,
            limiters=limiters,
            clock=clock,
        )
        async with assembled(setup) as service:
            yield service


@asynccontextmanager
async def assembled(setup: Setup) -> AsyncIterator[Service]:
    """Starts the parts: delivery, engine, channels, web server; stops them in the opposite order."""
    setup.load_flows()
    setup = _with_eyes(setup)
    async with AsyncExitStack() as stack:
        database = await open_database(setup.dsn, max_size=_POOL, longest=_LONGEST_TRANSACTION)
        stack.push_async_callback(database.close)
        service = await _service(setup, database, stack)
        background = partial(in_background, stack, service)
        background("tidying", lambda: keep_tidy(database, setup.clock))
        house = House(database, setup.society, setup.clock, setup.data_dir, service.pay_desk, setup.job_tempo)
        background("schedule", lambda: keep_schedule(house, setup.heartbeat))
        background("office notices", lambda: post_forever(database, service.posting))
        _copy_photos(setup, database, background)
        _look_at_photos(setup, database, stack, background)
        _write_openings(setup, database, stack, background)
        background("payments", lambda: keep_looking(service.pay_desk))
        background("delivery", service.delivery.run)
        background("engine", service.engine.run)
        if setup.host is not None:
            service.address = await _listen(setup, service, stack)
        for name, channel in service.channels.items():
            background(f"{name} receiving", channel.run)
        yield service


async def _service(setup: Setup, database: Database, stack: AsyncExitStack) -> Service:
    from jobs.gateways.images import prepare_photo
    from jobs.gateways.statement_workbook import read_statement

    channels: dict[str, Channel] = {}
    telegram = _telegram(setup, database)
    if telegram is not None:
        channels[telegram.channel] = telegram
        stack.push_async_callback(telegram.close)
    whatsapp = _whatsapp(setup, database)
    if whatsapp is not None:
        channels[whatsapp.channel] = whatsapp
        stack.push_async_callback(whatsapp.close)
    for provider in setup.providers:
        stack.push_async_callback(provider.close)
    society, clock = setup.society, setup.clock
    return Service(
        database=database,
        society=society,
        clock=clock,
        channels=channels,
        engine=Engine(
            database,
            channels,
            society,
            clock,
            setup.engine_tempo,
            prepare_photo=prepare_photo,
            read_statement=read_statement,
        ),
        delivery=Delivery(database, channels, Announcements(), society, clock, tempo=setup.delivery_tempo),
        telegram_hook=telegram,
        whatsapp_hook=whatsapp,
        providers={provider.name: provider for provider in setup.providers},
        hook_secrets=setup.hook_secrets,
        posting=Posting(database, setup.board, clock) if setup.board else None,
    )


def _telegram(setup: Setup, database: Database) -> TelegramChannel | None:
    if setup.telegram is None:
        return None
    return TelegramChannel(
        setup.telegram,
        database,
        setup.clock,
        limiters=setup.limiters,
        patience=setup.patience,
        menu=Menu(menus_for_strangers()),
    )


def _whatsapp(setup: Setup, database: Database) -> WhatsAppChannel | None:
    if setup.whatsapp is None:
        return None
    return WhatsAppChannel(setup.whatsapp, database, setup.clock, limiters=setup.limiters)


def _with_eyes(setup: Setup) -> Setup:
    """The society knows whether anybody looks at photos: else none waits for that."""
    reads = bool(setup.photo_readers) or (setup.openai is not None and setup.openai.reads)
    return replace(setup, society=replace(setup.society, reads_photos=reads))


def _look_at_photos(setup: Setup, database: Database, stack: AsyncExitStack, background: Background) -> None:
    if not setup.society.reads_photos:
        return
    from jobs.look_at_photos import look_forever

    place = Workplace(database, setup.society, setup.clock)
    readers = _readers(setup, place, stack)
    background("looking at photos", lambda: look_forever(place, readers))


def _readers(setup: Setup, place: Workplace, stack: AsyncExitStack) -> tuple[PhotoReader, ...]:
    """Everybody who reads photos, in order of preference: OpenAI first. They are closed with the service."""
    readers = (*_openai_reader(setup, place), *setup.photo_readers)
    for reader in readers:
        stack.push_async_callback(reader.close)
    return readers


def _openai_reader(setup: Setup, place: Workplace) -> tuple[PhotoReader, ...]:
    if setup.openai is None or not setup.openai.reads:
        return ()
    from jobs.gateways.openai_reader import OpenAIReader

    return (OpenAIReader(_openai_desk(setup.openai, place)),)


def _openai_desk(account: OpenAIAccount, place: Workplace) -> OpenAIDesk:
    from jobs.ask_ai import Purse
    from jobs.gateways.openai_desk import OpenAIDesk

    return OpenAIDesk(account, Purse(place, account.cap))


def _write_openings(setup: Setup, database: Database, stack: AsyncExitStack, background: Background) -> None:
    if setup.openai is None or not setup.openai.words:
        return
    from jobs.gateways.openai_writer import OpenAIWriter
    from jobs.write_openings import write_forever

    place = Workplace(database, setup.society, setup.clock)
    writer = OpenAIWriter(_openai_desk(setup.openai, place))
    stack.push_async_callback(writer.close)
    background("sentences", lambda: write_forever(place, writer))


def _copy_photos(setup: Setup, database: Database, background: Background) -> None:
    if setup.data_dir is None:
        return
    from jobs.gateways.photo_files import delete_photo, save_photo
    from jobs.remove_photos import remove_forever
    from jobs.upload_photos import work_forever

    folder = setup.data_dir / "meter_photos"
    background("photos leaving", lambda: remove_forever(database, partial(delete_photo, folder), setup.photo_store))
    background("photos", lambda: work_forever(database, partial(save_photo, folder), setup.photo_store))


async def _listen(setup: Setup, service: Service, stack: AsyncExitStack) -> str:
    from bot.web.bill_page import BillPages

    app = make_app(service, setup.api.add, trusted_proxies=setup.trusted_proxies)
    app.add_routes(BillPages(service.database, service.society, service.clock, service.providers).routes())
    _add_login(app, setup, service)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, setup.host, setup.port)
    await site.start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


def _add_login(app: web.Application, setup: Setup, service: Service) -> None:
    if setup.login is None:
        return
    from bot.web.login_page import LoginPages

    pages = LoginPages(service.database, service.society, service.clock, setup.login, setup.binding_days)
    app.add_routes(pages.routes())
