"""Auth0, or any OpenID provider: tokens it signed are checked against its own keys."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from jobs.secrecy import mask
from jobs.token_ports import ProviderError, TokenRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp
    from joserfc.jwk import RSAKey

_SECONDS: Final = 5
_LARGEST: Final = 256 * 1024
_CHUNK: Final = 1 << 14
_OK: Final = 200
_FRESH: Final = 3_600.0
"""Seconds after which keys are fetched anew even where nothing is missing: those that were taken back go."""
_PAUSE: Final = 60.0
"""Seconds between fetches, however many unknown keys are named meanwhile."""
_LEEWAY: Final = 60
"""Seconds by which clocks may differ, for `nbf` and `iat`; an expired token is expired."""
_FEWEST_BITS: Final = 2_048
_MOST_KEYS: Final = 32
_LONGEST_NAME: Final = 80
_COMPACT: Final = re.compile(rb"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_OF_ID_TOKENS: Final = frozenset({"nonce", "at_hash", "c_hash"})


@dataclass(frozen=True, slots=True)
class Issuer:
    """`address` is the exact `iss` of its tokens, often with a slash at its end; `audience` is our API's name there."""

    address: str
    audience: str


@dataclass(slots=True)
class Auth0Tokens:
    """Checks access tokens. The only keys ever used are those the issuer publishes: a token cannot name others."""

    issuer: Issuer
    clock: Callable[[], float] = time.time
    pause: float = _PAUSE
    _keys: dict[str, RSAKey] = field(default_factory=dict)
    _fetched: float = -_FRESH
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def caller(self, token: str) -> tuple[str, str, frozenset[str]]:
        """Subject, name and scopes of a good token. Raises TokenRefused, and TimeoutError where there are no keys."""
        claims = await self._signed(token)
        self._judge(claims, {"an ID token": not _OF_ID_TOKENS.isdisjoint(claims)})
        return str(claims["sub"]), _name(claims), _scopes(claims)

    async def person(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of a good ID token that answers `nonce`; `audience` is our application. Raises as `caller`."""
        claims = await self._signed(token, is_for_login=True)
        wrong = {
            "nonce": not _is_same(claims.get("nonce"), nonce),
            "another application's": not _is_to(claims, self.issuer.audience),
            "no issue time": claims.get("iat") is None,
        }
        self._judge(claims, wrong)
        return claims

    async def _signed(self, token: str, *, is_for_login: bool = False) -> Mapping[str, Any]:
        """What the issuer signed, not judged yet. An ID token may leave its key unnamed where there is only one."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        raw = token.encode("utf-8", "surrogateescape")
        kid = _kid(_header(raw))
        if kid is None and not is_for_login:
            raise TokenRefused("no key named")
        key = await self._key(kid)
        try:
            return jwt.decode(raw, key, algorithms=["RS256"]).claims
        except (JoseError, ValueError) as error:
            raise TokenRefused(type(error).__name__) from None

    async def keys(self) -> int:
        """How many keys the issuer publishes now. Raises ProviderError."""
        self._keys = await _fetch_keys(self.issuer.address)
        return len(self._keys)

    async def _key(self, kid: str | None) -> RSAKey:
        """The issuer's key of this name; fetched anew where it is unknown, but not each time that somebody says so."""
        if self._named(kid) is None or self._age() >= _FRESH:
            async with self._lock:
                if (self._named(kid) is None and self._age() >= self.pause) or self._age() >= _FRESH:
                    await self._refresh()
        if not self._keys:
            raise TimeoutError("the issuer's keys cannot be had")
        key = self._named(kid)
        if key is None:
            raise TokenRefused("unknown key" if kid else "no key named")
        return key

    def _named(self, kid: str | None) -> RSAKey | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        """With the keys there were where the issuer does not answer."""
        self._fetched = time.monotonic()
        try:
            self._keys = await _fetch_keys(self.issuer.address)
        except ProviderError:
            if not self._keys:
                self._fetched = time.monotonic() - _FRESH + min(self.pause, 5)

    def _age(self) -> float:
        return time.monotonic() - self._fetched

    def _judge(self, claims: Mapping[str, Any], also: Mapping[str, bool]) -> None:
        """By what every token must say, and by what this kind must. Raises TokenRefused."""
        now = self.clock()
        wrong = {
            "issuer": claims.get("iss") != self.issuer.address,
            "audience": not _is_for(claims.get("aud"), self.issuer.audience),
            "expiry": not _is_time(claims.get("exp")) or claims["exp"] <= now,
            "not before": not _is_past(claims.get("nbf"), now),
            "issued at": not _is_past(claims.get("iat"), now),
            "subject": not isinstance(claims.get("sub"), str) or not claims["sub"],
            **also,
        }
        found = next((what for what, is_wrong in wrong.items() if is_wrong), None)
        if found is not None:
            raise TokenRefused(found)


def _header(raw: bytes) -> Mapping[str, Any]:
    """The token's own words about itself, of which only the algorithm and the key's name are believed."""
    from joserfc.util import urlsafe_b64decode

    if not _COMPACT.fullmatch(raw):
        raise TokenRefused("not a JWT")
    try:
        header = json.loads(urlsafe_b64decode(raw.partition(b".")[0]))
    except (ValueError, RecursionError):
        raise TokenRefused("no header") from None
    if not isinstance(header, dict) or header.get("alg") != "RS256" or "crit" in header:
        raise TokenRefused("algorithm")
    return header


def _kid(header: Mapping[str, Any]) -> str | None:
    """The key's name, where it has one. Raises TokenRefused."""
    if "kid" not in header:
        return None
    if not isinstance(header["kid"], str) or not header["kid"]:
        raise TokenRefused("no key named")
    return str(header["kid"])


def _is_for(audience: object, ours: str) -> bool:
    return audience == ours or (isinstance(audience, list) and ours in audience)


def _is_to(claims: Mapping[str, Any], client: str) -> bool:
    """An ID token for several names the one it was made for; where it names one it is that."""
    audience, made_for = claims.get("aud"), claims.get("azp")
    is_alone = not isinstance(audience, list) or len(audience) == 1
    return made_for == client or (made_for is None and is_alone)


def _is_same(said: object, asked: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode("utf-8", "replace"), asked.encode())


def _is_time(moment: object) -> bool:
    return isinstance(moment, int | float) and not isinstance(moment, bool) and 0 < moment < 1e11  # noqa: PLR2004 - seconds


def _is_past(moment: Any, now: float) -> bool:  # noqa: ANN401 - a claim may be anything
    return moment is None or (_is_time(moment) and moment <= now + _LEEWAY)


def _name(claims: Mapping[str, Any]) -> str:
    """The client rather than the person: it is what sends."""
    found = next((claims[name] for name in ("azp", "client_id", "sub") if isinstance(claims.get(name), str)), "")
    return "".join(filter(str.isprintable, found))[:_LONGEST_NAME]


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """What the token says, as OAuth does or as Auth0's permissions."""
    scope, permissions = claims.get("scope"), claims.get("permissions")
    granted = scope.split() if isinstance(scope, str) else []
    named = [one for one in permissions if isinstance(one, str)] if isinstance(permissions, list) else []
    return frozenset((*granted, *named))


async def _fetch_keys(issuer: str) -> dict[str, RSAKey]:
    """The issuer's RSA keys for signatures, by name. Raises ProviderError."""
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    published = (await fetch_json((await discover(issuer))["jwks_uri"])).get("keys")
    found: dict[str, RSAKey] = {}
    for raw in published[:_MOST_KEYS] if isinstance(published, list) else []:
        if not _signs(raw):
            continue
        with suppress(JoseError, ValueError, KeyError, TypeError):
            found[raw["kid"]] = RSAKey.import_key({name: raw[name] for name in ("kty", "kid", "n", "e")})
    if not found:
        raise ProviderError("the issuer publishes no RSA key for signatures")
    return found


def _signs(raw: object) -> bool:
    if not isinstance(raw, dict) or raw.get("kty") != "RSA" or not isinstance(raw.get("kid"), str):
        return False
    is_long = isinstance(raw.get("n"), str) and len(raw["n"]) * 6 >= _FEWEST_BITS
    return is_long and raw.get("use") in {None, "sig"} and raw.get("alg") in {None, "RS256"}


async def discover(issuer: str) -> dict[str, str]:
    """The issuer's addresses, all of its own origin. Raises ProviderError."""
    address = urljoin(issuer if issuer.endswith("/") else f"{issuer}/", ".well-known/openid-configuration")
    found = await fetch_json(address)
    if found.get("issuer") != issuer:
        raise ProviderError("it calls itself by another name than AUTH0_ISSUER or AUTH0_DOMAIN says")
    addresses = {name: found.get(name) for name in ("jwks_uri", "token_endpoint", "authorization_endpoint")}
    ours = urlsplit(issuer)
    for name, given in addresses.items():
        parts = urlsplit(given if isinstance(given, str) else "")
        if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
            raise ProviderError(f"its {name} is elsewhere")
    return {name: str(given) for name, given in addresses.items()}


async def fetch_json(address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON object by GET, or by POST of a form. Raises ProviderError, whose text holds no secret."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    method = "GET" if form is None else "POST"
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.request(method, address, data=form, allow_redirects=False) as answer,
        ):
            return await _object(answer)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ProviderError(mask(f"{type(error).__name__}: {error}")[:300]) from None


async def _object(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    raw = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        raw += chunk
        if len(raw) > _LARGEST:
            raise ProviderError("its answer is too long")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if answer.status != _OK:
        said = found.get("error_description") or found.get("error") if isinstance(found, dict) else None
        raise ProviderError(mask(f"it answered {answer.status}{f': {said}' if isinstance(said, str) else ''}")[:300])
    if not isinstance(found, dict):
        raise ProviderError("it did not answer with a JSON object")
    return found
