"""The composition root: the one place that chooses implementations, starts every part and stops them in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot import engine as engine_module
from bot import flows
from bot.announcements import Announcements
from bot.background import in_background
from bot.channels.base import Channel
from bot.channels.telegram import Address, Menu, Patience, TelegramChannel, name_of
from bot.channels.whatsapp import Account, WhatsAppChannel
from bot.database_address import database_address
from bot.engine import Engine
from bot.menus import menus_for_strangers
from bot.service import Service
from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from bot.web.api.photos import PhotoDesk
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
from jobs.workbooks import Table, written_by
from storage.database import Database, open_database

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.channels.approval import Desk
    from bot.settings import Settings
    from bot.web.proxies import Networks
    from jobs.gateways.auth0 import Auth0Tokens, Issuer
    from jobs.gateways.discord import DiscordBoard
    from jobs.master_workbook import MasterWorkbook
    from jobs.office_notices import Board
    from jobs.payment_ports import PaymentProvider
    from jobs.take_over_photos import TakenOver
    from jobs.token_ports import LoginProvider
    from jobs.upload_photos import PhotoStore
    from jobs.work import Work

__all__ = ["Account", "Address", "Setup", "assembled", "now", "running"]

Background = Callable[[str, Callable[[], Awaitable[None]]], None]

SAMPLE = Path(__file__).parents[1] / "data" / "Blessings_City_Master_Data.xlsx"
"""The workbook of the sample society; `run` never loads it."""

_POOL = 20
_HOOK = "/webhook/telegram"


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
    async with _errors_told(settings), database_address(settings) as dsn:
        setup = Setup(
            dsn=dsn,
            society=settings.society(),
            telegram=_telegram_address(settings, polling=polling),
            whatsapp=whatsapp_account(settings),
            host=settings.host,
            port=settings.port,
            trusted_proxies=settings.trusted_proxies,
            data_dir=settings.data_dir,
            photo_store=photo_store(settings),
            board=office_board(settings),
            heartbeat=_heartbeat(settings),
            providers=payment_providers(settings),
            hook_secrets=_hook_secrets(settings),
            api=_api(settings),
            login=_login_provider(settings),
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
    async with AsyncExitStack() as stack:
        database = await open_database(setup.dsn, max_size=_POOL)
        stack.push_async_callback(database.close)
        service = await _service(setup, database, stack)
        background = partial(in_background, stack, service)
        background("tidying", lambda: keep_tidy(database, setup.clock))
        house = House(database, setup.society, setup.clock, setup.data_dir, service.pay_desk, setup.job_tempo)
        background("schedule", lambda: keep_schedule(house, setup.heartbeat))
        background("office notices", lambda: post_forever(database, service.posting))
        _copy_photos(setup, database, background)
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


def _telegram_address(settings: Settings, *, polling: bool | None) -> Address | None:
    token, secret = _open(settings.telegram_bot_token), _open(settings.telegram_webhook_secret)
    if token is None:
        return None
    pushed = bool(secret and settings.public_url) if polling is None else not polling
    webhook = f"{settings.public_url}{_HOOK}" if pushed and settings.public_url else None
    return Address(token, settings.telegram_api_base, webhook, secret)


def whatsapp_account(settings: Settings) -> Account | None:
    """The number that speaks on WhatsApp, where both its id and a token are set."""
    number, token = settings.whatsapp_phone_number_id, _open(settings.whatsapp_access_token)
    if number is None or token is None:
        return None
    secrets = _open(settings.whatsapp_app_secret), _open(settings.whatsapp_verify_token)
    return Account(number, token, settings.whatsapp_api_base, *secrets)


def photo_store(settings: Settings) -> PhotoStore | None:
    """Where photos are copied to."""
    address = _open(settings.cloudinary_url)
    if address is None:
        return None
    from jobs.gateways.cloudinary_store import CloudinaryStore, cloudinary_account

    return CloudinaryStore(cloudinary_account(address, settings.cloudinary_upload_preset))


def office_board(settings: Settings) -> DiscordBoard | None:
    """The office's channel for notices."""
    address = _open(settings.discord_webhook_url)
    if address is None:
        return None
    from jobs.gateways.discord import DiscordBoard

    return DiscordBoard(address)


def _heartbeat(settings: Settings) -> Callable[[], Awaitable[None]] | None:
    address = _open(settings.heartbeat_url)
    if address is None:
        return None
    from jobs.gateways.heartbeat import Heartbeat

    return Heartbeat(address).beat


def payment_providers(settings: Settings) -> tuple[PaymentProvider, ...]:
    """Those that have keys."""
    return tuple(filter(None, (stripe(settings), razorpay(settings))))


def stripe(settings: Settings) -> PaymentProvider | None:
    """Stripe with the key that is set."""
    key = _open(settings.stripe_api_key)
    return stripe_payments(key, settings.stripe_api_base) if key else None


def stripe_payments(api_key: str, api_base: str) -> PaymentProvider:
    """Stripe behind the port of payments."""
    from jobs.gateways.stripe import StripeAccount, StripePayments

    return StripePayments(StripeAccount(api_key, api_base))


def razorpay(settings: Settings) -> PaymentProvider | None:
    """Razorpay with the keys that are set."""
    secret = _open(settings.razorpay_key_secret)
    if settings.razorpay_key_id is None or secret is None:
        return None
    return razorpay_payments(settings.razorpay_key_id, secret, settings.razorpay_api_base)


