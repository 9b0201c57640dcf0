"""Photos to Cloudinary, against a local server that checks what the real one checks."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from jobs.gateways.cloudinary_store import (
    CloudinaryAccount,
    CloudinarySettingsError,
    CloudinaryStore,
    cloudinary_account,
)
from jobs.photo_intake import PhotoStoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY, SECRET, PRESET = "123456789012345", "canary-Secret_0", "meter_reader"
JPEG = b"\xff\xd8 a photo \xff\xd9"
UNSIGNED_MAY_SEND = {"upload_preset", "public_id", "timestamp", "file"}
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Cloud:
    """Cloudinary's upload address: signature over the sorted parameters, presets, one asset per public_id."""

    address: str = ""
    assets: dict[str, bytes] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    answer: tuple[int, object] | None = None
    delay: float = 0

    async def upload(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        photo = form.pop("file")
        assert isinstance(photo, web.FileField)
        content = photo.file.read()
        photo.file.close()
        sent = {name: str(value) for name, value in form.items()}
        self.requests.append(sent)
        await asyncio.sleep(self.delay)
        if self.answer:
            return web.json_response(self.answer[1], status=self.answer[0])
        if (refusal := self.refusal(sent)) is not None:
            return web.json_response({"error": {"message": refusal[1]}}, status=refusal[0])
        self.assets.setdefault(sent["public_id"], content)
        url = f"https://res.cloudinary.example/{request.match_info['cloud']}/image/upload/{sent['public_id']}.jpg"
        return web.json_response({"public_id": sent["public_id"], "secure_url": url})

    async def destroy(self, request: web.Request) -> web.Response:
        sent = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(sent)
        await asyncio.sleep(self.delay)
        if self.answer:
            return web.json_response(self.answer[1], status=self.answer[0])
        if (refusal := self.refusal(sent)) is not None:
            return web.json_response({"error": {"message": refusal[1]}}, status=refusal[0])
        was_there = self.assets.pop(sent["public_id"], None) is not None
        return web.json_response({"result": "ok" if was_there else "not found"})

    def refusal(self, sent: dict[str, str]) -> tuple[int, str] | None:
        if "signature" not in sent:
            if sent.get("upload_preset") != PRESET:
                return 400, "Upload preset not found"
            extra = set(sent) - UNSIGNED_MAY_SEND
            return (400, f"{extra} not allowed when using unsigned upload") if extra else None
        signed = {k: v for k, v in sent.items() if k not in {"signature", "api_key", "file"}}
        text = "&".join(sorted(f"{k}={v}" for k, v in signed.items()))
        if sent["api_key"] != KEY:
            return 401, f"Unknown API key {sent['api_key']}"
        expected = hashlib.sha1(f"{text}{SECRET}".encode()).hexdigest()  # noqa: S324 - Cloudinary's own algorithm
        return None if sent["signature"] == expected else (401, f"Invalid Signature. String to sign - '{text}'.")


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    cloud = Cloud()
    app = web.Application()
    app.router.add_post("/v1_1/{cloud}/image/upload", cloud.upload)
    app.router.add_post("/v1_1/{cloud}/image/destroy", cloud.destroy)
    server = TestServer(app)
    await server.start_server()
    cloud.address = str(server.make_url("")).rstrip("/")
    yield cloud
    await server.close()


def signed_store(cloud: Cloud, secret: str = SECRET, key: str = KEY) -> CloudinaryStore:
    return CloudinaryStore(cloudinary_account(f"cloudinary://{key}:{secret}@demo?upload_prefix={cloud.address}"))


async def test_a_signed_upload_is_accepted_and_says_where_the_photo_is(cloud: Cloud) -> None:
    stored = await signed_store(cloud).upload(JPEG)
    assert cloud.assets == {stored.public_id: JPEG}
    assert stored.url == f"https://res.cloudinary.example/demo/image/upload/{stored.public_id}.jpg"
    assert cloud.requests[0]["overwrite"] == "0"
    assert SECRET not in str(cloud.requests)


async def test_an_unsigned_preset_is_enough_and_nothing_it_forbids_is_sent(cloud: Cloud) -> None:
    account = cloudinary_account(f"cloudinary://demo?upload_prefix={cloud.address}", PRESET)
    stored = await CloudinaryStore(account).upload(JPEG)
    assert cloud.assets == {stored.public_id: JPEG}
    assert "signature" not in cloud.requests[0]


async def test_the_same_photo_twice_is_one_asset_and_another_photo_is_another(cloud: Cloud) -> None:
    store = signed_store(cloud)
    first, again = await store.upload(JPEG), await store.upload(JPEG)
    other = await store.upload(JPEG + b"!")
    assert first == again
    assert list(cloud.assets) == [first.public_id, other.public_id]
    assert re.fullmatch(r"meter-photos/[0-9a-f]{64}", first.public_id)


async def test_a_preset_is_also_named_when_uploads_are_signed(cloud: Cloud) -> None:
    account = cloudinary_account(f"cloudinary://{KEY}:{SECRET}@demo?upload_prefix={cloud.address}", PRESET)
    await CloudinaryStore(account).upload(JPEG)
    assert cloud.requests[0]["upload_preset"] == PRESET


async def test_a_wrong_secret_is_permanent_and_never_told(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PhotoStoreError, match="Invalid Signature") as caught:
        await signed_store(cloud, secret="wrong-Secret").upload(JPEG)
    assert caught.value.permanent
    assert "wrong-Secret" not in f"{caught.value!r}{caught.value.__context__!r}{caplog.text}"


async def test_what_cloudinary_repeats_of_our_key_is_masked(cloud: Cloud) -> None:
    with pytest.raises(PhotoStoreError, match=r"Unknown API key \*\*\*") as caught:
        await signed_store(cloud, key="999999").upload(JPEG)
    assert "999999" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (403, True),
        (404, True),
        (420, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
async def test_only_what_settings_can_mend_is_permanent(cloud: Cloud, status: int, *, permanent: bool) -> None:
    cloud.answer = (status, {"error": {"message": "no"}})
    with pytest.raises(PhotoStoreError) as caught:
        await signed_store(cloud).upload(JPEG)
    assert caught.value.permanent is permanent


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"public_id": "x"},
        {"public_id": "x", "secure_url": "http://plain.example/x.jpg"},
        {"public_id": 5, "secure_url": "https://a.example/x.jpg"},
    ],
)
async def test_an_answer_without_a_safe_address_is_no_success(cloud: Cloud, answer: object) -> None:
    cloud.answer = (200, answer)
    with pytest.raises(PhotoStoreError) as caught:
        await signed_store(cloud).upload(JPEG)
    assert not caught.value.permanent


