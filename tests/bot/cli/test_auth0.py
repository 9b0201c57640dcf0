"""`auth0-token`: by client credentials, in a browser, and checked."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import oidc_provider_mock
import pytest

from jobs.gateways.auth0 import Auth0Tokens, Issuer
from jobs.gateways.auth0_login import Client, token_of_person
from jobs.token_ports import ProviderError, TokenRefused
from tests.bot.cli.conftest import Billing
from tests.issuer import AUDIENCE, FakeIssuer, issuer

SECRET = "secret-of-the-made-up-client"


@pytest.fixture
def auth0(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIssuer]:
    """In a thread of its own, as the command has a loop of its own; the settings name it."""
    loop, ready, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    held: list[FakeIssuer] = []

    async def serve() -> None:
        async with issuer() as made:
            held.append(made)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(30)
    monkeypatch.setenv("AUTH0_ISSUER", held[0].address)
    monkeypatch.setenv("AUTH0_API_IDENTIFIER", AUDIENCE)
    monkeypatch.setenv("AUTH0_M2M_CLIENT_ID", "gateway")
    monkeypatch.setenv("AUTH0_M2M_CLIENT_SECRET", SECRET)
    yield held[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join()
    loop.close()


def test_a_token_by_client_credentials(billing: Billing, auth0: FakeIssuer) -> None:
    ended = billing("auth0-token")
    assert (ended.code, ended.out.count(".")) == (0, 2)
    assert auth0.forms == [
        {
            "grant_type": "client_credentials",
            "audience": AUDIENCE,
            "client_id": "gateway",
            "client_secret": SECRET,
        }
    ]


def test_into_a_file_for_nobody_else_and_checked_from_there(
    billing: Billing, auth0: FakeIssuer, tmp_path: Path
) -> None:
    target = tmp_path / "token"
    target.write_text("an old one", "utf-8")
    ended = billing("auth0-token", "-o", str(target))
    assert (ended.code, ended.out, target.stat().st_mode & 0o777) == (0, "", 0o600)
    checked = billing("auth0-token", "--check", "-o", str(target))
    assert (checked.code, checked.out.strip()) == (0, "It is taken: gateway (gateway@clients), with bills:write.")


def test_a_token_that_is_not_taken(billing: Billing, auth0: FakeIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    for token, why in ((auth0.token(aud="other"), "audience"), ("rubbish", "not a JWT"), ("", "not a JWT")):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
        ended = billing("auth0-token", "--check")
        assert (ended.code, why in ended.err) == (1, True)
        assert not token or token not in ended.err + ended.out


def test_the_static_token_is_known_too(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADER_AUTH_TOKEN", "made-up-static-token")
    monkeypatch.setattr("sys.stdin", io.StringIO("made-up-static-token\n"))
    assert "It is taken" in billing("auth0-token", "--check").out
    monkeypatch.setattr("sys.stdin", io.StringIO("another\n"))
    assert billing("auth0-token", "--check").code == 1


def test_what_is_missing_is_named(billing: Billing) -> None:
    assert "AUTH0_M2M_CLIENT_SECRET" in billing("auth0-token").err
    assert "AUTH0_CLIENT_ID" in billing("auth0-token", "--interactive").err
    assert billing("auth0-token", "--interactive", "--check").code == 2


def test_a_wrong_secret_is_told_without_it(
    billing: Billing, auth0: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH0_M2M_CLIENT_SECRET", "wrong-secret-of-the-client")
    ended = billing("auth0-token")
    assert (ended.code, ended.out) == (1, "")
    assert "401: Unauthorized" in ended.err
    assert "wrong-secret" not in ended.err


def test_the_doctor_calls_auth0(billing: Billing, auth0: FakeIssuer) -> None:
    assert "1 key for signatures" in billing("doctor", "--live", "auth0").out
    auth0.down = True
    assert "it answered 503" in billing("doctor", "--live", "auth0").out


@pytest.fixture
def provider() -> Iterator[str]:
    """An OpenID provider that other people wrote."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


def browser(changes: Callable[[str], str] = lambda address: address) -> Callable[[str], None]:
    """Logs in at the page it is shown and goes where it is led."""

    async def log_in(address: str) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.post(address, data={"sub": "rekha"}, allow_redirects=False) as answer:
                back = answer.headers["Location"]
            async with session.get(changes(back)) as answer:
                await answer.text()

    tasks = set()

    def show(address: str) -> None:
        tasks.add(asyncio.get_running_loop().create_task(log_in(address)))

    return show


async def test_a_login_in_the_browser(provider: str, unused_tcp_port: int) -> None:
    """Its access tokens are opaque: one comes back, and the API does not take it for one of its own."""
    ours = Issuer(provider, AUDIENCE)
    token = await token_of_person(ours, Client("a-client", "any"), unused_tcp_port, browser())
    assert token
    with pytest.raises(TokenRefused):
        await Auth0Tokens(ours).caller(token)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider, within itself
async def test_its_id_tokens_are_not_for_the_api(provider: str) -> None:
    """Not even where the application and the API have the same name."""
    back, client = "http://127.0.0.1/callback", {"client_id": AUDIENCE, "client_secret": "any"}
    asked = {"client_id": AUDIENCE, "redirect_uri": back, "response_type": "code", "scope": "openid", "nonce": "n"}
    async with aiohttp.ClientSession() as session:
        address = f"{provider}/oauth2/authorize"
        async with session.post(address, params=asked, data={"sub": "rekha"}, allow_redirects=False) as answer:
            [code] = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, **client}
        async with session.post(f"{provider}/oauth2/token", data=form) as answer:
            token = (await answer.json())["id_token"]
    with pytest.raises(TokenRefused):
        await Auth0Tokens(Issuer(provider, AUDIENCE)).caller(token)


async def test_a_login_that_somebody_else_began(provider: str, unused_tcp_port: int) -> None:
    def forged(back: str) -> str:
        return back.replace("state=", "state=x")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await token_of_person(Issuer(provider, AUDIENCE), Client("c"), unused_tcp_port, browser(forged))


async def test_another_name_of_the_issuer(provider: str) -> None:
    with pytest.raises(ProviderError, match="another name"):
        await Auth0Tokens(Issuer(f"{provider}/", AUDIENCE)).keys()
