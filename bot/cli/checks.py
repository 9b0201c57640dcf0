"""What the doctor looks at, one function a part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.database_address import bare_database_address
from domain.period import local_date
from domain.plural import counted
from jobs.secrecy import mask
from storage.database import DatabaseRefusedError, DatabaseUnavailable, NotMigratedError, open_database
from storage.embedded import EmbeddedPostgresError
from storage.invocation import command
from storage.migrate import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.settings import Settings
    from jobs.examine import Examination

_NAMED = 8
_STALE_MINUTES = 10
_LONG_ENOUGH = 24


class Status(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One part: what was found, and the command or step that mends it; `lacks`: without this nobody can be served."""

    name: str
    status: Status
    message: str
    mend: str = ""
    lacks: str = ""


def of_settings(using: Settings) -> Iterator[Check]:
    """What the settings say, and what an absent one means."""
    for line in using.notes:
        yield Check("settings", Status.WARNING, line, "edit .env")
    if using.supabase_url and not using.database_url:
        message = "SUPABASE_URL is set without DATABASE_URL: `run` and `migrate` refuse to start."
        mend = "copy the Session pooler connection string from Supabase (Connect) into DATABASE_URL"
        yield Check("settings", Status.PROBLEM, message, mend)
    yield _telegram(using)
    yield _public_address(using)
    yield _optional("UPI", using.upi_vpa is not None, "bills carry a UPI link and QR", "no UPI button", "UPI_VPA")
    reached = using.office_contact is not None
    shown, unsaid = "owners read how to reach it", "owners are sent to the office without a number or address"
    yield _optional("office", reached, shown, unsaid, "OFFICE_CONTACT")
    yield _payments("Stripe", using.stripe_api_key, using.stripe_webhook_secret, using, "STRIPE")
    yield _payments("Razorpay", using.razorpay_key_secret, using.razorpay_webhook_secret, using, "RAZORPAY")
    discord = using.discord_webhook_url is not None
    tried = f"configured: {command('doctor --live discord')} tries it"
    yield _optional("Discord", discord, tried, "notices are only logged", "DISCORD_WEBHOOK_URL")
    beating = using.heartbeat_url is not None
    yield _optional(
        "heartbeat", beating, "called while jobs run", "nobody notices if this service stops", "HEARTBEAT_URL"
    )
    yield _admin_login(using)
    yield from _machines(using)
    stored = "photos go there too"
    yield _optional("Cloudinary", using.cloudinary_url is not None, stored, "photos stay local", "CLOUDINARY_URL")


def _telegram(using: Settings) -> Check:
    if using.telegram_bot_token is None:
        return _without_telegram(using)
    how = "polling" if using.no_hook else "webhook"
    message = f"configured, by {how}. Telegram keeps messages 24 hours: a service down for longer loses them."
    return Check("Telegram", Status.OK, message)


def _without_telegram(using: Settings) -> Check:
    """WhatsApp alone will do where it can be written to; else nobody ever joins."""
    mend = "put the token from @BotFather into TELEGRAM_BOT_TOKEN in .env"
    if not using.has_chat:
        message = f"not configured: only `{command('demo')}` works"
        return Check("Telegram", Status.WARNING, message, mend, "a bot's token (TELEGRAM_BOT_TOKEN)")
    if using.whatsapp_receives:
        return Check("Telegram", Status.OK, "not configured (TELEGRAM_BOT_TOKEN): people are on WhatsApp alone")
    message = "not configured, and WhatsApp receives nothing yet: nobody can join"
    lacks = "a way for people to write to it (TELEGRAM_BOT_TOKEN, or WhatsApp's hook)"
    return Check("Telegram", Status.WARNING, message, mend, lacks)


def _public_address(using: Settings) -> Check:
    if using.public_url is None:
        message = "not set: Pay answers in the chat, bill pages have no address"
        return Check("PUBLIC_URL", Status.WARNING, message, "put your https address into PUBLIC_URL in .env")
    if not using.public_url.startswith("https://"):
        return Check("PUBLIC_URL", Status.WARNING, "is not https: chats take it for no button", "use https")
    alone = "" if using.trusted_proxies else "; TRUSTED_PROXIES names no proxy: callers are not told apart"
    return Check("PUBLIC_URL", Status.OK, f"{using.public_url}{alone}")


def _payments(name: str, key: object, secret: object, using: Settings, prefix: str) -> Check:
    """Without a hook payments are found all the same, by looking them up; only later."""
    if key is None:
        return Check(name, Status.OK, f"not configured ({prefix}_…): no such button on bill pages")
    if not (using.public_url or "").startswith("https://"):
        message = "configured, but bill pages have no https address: nobody can reach the button"
        return Check(name, Status.WARNING, message, "put your https address into PUBLIC_URL in .env")
    if secret is None:
        message = "configured without its hook: payments show up only when they are looked up, minutes or hours later"
        hook = f"add a webhook to {using.public_url}/webhook/{name.lower()} and set {prefix}_WEBHOOK_SECRET"
        return Check(name, Status.WARNING, message, hook)
    return Check(name, Status.OK, "bill pages carry its button, payments are counted by its hook")


