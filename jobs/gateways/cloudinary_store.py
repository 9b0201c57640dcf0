"""A second home for photos at Cloudinary: signed uploads with an API key, or an unsigned upload preset."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from jobs.photo_intake import PhotoStoreError, StoredCopy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

FOLDER = "meter-photos"
EXAMPLE = "cloudinary://<api key>:<api secret>@<cloud name>"
_STORED = re.compile(r"(?:v[0-9]+/)?(?P<name>.+?)(?:\.[A-Za-z0-9]+)?")
_API = "https://api.cloudinary.com"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_GONE = frozenset({"ok", "not found"})
_PERMANENT = frozenset({"BadRequest", "AuthorizationRequired", "NotAllowed", "NotFound"})


class CloudinarySettingsError(ValueError):
    """The settings for Cloudinary cannot work. `str()` names the setting, what is wrong and an example."""


@dataclass(frozen=True, slots=True)
class CloudinaryAccount:
    """Where photos go and what opens the door: `api_key` and `api_secret`, or an unsigned `upload_preset`."""

    cloud_name: str
    api_key: str | None = None
    api_secret: str | None = field(default=None, repr=False)
    upload_preset: str | None = None
    upload_prefix: str = _API

    @property
    def is_signed(self) -> bool:
        """Whether uploads prove themselves by the API secret."""
        return self.api_key is not None


def cloudinary_account(url: str, upload_preset: str | None = None) -> CloudinaryAccount:
    """Reads `CLOUDINARY_URL` and `CLOUDINARY_UPLOAD_PRESET`. Raises `CloudinarySettingsError` (no secrets).

    `cloudinary://<key>:<secret>@<cloud>` signs its uploads; `cloudinary://<cloud>` needs the preset. As in
    Cloudinary's own libraries `?upload_prefix=` names another server: https, or anything on loopback.
    """
    try:
        parts = urlsplit(url.strip())
        key, secret = parts.username, parts.password
    except ValueError:
        raise _wrong("is not an address") from None
    cloud_name = parts.netloc.rpartition("@")[2]
    if parts.scheme != "cloudinary" or not cloud_name or "<" in parts.netloc:
        raise _wrong(f"must look like {EXAMPLE}")
    if bool(key) != bool(secret):
        raise _wrong("has an API key without its secret, or a secret without its key")
    if not key and not upload_preset:
        raise _wrong("has no API key; add it, or set CLOUDINARY_UPLOAD_PRESET to an unsigned preset")
    return CloudinaryAccount(cloud_name, key or None, secret or None, upload_preset or None, _prefix(parts.query))


def _wrong(what: str) -> CloudinarySettingsError:
    return CloudinarySettingsError(f"CLOUDINARY_URL {what}. Example: {EXAMPLE}")


def _prefix(query: str) -> str:
    prefix = parse_qs(query).get("upload_prefix", [_API])[0].rstrip("/")
    target = urlsplit(prefix)
    if target.scheme != "https" and not (target.scheme == "http" and target.hostname in _LOOPBACK):
        raise _wrong("names an upload_prefix that is neither https nor on this machine")
    return prefix


@dataclass(frozen=True, slots=True)
class CloudinaryStore:
    """Uploads prepared photos. A photo always gets the same, unguessable name, so a second upload is no harm."""

    account: CloudinaryAccount
    timeout_seconds: int = 20

    async def upload(self, jpeg: bytes) -> StoredCopy:
        """Uploads one prepared photo (never an original: those carry places). Raises `PhotoStoreError`."""
        return await asyncio.to_thread(self._upload, jpeg)

    async def remove(self, url: str) -> None:
        """Deletes the photo at this address, or finds it gone. Raises `PhotoStoreError`; a preset alone may not."""
        if not self.account.is_signed:
            raise PhotoStoreError("Cloudinary deletes only for an API key: delete it there by hand.", permanent=True)
        await asyncio.to_thread(self._remove, url)

    def _remove(self, url: str) -> None:
        uploader, errors = _library()
        try:
            answer = uploader.destroy(_public_id(url), **self._named(), invalidate=True)
        except errors.Error as error:
            raise self._failed(error, "delete") from None
        if answer.get("result") not in _GONE:
            raise PhotoStoreError("Cloudinary's answer does not say that the photo is deleted.", permanent=False)

    def _named(self) -> dict[str, Any]:
        """Where and in whose name, for a call that needs the API key."""
        account = self.account
        return {
            "cloud_name": account.cloud_name,
            "upload_prefix": account.upload_prefix,
            "resource_type": "image",
            "timeout": self.timeout_seconds,
            "oauth_token": None,
            "api_key": account.api_key,
            "api_secret": account.api_secret,
        }

    def _upload(self, jpeg: bytes) -> StoredCopy:
        uploader, errors = _library()
        try:
            answer = uploader.upload(jpeg, **self._options(jpeg))
        except errors.Error as error:
            raise self._failed(error, "take") from None
        return self._stored(answer)

    def _options(self, jpeg: bytes) -> dict[str, Any]:
        """What the library is told in full at each call, so that nothing rests on its global settings."""
        account = self.account
        options: dict[str, Any] = {
            "cloud_name": account.cloud_name,
            "upload_prefix": account.upload_prefix,
            "public_id": f"{FOLDER}/{hashlib.sha256(jpeg).hexdigest()}",
            "filename": "photo.jpg",
            "resource_type": "image",
            "timeout": self.timeout_seconds,
            "oauth_token": None,
            "upload_preset": account.upload_preset,
        }
        if not account.is_signed:
            return options | {"unsigned": True}
        return options | {"api_key": account.api_key, "api_secret": account.api_secret, "overwrite": False}

    def _failed(self, error: Exception, what: str) -> PhotoStoreError:
        """Cloudinary's own words without our secrets. What is not known to be our mistake may pass."""
        words = str(error)[:300]
        for secret in (self.account.api_secret, self.account.api_key):
            words = words.replace(secret, "***") if secret else words
        return PhotoStoreError(
            f"Cloudinary did not {what} the photo: {words}", permanent=type(error).__name__ in _PERMANENT
        )

    def _stored(self, answer: Mapping[str, Any]) -> StoredCopy:
        url, public_id = answer.get("secure_url"), answer.get("public_id")
        if not isinstance(url, str) or not isinstance(public_id, str) or not url.startswith("https://"):
            raise PhotoStoreError("Cloudinary's answer names no https address.", permanent=False)
        return StoredCopy(url, public_id)


def _library() -> tuple[ModuleType, ModuleType]:
    """The official library, loaded when the first photo goes out."""
    return importlib.import_module("cloudinary.uploader"), importlib.import_module("cloudinary.exceptions")


def _public_id(url: str) -> str:
    """`https://…/upload/v17/meter-photos/ab12.jpg` → `meter-photos/ab12`."""
    path = urlsplit(url).path.partition("/upload/")[2]
    found = _STORED.fullmatch(path)
    if found is None:
        raise PhotoStoreError("This is no address of a photo at Cloudinary.", permanent=True)
    return found["name"]
