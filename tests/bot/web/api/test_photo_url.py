"""A `photo_url` given to the API (attack 19): https only, public and pinned, no redirects, bounded size and time."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from bot.web.api.photos import PhotoDesk
from jobs.gateways.images import prepare_photo
from jobs.gateways.photo_fetch import PhotoFetch, is_public
from jobs.photo_intake import PhotoNotFetched
from tests.bot.simulator.conftest import picture
from tests.bot.web.api.machine import TOKEN, machine

HOST = "photos.example.org"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the made-up host, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "photos.pem"
    path.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return path


class Photos:
    """A photo server: `handler` answers, `asked` are the paths it was asked for."""

    def __init__(self, certificate: Path) -> None:
        self.certificate = certificate
        self.asked: list[str] = []
        self.handler: Handler = self.photo
        self.port = 0

    async def photo(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=picture(), content_type="image/jpeg")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return await self.handler(request)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Photos]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        self.port = runner.addresses[0][1]
        yield self
        await runner.cleanup()

    def fetch(self, addresses: Sequence[str] = ("127.0.0.1",), *, loopback: bool = True, **limits: float) -> PhotoFetch:
        """As the service fetches, with a made-up DNS; `loopback` counts as public then."""

        async def resolve(host: str, port: int) -> Sequence[str]:
            return [host] if host.replace(".", "").isdecimal() else addresses

        def may_ask(address: str) -> bool:
            return is_public(address) or (loopback and ipaddress.ip_address(address).is_loopback)

        trusted = ssl.create_default_context(cafile=str(self.certificate))
        return PhotoFetch(resolve, may_ask, trusted, self.port, **limits)  # type: ignore[arg-type] # numbers by name

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}/meter.jpg"


@pytest.fixture
async def photos(certificate: Path) -> AsyncIterator[Photos]:
    async with Photos(certificate).listening() as made:
        yield made


async def refused(fetch: PhotoFetch, address: str) -> str:
    with pytest.raises(PhotoNotFetched) as caught:
        await fetch(address)
    return str(caught.value)


async def test_a_public_https_server_is_asked(photos: Photos) -> None:
    assert await photos.fetch()(photos.address) == picture()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2001:0:4136:e378::1",
        "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2001:db8::1", "localhost", "",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_what_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["127.0.0.1", "::1"], []])
async def test_a_name_that_leads_home_is_not_asked(photos: Photos, found: list[str]) -> None:
    assert await refused(photos.fetch(found, loopback=False), photos.address) == "not on the public internet"
    assert photos.asked == []


async def test_numbers_in_the_place_of_a_name_are_judged_too(photos: Photos) -> None:
    address = f"https://127.0.0.1:{photos.port}/x"
    assert await refused(photos.fetch(loopback=False), address) == "not on the public internet"


async def test_a_second_look_at_the_name_is_never_taken(photos: Photos) -> None:
    looks = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        looks.append(host)
        return ["127.0.0.1"] if len(looks) == 1 else ["169.254.169.254"]

    allowed = photos.fetch()
    fetch = PhotoFetch(rebinding, lambda address: address == "127.0.0.1", allowed.trusted, photos.port)
    assert await fetch(photos.address) == picture()
    assert len(looks) == 1


async def test_other_schemes_ports_and_passwords(photos: Photos) -> None:
    unusual = "not an https address on its usual port"  # said before anybody is asked, not after a failure
    reasons = {
        f"http://{HOST}:{photos.port}/x": unusual,
        f"file://{HOST}/etc/passwd": unusual,
        f"https://{HOST}:22/x": unusual,
        f"https://user:secret@{HOST}:{photos.port}/x": "an address with a password",
        f"https://{HOST}:99999/x": "ValueError",
        "https:///x": unusual,
    }
    assert {address: await refused(photos.fetch(), address) for address in reasons} == reasons
    assert photos.asked == []


async def test_another_certificate_is_not_trusted(photos: Photos) -> None:
    fetch = photos.fetch()
    stranger = PhotoFetch(fetch.resolve, fetch.may_ask, None, photos.port)
    assert "Certificate" in await refused(stranger, photos.address)


async def test_it_is_not_led_elsewhere(photos: Photos) -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"https://{HOST}:{photos.port}/other")

    photos.handler = elsewhere
    assert await refused(photos.fetch(), photos.address) == "the server answered 302"
    assert photos.asked == ["/meter.jpg"]


@pytest.mark.parametrize("said", [True, False])
async def test_too_many_bytes(photos: Photos, *, said: bool) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(10**9)} if said else {})
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 100_000)
        return response

    photos.handler = endless
    assert await refused(photos.fetch(most=1_000_000), photos.address) == "too large"


async def test_what_is_packed_is_not_unpacked(photos: Photos) -> None:
    async def packed(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"\x1f\x8b not unpacked", headers={"Content-Encoding": "gzip"})

    photos.handler = packed
    assert await photos.fetch()(photos.address) == b"\x1f\x8b not unpacked"


async def test_a_server_that_never_ends(photos: Photos) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x")
            await asyncio.sleep(0.1)
        return response

    photos.handler = slow
    assert await refused(photos.fetch(seconds=0.5), photos.address) == "TimeoutError"


def desk(fetch: PhotoFetch) -> Api:
    return Api(Gate(TOKEN), photos=PhotoDesk(fetch, prepare_photo))


async def test_the_photo_goes_with_the_reading(dsn: str, photos: Photos) -> None:
    async with machine(dsn, desk(photos.fetch())) as gateway:
        sent: dict[str, Any] = {"flat_code": "B17-FF", "reading_value": 146, "photo_url": photos.address}
        first, again = await gateway.send(key="k", **sent), await gateway.send(key="k", **sent)
        unknown = await gateway.send(**{**sent, "flat_code": "B99-FF"})
        linked = await gateway.value("select count(*) from reading_photos join readings r on r.id = reading_id")
    assert (first.status, first.body["flags"], first.body["status"]) == (201, [], "billed")
    assert again.body == first.body
    assert unknown.status == 404
    assert (linked, len(photos.asked)) == (1, 1)


async def test_a_reading_is_stored_without_its_photo_and_says_so(dsn: str, photos: Photos) -> None:
    async def text(request: web.Request) -> web.StreamResponse:
        return web.Response(text="no picture at all")

    photos.handler = text
    async with machine(dsn, desk(photos.fetch())) as gateway:
        bad = await gateway.send(flat_code="B17-FF", reading_value=146, photo_url=photos.address)
        home = await gateway.send(flat_code="B17-GF", reading_value=146, photo_url="https://169.254.169.254/latest")
        assert await gateway.count("readings") == 2
    assert (bad.status, bad.body["flags"], bad.body["status"]) == (201, ["photo_refused"], "billed")
    assert (home.status, home.body["flags"], home.body["status"]) == (201, ["photo_not_fetched"], "billed")