async def test_a_server_that_hangs_is_left_after_the_timeout(cloud: Cloud) -> None:
    cloud.delay = 3
    store = CloudinaryStore(signed_store(cloud).account, timeout_seconds=1)
    with pytest.raises(PhotoStoreError) as caught:
        await asyncio.wait_for(store.upload(JPEG), timeout=2.5)
    assert not caught.value.permanent


async def test_a_server_that_is_down_is_not_permanent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    account = CloudinaryAccount("demo", KEY, SECRET, upload_prefix=f"http://127.0.0.1:{port}")
    with pytest.raises(PhotoStoreError) as caught:
        await CloudinaryStore(account).upload(JPEG)
    assert not caught.value.permanent
    assert SECRET not in str(caught.value)


def test_an_account_is_read_from_its_setting() -> None:
    account = cloudinary_account(f" cloudinary://{KEY}:{SECRET}@My-Cloud ")
    assert (account.cloud_name, account.api_key, account.api_secret) == ("My-Cloud", KEY, SECRET)
    assert account.upload_prefix == "https://api.cloudinary.com"
    assert account.is_signed
    assert SECRET not in repr(CloudinaryStore(account))
    assert not cloudinary_account("cloudinary://my-cloud", PRESET).is_signed


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("", "must look like"),
        ("my-cloud", "must look like"),
        (f"https://{KEY}:{SECRET}@my-cloud", "must look like"),
        (f"cloudinary://{KEY}:{SECRET}@", "must look like"),
        ("cloudinary://<your_api_key>:<your_api_secret>@my-cloud", "must look like"),
        (f"cloudinary://{KEY}:{SECRET}@[my-cloud", "is not an address"),
        (f"cloudinary://{KEY}@my-cloud", "without its secret"),
        (f"cloudinary://:{SECRET}@my-cloud", "without its key"),
        ("cloudinary://my-cloud", "CLOUDINARY_UPLOAD_PRESET"),
        (
            f"cloudinary://{KEY}:{SECRET}@my-cloud?upload_prefix=http://far.example",
            "neither https nor on this machine",
        ),
        (
            f"cloudinary://{KEY}:{SECRET}@my-cloud?upload_prefix=ftp://127.0.0.1",
            "neither https nor on this machine",
        ),
    ],
)
def test_a_wrong_setting_says_what_is_wrong_and_keeps_the_secret(url: str, wrong: str) -> None:
    with pytest.raises(CloudinarySettingsError, match=wrong) as caught:
        cloudinary_account(url)
    assert "CLOUDINARY_URL" in str(caught.value)
    assert SECRET not in f"{caught.value}{caught.value.__context__ if not caught.value.__suppress_context__ else ''}"


def test_the_library_is_loaded_only_when_a_photo_goes_out() -> None:
    code = "import sys, jobs.gateways.cloudinary_store; print('cloudinary' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


async def test_a_photo_is_deleted_by_its_address_and_gone_already_is_fine(cloud: Cloud) -> None:
    store = signed_store(cloud)
    stored = await store.upload(JPEG)
    address = stored.url.replace("/upload/", "/upload/v17/")
    await store.remove(address)
    assert cloud.assets == {}
    await store.remove(address)
    assert SECRET not in str(cloud.requests)


async def test_a_preset_alone_deletes_nothing_and_says_so(cloud: Cloud) -> None:
    account = cloudinary_account(f"cloudinary://demo?upload_prefix={cloud.address}", PRESET)
    with pytest.raises(PhotoStoreError, match="by hand") as refused:
        await CloudinaryStore(account).remove("https://res.cloudinary.example/demo/image/upload/a.jpg")
    assert refused.value.permanent
    assert cloud.requests == []


@pytest.mark.parametrize("answer", [(500, {"error": {"message": "try later"}}), (200, {"result": "error"})])
async def test_a_deletion_that_failed_may_be_tried_again(cloud: Cloud, answer: tuple[int, object]) -> None:
    cloud.answer = answer
    with pytest.raises(PhotoStoreError) as refused:
        await signed_store(cloud).remove("https://res.cloudinary.example/demo/image/upload/a.jpg")
    assert not refused.value.permanent


async def test_an_address_elsewhere_is_not_cloudinarys(cloud: Cloud) -> None:
    with pytest.raises(PhotoStoreError) as refused:
        await signed_store(cloud).remove("https://elsewhere.example/a.jpg")
    assert refused.value.permanent
