"""Commands that keep running: the demo on this machine, and the real thing."""

from __future__ import annotations

import errno
import socket
import webbrowser
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot import bootstrap
from bot.cli.app import app, note, say, stop
from bot.cli.session import run as finish
from bot.cli.session import settings
from bot.logs import set_up_logs
from bot.simulator import refuse_beside_real_token
from bot.stopping import stop_signal
from storage.invocation import command
from storage.migrate import MigrationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.service import Service
    from bot.settings import Settings

_NO_CHAT = (
    "No chat is configured. Put TELEGRAM_BOT_TOKEN=… (from @BotFather in Telegram), or WHATSAPP_PHONE_NUMBER_ID=… and "
    "WHATSAPP_ACCESS_TOKEN=… (from Meta), into .env and start again; `{demo}` shows everything without it."
)
_NO_HOOK = "put into .env what is missing for it: {missing}. --polling needs neither an address nor a secret."
_NO_TARIFF = "No master data is loaded: every flat would be billed at default prices. Load it with: {load}"
_NO_ADMIN = (
    "Nobody is an admin yet. Put your own number into ADMIN_PHONES in .env and share it with the bot, or run: {add}"
)


@app.command("demo")
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the page of phones is; 0: any free one.")] = 8765,
    reset: Annotated[bool, typer.Option("--reset", help="Begin again with a fresh sample society.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page by itself.")] = False,
) -> None:
    """Everything on this machine alone: sample society, phones in the browser. Nothing leaves it."""
    using = settings(for_demo=True)
    token = using.telegram_bot_token
    refuse_beside_real_token(token.get_secret_value() if token else None)
    set_up_logs("ERROR")
    note("Starting the demo …")

    def ready(address: str) -> None:
        say(f"The demo is ready: {address}")
        note("Ctrl-C ends it. Nothing here is real, and nothing leaves this machine.")
        if not no_browser:
            webbrowser.open(address)

    with _port_told(port, command("demo --port 0")):
        try:
            finish(_demo(using, port, ready, reset=reset))
        except MigrationError as error:
            stop(f"{error}\nFor the demo it is enough to begin again: {command('demo --reset')}")
    note(f"Stopped. What was done is kept; {command('demo --reset')} begins again.")


async def _demo(using: Settings, port: int, ready: Callable[[str], None], *, reset: bool) -> None:
    from bot.demo import demo as running_demo

    stopped = stop_signal()
    folder, web_port = using.data_dir / "demo", _free_port(port + 1 if port else 0)
    readers = bootstrap.photo_readers(using)
    demo = running_demo(using.society(), folder, port, web_port, reset=reset, photo_readers=readers)
    async with demo as started:
        ready(started.simulator.url)
        await stopped.wait()


@app.command("run")
def run(
    polling: Annotated[
        bool | None,
        typer.Option("--polling/--webhook", help="How Telegram's messages come; by default as the settings suggest."),
    ] = None,
) -> None:
    """The real thing: every configured chat, the web server, delivery. Ctrl-C or SIGTERM drains and stops it."""
    using = settings()
    using.refuse_forgotten_database()
    using.refuse_half_a_login()
    if polling is False and using.no_hook:
        raise typer.BadParameter(_NO_HOOK.format(missing=", ".join(using.no_hook)), param_hint="--webhook")
    if not using.has_chat and not using.lets_machines_in:
        stop(_NO_CHAT.format(demo=command("demo")))
    set_up_logs(using.log_level, as_json=using.log_format == "json")
    with _port_told(using.port, "PORT=8081 in .env, for example"):
        finish(_run(using, polling=polling))
    note("Stopped.")


async def _run(using: Settings, *, polling: bool | None) -> None:
    stopped = stop_signal()
    async with bootstrap.running(using, polling=polling) as service:
        await _warn(service, using)
        say(f"Running. {service.address}/ready tells how it is.")
        note("Ctrl-C stops it.")
        await stopped.wait()
        note("Finishing what has begun …")


async def _warn(service: Service, using: Settings) -> None:
    from domain.roles import Role
    from storage import people, tariffs

    async with service.database.transaction() as conn:
        if not await tariffs.any_tariff(conn):
            note(_NO_TARIFF.format(load=command("import-master FILE.xlsx")))
        if not using.admin_phones and not await people.people_with_role(conn, Role.ADMIN):
            note(_NO_ADMIN.format(add=command("user add --role admin --name NAME")))


@contextmanager
def _port_told(port: int, other: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            stop(f"Port {port} is in use, perhaps by another start of this program. End that one, or use: {other}")
        if error.errno == errno.EACCES:
            stop(f"Port {port} is not allowed here; those below 1024 often are not. Use: {other}")
        raise


def _free_port(wanted: int) -> int:
    """The wanted port, or any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    return 0
