"""`billing auth0-token`: a token for the HTTP API, or whether one would be taken."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import bootstrap
from bot.cli.app import app, note, say, stop
from bot.cli.session import run, settings
from jobs.secrecy import same
from jobs.token_ports import ProviderError, TokenRefused

if TYPE_CHECKING:
    from bot.settings import Settings

_MOST = 16_384
_PORT = 8767
_NEEDS = "Put {names} into .env first."
_CLIENT = "AUTH0_DOMAIN, AUTH0_API_IDENTIFIER, AUTH0_M2M_CLIENT_ID and AUTH0_M2M_CLIENT_SECRET"
_LOGIN = "AUTH0_DOMAIN, AUTH0_API_IDENTIFIER and AUTH0_CLIENT_ID"


@app.command("auth0-token")
def auth0_token(
    interactive: Annotated[bool, typer.Option("--interactive", help="Log in with the browser.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write it into this file; with --check: read it from there.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check a token, of the file or standard input.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the browser comes back to.")] = _PORT,
) -> None:
    """A token for the HTTP API, by client credentials or in the browser; or checks one."""
    if check and interactive:
        raise typer.BadParameter("checks a token there is; leave out --interactive", param_hint="--check")
    using = settings()
    if check:
        say(run(_judged(using, _given(output))))
    else:
        _hand_over(_logged_in(using, port) if interactive else _granted(using), output)


def _granted(using: Settings) -> str:
    if not (
        using.issuer and using.auth0_api_identifier and using.auth0_m2m_client_id and using.auth0_m2m_client_secret
    ):
        stop(_NEEDS.format(names=_CLIENT))
    try:
        return run(bootstrap.token_of_client(using))
    except ProviderError as error:
        stop(f"No token: {error}. Check the client's id and secret, and that it is authorised for the API.")


def _logged_in(using: Settings, port: int) -> str:
    if not (using.issuer and using.auth0_api_identifier and using.auth0_client_id):
        stop(_NEEDS.format(names=_LOGIN))
    try:
        return run(bootstrap.token_of_person(using, port, _open_browser))
    except ProviderError as error:
        back = f"http://127.0.0.1:{port}/callback"
        stop(f"No token: {error}. Check AUTH0_CLIENT_ID, and that {back} is among its allowed callback addresses.")
    except OSError as error:
        stop(f"Port {port} cannot be used: {error.strerror}. Choose another with --port.")


def _open_browser(address: str) -> None:
    note(f"Log in here, if no page opens by itself: {address}")
    webbrowser.open(address)


async def _judged(using: Settings, token: str) -> str:
    """Whether the HTTP API would take this token, and what it may do."""
    own = using.header_auth_token
    if own is not None and same(token, own.get_secret_value()):
        return "It is taken: HEADER_AUTH_TOKEN, with bills:write."
    check = bootstrap.token_check(using)
    if check is None:
        stop("It is not HEADER_AUTH_TOKEN, and Auth0 is not configured: the API would refuse it.")
    try:
        subject, name, scopes = await check.caller(token)
    except TokenRefused as refused:
        stop(f"The API would refuse it: {refused}. Get a new one.")
    except TimeoutError as error:
        stop(f"It cannot be checked: {error}. Check AUTH0_DOMAIN and the network.")
    return f"It is taken: {name} ({subject}), with {', '.join(sorted(scopes)) or 'no scopes'}."


def _given(source: Path | None) -> str:
    if source is not None:
        try:
            with source.open(encoding="utf-8") as stream:
                return stream.read(_MOST).strip()
        except (OSError, UnicodeDecodeError):
            stop(f"{source} cannot be read.")
    if sys.stdin.isatty():
        note("Paste the token, then press Enter.")
    return sys.stdin.readline(_MOST).strip()


def _hand_over(token: str, target: Path | None) -> None:
    """On standard output alone, or in a file that nobody else can read."""
    if target is None:
        sys.stdout.write(f"{token}\n")
        return
    try:
        target.unlink(missing_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(f"{token}\n")
    except OSError as error:
        stop(f"{target} cannot be written: {error.strerror}.")
    note(f"The token is in {target}. Whoever has it may send readings, and have bills issued where it says so.")