def razorpay_payments(key_id: str, key_secret: str, api_base: str) -> PaymentProvider:
    """Razorpay behind the port of payments."""
    from jobs.gateways.razorpay import RazorpayAccount, RazorpayPayments

    return RazorpayPayments(RazorpayAccount(key_id, key_secret, api_base))


def _hook_secrets(settings: Settings) -> dict[str, str]:
    secrets = {"stripe": settings.stripe_webhook_secret, "razorpay": settings.razorpay_webhook_secret}
    return {name: secret.get_secret_value() for name, secret in secrets.items() if secret}


@asynccontextmanager
async def _errors_told(settings: Settings) -> AsyncIterator[None]:
    """To Sentry, where it is configured."""
    dsn = _open(settings.sentry_dsn)
    if dsn is None:
        yield
        return
    from jobs.gateways import sentry

    handler = sentry.start(dsn)
    try:
        yield
    finally:
        await asyncio.to_thread(sentry.stop, handler)


def _api(settings: Settings) -> Api:
    from jobs.gateways.images import prepare_photo
    from jobs.gateways.photo_fetch import PhotoFetch

    gate = Gate(_open(settings.header_auth_token), token_check(settings))
    photos = PhotoDesk(PhotoFetch(), prepare_photo)
    return Api(gate, photos=photos, metrics_token=_open(settings.metrics_token))


def token_check(settings: Settings) -> Auth0Tokens | None:
    """Whoever knows Auth0's tokens for our API, where both are configured."""
    if settings.issuer is None or settings.auth0_api_identifier is None:
        return None
    from jobs.gateways.auth0 import Auth0Tokens

    return Auth0Tokens(_issuer(settings))


def _login_provider(settings: Settings) -> LoginProvider | None:
    """Where admins log in, if they do."""
    claim, client_id = settings.auth0_admin_claim, settings.auth0_client_id
    if settings.issuer is None or client_id is None or claim is None:
        return None
    return login_provider(settings.issuer, client_id, _open(settings.auth0_client_secret), claim)


def login_provider(issuer: str, client_id: str, secret: str | None, claim: str) -> LoginProvider:
    """An issuer's login for one application; `claim` names what says who is an admin."""
    from jobs.gateways.auth0 import Auth0Tokens, Issuer
    from jobs.gateways.auth0_login import AdminLogins, Client

    return AdminLogins(Auth0Tokens(Issuer(issuer, client_id)), Client(client_id, secret), claim)


def _issuer(settings: Settings) -> Issuer:
    from jobs.gateways.auth0 import Issuer

    return Issuer(settings.issuer or "", settings.auth0_api_identifier or "")


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


async def telegram_name(settings: Settings) -> str | None:
    """What Telegram calls the bot whose token is set; one real call. Raises ChannelDownError."""
    address = _telegram_address(settings, polling=None)
    return await name_of(address) if address else None


def template_desk(settings: Settings) -> Desk | None:
    """WhatsApp's templates at the business account, where it and a token are set."""
    token, account = _open(settings.whatsapp_access_token), settings.whatsapp_business_account_id
    if token is None or account is None:
        return None
    from bot.channels.whatsapp.api import GraphApi
    from bot.channels.whatsapp.template_desk import TemplateDesk

    api = GraphApi(Account(settings.whatsapp_phone_number_id or "", token, settings.whatsapp_api_base))
    return TemplateDesk(api, account, template_submissions(settings))


def template_submissions(settings: Settings) -> list[Mapping[str, Any]]:
    """WhatsApp's templates as they are handed in for review."""
    from bot.channels.whatsapp.template_desk import submissions

    return submissions(settings.public_url, settings.languages)


def templates_left_out(settings: Settings) -> list[tuple[str, str]]:
    """Name and language of WhatsApp's templates that need a public https address, where there is none."""
    from bot.channels.whatsapp.template_desk import left_out

    return left_out(settings.public_url, settings.languages)


def grey_point() -> bytes:
    """The smallest photo, the same one every time."""
    from jobs.gateways import images

    return images.grey_point()


async def token_of_client(settings: Settings) -> str:
    """A token by client credentials, where all of it is configured. Raises ProviderError."""
    from jobs.gateways import auth0_login as login

    client = login.Client(settings.auth0_m2m_client_id or "", _open(settings.auth0_m2m_client_secret))
    return await login.token_of_client(_issuer(settings), client)


async def token_of_person(settings: Settings, port: int, show: Callable[[str], None]) -> str:
    """A token by login at the address that `show` is given, where all of it is configured. Raises ProviderError."""
    from jobs.gateways import auth0_login as login

    client = login.Client(settings.auth0_client_id or "", _open(settings.auth0_client_secret))
    return await login.token_of_person(_issuer(settings), client, port, show)


def write_tables(tables: Sequence[Table]) -> bytes:
    """Tables as one workbook."""
    from jobs.gateways.tables import write_tables as write

    return write(tables)


written_by(write_tables)


def read_master(source: Path) -> MasterWorkbook:
    """The master workbook in a file. Raises WorkbookError."""
    from jobs.gateways.workbook import read_master as read

    return read(source)


def master_template() -> bytes:
    """An empty master workbook with one example row."""
    from jobs.gateways.workbook_writer import write_template

    return write_template()


async def take_over_photos(work: Work, folder: Path) -> TakenOver:
    """The photos and links of the former screen's folder, to their readings."""
    from jobs.gateways.images import prepare_photo
    from jobs.gateways.photo_files import read_old_photos
    from jobs.take_over_photos import take_over_photos as take_over

    return await take_over(work.conn, read_old_photos(folder), prepare_photo, work.now)