def _machines(using: Settings) -> Iterator[Check]:
    """The HTTP API, and what watches over us."""
    token = using.header_auth_token
    ways = [name for name, there in (("HEADER_AUTH_TOKEN", token), ("Auth0", using.auth0_api_identifier)) if there]
    unused = using.issuer and not using.auth0_api_identifier and not using.admins_log_in
    if unused or (using.auth0_api_identifier and not using.issuer):
        message = "Auth0 is half configured: its tokens are refused"
        yield Check("HTTP API", Status.WARNING, message, "set AUTH0_DOMAIN and AUTH0_API_IDENTIFIER, or neither")
    elif token and len(token.get_secret_value()) < _LONG_ENOUGH:
        message = f"HEADER_AUTH_TOKEN has fewer than {_LONG_ENOUGH} characters: it could be guessed"
        yield Check("HTTP API", Status.WARNING, message, "set a longer one, of random letters and digits")
    else:
        on = f"machines send readings with {' or '.join(ways)}"
        yield _optional("HTTP API", bool(ways), on, "every call is refused", "HEADER_AUTH_TOKEN or AUTH0_…")
    metrics = "/metrics for this machine, and with METRICS_TOKEN"
    yield _optional("metrics", using.metrics_token is not None, metrics, "/metrics for this machine", "METRICS_TOKEN")
    yield _optional("Sentry", using.sentry_dsn is not None, "errors are told there", "errors are logged", "SENTRY_DSN")


def _admin_login(using: Settings) -> Check:
    """Half a login is a problem: `run` refuses it rather than let admins in without one or lock them out."""
    if not using.admins_log_in:
        return _optional("admin login", False, "", "admins need an invite only", "AUTH0_ADMIN_CLAIM")
    if using.login_lacks:
        message = f"AUTH0_ADMIN_CLAIM is set, but nobody can log in without {' and '.join(using.login_lacks)}: "
        mend = f"set {', '.join(using.login_lacks)} (PUBLIC_URL with https), or take AUTH0_ADMIN_CLAIM out"
        return Check("admin login", Status.PROBLEM, f"{message}`run` refuses to start", mend)
    if using.auth0_client_secret is None:
        message = "without AUTH0_CLIENT_SECRET Auth0 lets in nobody from an application of type Regular Web Application"
        return Check("admin login", Status.WARNING, message, "copy it from the application's settings into .env")
    message = f"admins log in at {using.issuer}, again after {counted(using.auth0_binding_days, 'day')}"
    return Check("admin login", Status.OK, f"{message}; it must allow {using.public_url}/login/callback")


def _optional(name: str, there: bool, on: str, off: str, setting: str) -> Check:
    return Check(name, Status.OK, on if there else f"not configured ({setting}): {off}")


def of_folder(using: Settings, *, create: bool) -> Check:
    """Where the embedded database and the photos are."""
    folder = using.data_dir
    try:
        if create or not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Check("data folder", Status.PROBLEM, f"{folder}: {error.strerror}", "set DATA_DIR to a writable folder")
    old = [name for name in ("meter_registry.json",) if (folder / name).exists()]
    extra = " (meter_registry.json there is not needed)" if old else ""
    return Check("data folder", Status.OK, f"{folder}{extra}")


async def of_database(using: Settings, *, fix: bool) -> tuple[Sequence[Check], Examination | None]:
    """Whether it can be reached and is up to date; with `fix` it is brought up to date."""
    mend = "check DATABASE_URL in .env, the password, and that the database runs"
    if using.database_url is None:
        if using.supabase_url:
            return (), None
        if not fix and not (using.data_dir / "postgres").exists():
            return (Check("database", Status.OK, "embedded, made at the first start"), *_first_admin(using)), None
    try:
        async with bare_database_address(using) as dsn:
            return await _database(using, dsn, fix=fix)
    except (DatabaseUnavailable, DatabaseRefusedError, EmbeddedPostgresError, NotMigratedError) as error:
        return (Check("database", Status.PROBLEM, mask(str(error)) or "cannot be reached", mend),), None
    except MigrationError as error:
        return (Check("database", Status.PROBLEM, str(error), "see the message"),), None


def _first_admin(using: Settings) -> Iterator[Check]:
    if not using.admin_phones:
        mend = f"{command('user add --role admin --name NAME')}, or set ADMIN_PHONES"
        yield Check("people", Status.WARNING, "there is no admin yet", mend, "an admin")


