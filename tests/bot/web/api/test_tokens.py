"""Who is let in (attack 8): the static token, good tokens of Auth0, and none of the hostile ones."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from bot.web.api.pace import Rate
from jobs.gateways.auth0 import Auth0Tokens, Issuer
from jobs.token_ports import TokenRefused
from tests.bot.web.api.machine import TOKEN, Machine, machine
from tests.issuer import AUDIENCE, FakeIssuer, issuer, new_key

SENT: dict[str, Any] = {"flat_code": "B17-FF", "reading_value": 146}


@pytest.fixture
async def auth0() -> AsyncIterator[FakeIssuer]:
    async with issuer() as made:
        yield made


@pytest.fixture
async def gateway(dsn: str, auth0: FakeIssuer) -> AsyncIterator[Machine]:
    api = Api(Gate(TOKEN, Auth0Tokens(Issuer(auth0.address, AUDIENCE))), Rate(1000, 1000))
    async with machine(dsn, api) as made:
        yield made


def encoded(value: bytes | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hand_made(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    signed = f"{encoded(header)}.{encoded(claims)}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{encoded(signature)}"


def by_another_algorithm(name: str, key: RSAKey, claims: dict[str, Any]) -> str:
    """Signed well and with the right key, which does not say here what it is for."""
    bare = RSAKey.import_key(key.as_pem(private=True))
    return jwt.encode({"alg": name, "kid": "one"}, claims, bare, algorithms=[name])


def hostile(auth0: FakeIssuer) -> dict[str, str]:
    now = int(time.time())
    stranger, weak = new_key("one"), new_key("weak", 1024)
    brought = new_key("one", 1536)  # a longer one does not fit into the header that the library reads
    own = brought.as_dict(private=False)
    auth0.keys.append(weak)
    [key, *_] = auth0.keys
    public = key.as_pem(private=False)
    claims = {"iss": auth0.address, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 600, "scope": "bills:write"}
    good = auth0.token()
    head, body, signature = good.split(".")
    return {
        "nothing": "",
        "rubbish": "x",
        "not ascii": "schlüssel",
        "three dots": "...",
        "no algorithm": hand_made({"alg": "none", "kid": "one"}, claims),
        "no algorithm, yet a signature": hand_made({"alg": "none", "kid": "one"}, claims, b"x"),
        "no algorithm, spelt otherwise": hand_made({"alg": "nOnE", "kid": "one"}, claims),
        "no signature": f"{head}.{body}.",
        "HS256 with the public key": hand_made({"alg": "HS256", "kid": "one"}, claims, public),
        "HS256 said to be RS256": hand_made({"alg": "RS256", "kid": "one"}, claims, public),
        "RS384": by_another_algorithm("RS384", key, claims),
        "another's key of the same name": auth0.token(stranger),
        "its own key brought along": auth0.token(brought, header={"jwk": {"kty": "RSA", "n": own["n"], "e": own["e"]}}),
        "the address of its own key": auth0.token(stranger, header={"jku": f"{auth0.address}evil"}),
        "an unknown key": auth0.token(new_key("two")),
        "a weak key": auth0.token(weak),
        "no key named": auth0.token(header={"kid": ""}),
        "a critical extension": hand_made({"alg": "RS256", "kid": "one", "crit": ["b64"]}, claims),
        "another issuer": auth0.token(iss="https://evil.example/"),
        "an issuer without its slash": auth0.token(iss=auth0.address.rstrip("/")),
        "another audience": auth0.token(aud="https://other.example/api"),
        "a longer audience": auth0.token(aud=AUDIENCE + "/"),
        "no audience": auth0.token(aud=None),
        "audiences in one text": auth0.token(aud=f"{AUDIENCE} other"),
        "expired": auth0.token(exp=now - 1),
        "no expiry": auth0.token(exp=None),
        "expiry as text": auth0.token(exp=str(now + 600)),
        "expiry never": auth0.token(exp=1e300),
        "expiry true": auth0.token(exp=True),
        "not yet": auth0.token(nbf=now + 3600),
        "issued tomorrow": auth0.token(iat=now + 86_400),
        "nobody": auth0.token(sub=None),
        "an ID token": auth0.token(aud="gateway", nonce="n"),
        "an ID token for us": auth0.token(nonce="n"),
        "a changed body": f"{head}.{encoded({**claims, 'scope': 'bills:write admin'})}.{signature}",
        "a changed signature": f"{head}.{body}.{signature[:-4]}AAAA",
        "far too long": good + "A" * 7_000,
    }


async def test_no_hostile_token_is_let_in(gateway: Machine, auth0: FakeIssuer) -> None:
    for what, token in hostile(auth0).items():
        answer = await gateway.with_token(token).send(**SENT)
        assert (what, answer.status, answer.error["code"]) == (what, 401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert await gateway.count("readings") == 0
    assert auth0.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}


async def test_a_good_token_bills_and_is_named_in_the_trail(gateway: Machine, auth0: FakeIssuer) -> None:
    token = auth0.token(aud=[AUDIENCE, f"{auth0.address}userinfo"])
    answer = await gateway.with_token(token).send(**SENT)
    assert (answer.status, answer.body["status"]) == (201, "billed")
    assert await gateway.value("select distinct actor from audit") == "API (gateway)"


async def test_scopes(gateway: Machine, auth0: FakeIssuer) -> None:
    plain = gateway.with_token(auth0.token(scope="openid readings:write"))
    refused = await plain.send(**SENT, issue_bill=True)
    assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
    assert "bills:write" in refused.headers["WWW-Authenticate"]
    stored = await plain.send(**SENT)
    assert (stored.status, stored.body["status"], stored.body["bill"]) == (201, "pending", None)
    granted = gateway.with_token(auth0.token(scope=None, permissions=["bills:write"]))
    assert (await granted.send(**SENT)).body["status"] == "billed"


async def test_keys_belong_to_callers(gateway: Machine, auth0: FakeIssuer) -> None:
    """Two callers may use the same key for different things."""
    other = gateway.with_token(auth0.token())
    assert (await gateway.send(key="k", **SENT)).status == 201
    assert (await other.send(key="k", flat_code="B17-GF", reading_value=100)).status == 201


async def test_the_static_token_to_the_letter(gateway: Machine) -> None:
    for token in (None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"{TOKEN} {TOKEN}", "\udcff"):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        unsaid = gateway.with_token(None)
        answer = await unsaid.post("/webhook/meter-reading", json=SENT, headers=headers)
        assert answer.status == 401
    for scheme in ("Basic", "Token", ""):
        answer = await gateway.post("/webhook/meter-reading", json=SENT, headers={"Authorization": f"{scheme} {TOKEN}"})
        assert answer.status == 401
    answer = await gateway.post("/webhook/meter-reading", json=SENT, headers={"Authorization": f"bearer {TOKEN}"})
    assert answer.status == 201


async def test_with_nothing_configured_nobody_is_let_in(dsn: str) -> None:
    async with machine(dsn, Api()) as gateway:
        for token in (None, "", "None", TOKEN):
            assert (await gateway.with_token(token).send(**SENT)).status == 401


async def test_who_asks_too_often_waits(dsn: str) -> None:
    async with machine(dsn, Api(Gate(TOKEN), Rate(0.5, 3))) as gateway:
        answers = [await gateway.send(flat_code="B99-FF", reading_value=1) for _ in range(5)]
        assert [answer.status for answer in answers] == [404, 404, 404, 429, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3
        assert (await gateway.with_token("other").send(**SENT)).status == 401


class TestKeys:
    def tokens(self, auth0: FakeIssuer, pause: float = 60) -> Auth0Tokens:
        return Auth0Tokens(Issuer(auth0.address, AUDIENCE), pause=pause)

    async def test_a_flood_of_unknown_keys_asks_once(self, auth0: FakeIssuer) -> None:
        check = self.tokens(auth0)
        await check.caller(auth0.token())
        forged = [auth0.token(header={"kid": f"forged {number}"}) for number in range(50)]
        outcomes = await asyncio.gather(*(check.caller(token) for token in forged), return_exceptions=True)
        assert all(isinstance(outcome, TokenRefused) for outcome in outcomes)
        assert auth0.asked["/keys"] == 1

    async def test_many_at_the_first_moment_ask_once(self, auth0: FakeIssuer) -> None:
        check = self.tokens(auth0)
        await asyncio.gather(*(check.caller(auth0.token()) for _ in range(20)))
        assert auth0.asked["/keys"] == 1

    async def test_a_new_key_is_found(self, auth0: FakeIssuer) -> None:
        check = self.tokens(auth0, pause=0)
        await check.caller(auth0.token())
        auth0.keys = [new_key("two")]
        await check.caller(auth0.token())
        assert auth0.asked["/keys"] == 2

    async def test_a_key_taken_back_goes(self, auth0: FakeIssuer) -> None:
        check = self.tokens(auth0)
        old = auth0.token()
        await check.caller(old)
        auth0.keys = [new_key("two")]
        check._fetched -= 3601
        with pytest.raises(TokenRefused):
            await check.caller(old)

    async def test_an_issuer_that_is_down(self, auth0: FakeIssuer) -> None:
        check = self.tokens(auth0)
        auth0.down = True
        with pytest.raises(TimeoutError):
            await check.caller(auth0.token())
        auth0.down = False
        check._fetched -= 6
        await check.caller(auth0.token())
        auth0.down = True
        check._fetched -= 3601
        await check.caller(auth0.token())

    async def test_addresses_elsewhere_are_not_asked(self, auth0: FakeIssuer) -> None:
        for changes in (
            {"jwks_uri": "https://evil.example/keys"},
            {"issuer": "https://evil.example/"},
            {"jwks_uri": 1},
        ):
            auth0.changes = changes
            with pytest.raises(TimeoutError):
                await self.tokens(auth0).caller(auth0.token())
        assert "/keys" not in auth0.asked


async def test_an_issuer_that_is_down_is_our_outage_not_the_callers_fault(gateway: Machine, auth0: FakeIssuer) -> None:
    token = auth0.token()
    auth0.down = True
    answer = await gateway.with_token(token).send(**SENT)
    assert (answer.status, answer.error["code"]) == (503, "unavailable")
