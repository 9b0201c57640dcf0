"""ID tokens of admins who log in: good ones, and each hostile one (attack 8)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobs.admin_login import Begun
from jobs.gateways.auth0 import Auth0Tokens, Issuer
from jobs.gateways.auth0_login import AdminLogins, Client
from jobs.token_ports import Identity, ProviderError, TokenRefused
from tests.issuer import AUDIENCE, FakeIssuer, issuer, new_key

CLIENT = "the-office"
CLAIM = "https://bills.example.org/roles"
BEGUN = Begun("the-secret-of-one-browser")
BACK = "https://bills.example.org/login/callback"


@pytest.fixture
async def auth0() -> AsyncIterator[FakeIssuer]:
    async with issuer() as made:
        yield made


def logins(auth0: FakeIssuer, secret: str | None = None) -> AdminLogins:
    return AdminLogins(Auth0Tokens(Issuer(auth0.address, CLIENT)), Client(CLIENT, secret), CLAIM)


def id_token(auth0: FakeIssuer, **changes: Any) -> str:
    usual = {"aud": CLIENT, "azp": None, "sub": "auth0|rekha", "nonce": BEGUN.nonce, "scope": None, CLAIM: ["admin"]}
    return auth0.token(changes.pop("key", None), changes.pop("header", None), **{**usual, **changes})


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hand_made(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    signed = f"{encoded(header)}.{encoded(claims)}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def hostile(auth0: FakeIssuer) -> dict[str, str]:
    now, stranger = int(time.time()), new_key("one")
    public = auth0.keys[0].as_pem(private=False)
    claims = {"iss": auth0.address, "aud": CLIENT, "sub": "x", "iat": now, "exp": now + 600, "nonce": BEGUN.nonce}
    head, body, signature = id_token(auth0).split(".")
    return {
        "nothing": "",
        "no algorithm": hand_made({"alg": "none", "kid": "one"}, claims),
        "no algorithm, no key": hand_made({"alg": "none"}, claims),
        "no signature": f"{head}.{body}.",
        "HS256 with the public key": hand_made({"alg": "HS256", "kid": "one"}, claims, public),
        "HS256 with the public key, unnamed": hand_made({"alg": "HS256"}, claims, public),
        "HS256 said to be RS256": hand_made({"alg": "RS256", "kid": "one"}, claims, public),
        "HS256 with the client's secret": hand_made({"alg": "HS256", "kid": "one"}, claims, b"the-clients-secret"),
        "another's key of the same name": id_token(auth0, key=stranger),
        "an unknown key": id_token(auth0, key=new_key("two")),
        "an empty name of a key": id_token(auth0, header={"kid": ""}),
        "another issuer": id_token(auth0, iss="https://evil.example/"),
        "an issuer without its slash": id_token(auth0, iss=auth0.address.rstrip("/")),
        "of another application": id_token(auth0, aud="another-client"),
        "an access token for the API": auth0.token(),
        "of another application, for the API": id_token(auth0, aud=AUDIENCE),
        "for several, made for none of them": id_token(auth0, aud=[CLIENT, "another-client"]),
        "for several, made for the other": id_token(auth0, aud=[CLIENT, "another-client"], azp="another-client"),
        "for us, made for another": id_token(auth0, azp="another-client"),
        "no audience": id_token(auth0, aud=None),
        "expired": id_token(auth0, exp=now - 1),
        "no expiry": id_token(auth0, exp=None),
        "no time of issue": id_token(auth0, iat=None),
        "issued tomorrow": id_token(auth0, iat=now + 86_400),
        "no nonce": id_token(auth0, nonce=None),
        "another nonce": id_token(auth0, nonce=Begun("another").nonce),
        "a nonce that is no text": id_token(auth0, nonce=[BEGUN.nonce]),
        "nobody": id_token(auth0, sub=None),
        "an empty name": id_token(auth0, sub=""),
        "a changed body": f"{head}.{encoded({**claims, CLAIM: True})}.{signature}",
    }


async def test_no_hostile_token_is_anybodys_login(auth0: FakeIssuer) -> None:
    check = logins(auth0).tokens
    for what, token in hostile(auth0).items():
        with pytest.raises(TokenRefused):
            print(what, await check.person(token, BEGUN.nonce))
    for good in (id_token(auth0), id_token(auth0, aud=[CLIENT]), id_token(auth0, aud=[CLIENT, "x"], azp=CLIENT)):
        assert (await check.person(good, BEGUN.nonce))["sub"] == "auth0|rekha"


async def test_a_token_that_names_no_key_is_taken_where_there_is_only_one(auth0: FakeIssuer) -> None:
    """As OpenID Connect has it; the API wants a name (test_tokens)."""
    unnamed, forged = id_token(auth0, header={"kid": None}), id_token(auth0, key=new_key("x"), header={"kid": None})
    assert await logins(auth0).tokens.person(unnamed, BEGUN.nonce)
    with pytest.raises(TokenRefused):
        await logins(auth0).tokens.person(forged, BEGUN.nonce)
    auth0.keys.append(new_key("two"))
    with pytest.raises(TokenRefused, match="no key named"):
        await logins(auth0).tokens.person(unnamed, BEGUN.nonce)
    with pytest.raises(TokenRefused, match="no key named"):
        await Auth0Tokens(Issuer(auth0.address, AUDIENCE)).caller(auth0.token(header={"kid": None}))


async def test_what_the_provider_answers(auth0: FakeIssuer) -> None:
    login = logins(auth0, "the-clients-secret")
    auth0.id_token = id_token(auth0)
    assert await login.identity(BEGUN, BACK, "the-code") == Identity("auth0|rekha", ["admin"])
    assert auth0.forms == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": BACK,
            "code_verifier": BEGUN.verifier,
            "client_id": CLIENT,
            "client_secret": "the-clients-secret",
        }
    ]
    auth0.id_token = id_token(auth0, **{CLAIM: None})
    assert (await logins(auth0).identity(BEGUN, BACK, "x")).claim is None
    assert "client_secret" not in auth0.forms[-1]
    auth0.id_token = None
    with pytest.raises(ProviderError, match="without a token"):
        await login.identity(BEGUN, BACK, "the-code")
    auth0.down = True
    for asked in (login.address(BEGUN, BACK), login.identity(BEGUN, BACK, "the-code")):
        with pytest.raises(ProviderError) as error:
            await asked
        assert "the-clients-secret" not in str(error.value)


async def test_the_address_leads_to_the_providers_own_page(auth0: FakeIssuer) -> None:
    address = await logins(auth0).address(BEGUN, BACK)
    assert address.startswith(f"{auth0.address}authorize?")
    assert BEGUN.verifier not in address
    auth0.changes = {"authorization_endpoint": "https://evil.example/authorize"}
    with pytest.raises(ProviderError, match="elsewhere"):
        await logins(auth0).address(BEGUN, BACK)