async def _database(using: Settings, dsn: str, *, fix: bool) -> tuple[Sequence[Check], Examination | None]:
    from storage.migrate import migrate, pending

    if fix:
        await migrate(dsn, today=local_date(datetime.now(UTC), using.timezone))
    waiting = await pending(dsn)
    if waiting and using.database_url is None:
        return (Check("database", Status.OK, "embedded, brought up to date at the next start"),), None
    if waiting:
        message = f"{counted(len(waiting), 'migration is', 'migrations are')} to be applied"
        return (Check("database", Status.PROBLEM, message, command("migrate")),), None
    kind = "yours (DATABASE_URL)" if using.database_url else "embedded"
    return (Check("database", Status.OK, f"{kind}, up to date"),), await _examine(using, dsn)


async def _examine(using: Settings, dsn: str) -> Examination:
    from jobs.examine import examine
    from jobs.work import Actor, Work

    database = await open_database(dsn, max_size=1)
    try:
        async with database.transaction() as conn:
            return await examine(Work(conn, datetime.now(UTC), using.society(), Actor(None, "doctor"), "DOCTOR"))
    finally:
        await database.close()


def of_society(found: Examination, using: Settings) -> Iterator[Check]:
    """What the data lacks."""
    counts = found.counts
    yield Check(
        "society", Status.OK, f"{counted(counts.flats, 'flat')}, {counted(counts.active_meters, 'active meter')}"
    )
    if not found.master_data:
        message = "no master data: every flat would be billed at default prices"
        yield Check("prices", Status.WARNING, message, command("import-master FILE.xlsx"))
    elif found.default_priced:
        message = f"default prices for {_some(found.default_priced)}"
        mend = f"fill in rate and fixed charge, then {command('import-master FILE.xlsx')}"
        yield Check("prices", Status.WARNING, message, mend)
    if found.without_owner:
        message = f"no owner on record for {_some(found.without_owner)}"
        yield Check("owners", Status.WARNING, message, "name them in the master workbook or with /flat in the chat")
    if found.parked:
        message = f"set aside: {_some([flat.code for flat in found.parked])}"
        yield Check("accounts", Status.WARNING, message, "an admin opens /flat and chooses what is owed")
    if found.photos_kept_outside:
        message = f"Cloudinary did not delete {counted(found.photos_kept_outside, 'photo')} whose time was over"
        yield Check("photos", Status.WARNING, message, "delete them there by hand: an upload preset alone may not")
    yield from _staff(found, using)
    yield from _queues(found)
    yield from _refused_hooks(found, using)


def _staff(found: Examination, using: Settings) -> Iterator[Check]:
    counts = found.counts
    if not counts.admins and not using.admin_phones:
        mend = f"{command('user add --role admin --name NAME')}, or set ADMIN_PHONES"
        yield Check("people", Status.PROBLEM, "there is no admin", mend)
    elif counts.admins == 1 and not using.single_admin:
        message = "only one admin: nobody may approve a reading they sent themselves"
        yield Check("people", Status.WARNING, message, "invite a second admin, or set SINGLE_ADMIN=true")
    message = f"admins {counts.admins}, engineers {counts.engineers}, linked owners {counts.owners_linked}"
    yield Check("people", Status.OK, message)


def _queues(found: Examination) -> Iterator[Check]:
    counts = found.counts
    if counts.inbox_dead or counts.outbox_dead:
        message = f"{counts.inbox_dead} messages in and {counts.outbox_dead} out were given up"
        yield Check("messages", Status.WARNING, message, "the admins were told in the chat")
    if counts.oldest_minutes > _STALE_MINUTES:
        message = f"the oldest message has waited {counted(counts.oldest_minutes, 'minute')}"
        yield Check("messages", Status.PROBLEM, message, f"start the service: {command('run')}")
    if counts.held_error:
        held = counted(counts.outbox_held, "message was tried and waits", "messages were tried and wait")
        mend = "they are tried again by themselves; if it is a setting, change it and start the service again"
        yield Check("messages", Status.WARNING, f"{held}: {counts.held_error}", mend)
    if counts.office_error:
        notices = counted(counts.office_waiting, "notice waits", "notices wait")
        mend = f"put a working webhook into DISCORD_WEBHOOK_URL, then start the service again: {command('run')}"
        yield Check("Discord", Status.WARNING, f"{notices} to be posted. {counts.office_error}", mend)


def _refused_hooks(found: Examination, using: Settings) -> Iterator[Check]:
    """Whoever called got a bare refusal: the reason is here."""
    for one in found.refused_hooks:
        last = f"{one.last_at.astimezone(using.timezone):%d %b %H:%M}"
        message = f"/webhook/{one.hook} was refused {counted(one.times, 'time')}, last {last}: {one.reason}"
        mend = "if that was not a stranger, put the same secret there and here, then start the service again"
        yield Check("hooks", Status.WARNING, message, mend)


def _some(codes: Sequence[str]) -> str:
    shown = ", ".join(codes[:_NAMED])
    return shown if len(codes) <= _NAMED else f"{shown} and {len(codes) - _NAMED} more"
