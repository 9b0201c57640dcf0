"""Files on their way through the simulated WhatsApp, by media id; addresses to download them live five minutes."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.simulator.files import FileStore, StoredFile, image_size
from bot.simulator.shapes import Json
from bot.simulator.whatsapp import errors, limits

_IMAGES = frozenset({"image/jpeg", "image/png"})
_DOCUMENTS = frozenset(
    [
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/plain",
    ]
)


@dataclass(frozen=True, slots=True)
class _Address:
    media_id: str
    until: float


class Media:
    def __init__(self, files: FileStore, clock: Callable[[], float], first_id: int) -> None:
        self._files = files
        self._clock = clock
        self._next = 1_000_000_000_000_000 + first_id
        self._by_id: dict[str, StoredFile] = {}
        self._addresses: dict[str, _Address] = {}

    def upload(self, data: bytes, content_type: str, name: str) -> str:
        """What a bot uploads; its media id. Raises GraphError for a kind or a size Meta would refuse."""
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in _IMAGES | _DOCUMENTS:
            allowed = ", ".join(sorted(_IMAGES | _DOCUMENTS))
            errors.INVALID.refuse(f"Param file must be a file with one of the following types: {allowed}, got {kind}")
        if not data:
            errors.MEDIA_REFUSED.refuse("The file is empty")
        if len(data) > (limits.IMAGE_BYTES if kind in _IMAGES else limits.DOCUMENT_BYTES):
            errors.MEDIA_REFUSED.refuse(f"The file is too large: {len(data)} bytes")
        if kind in _IMAGES and image_size(data) is None:
            errors.MEDIA_REFUSED.refuse("The file is no picture")
        return self.add(data, kind, name)

    def add(self, data: bytes, content_type: str, name: str = "") -> str:
        """Also what a person sends; its media id."""
        folder = "photos" if content_type in _IMAGES else "documents"
        return self.take(self._files.add(folder, data, name=name, content_type=content_type))

    def take(self, file: StoredFile) -> str:
        """A media id for a file that is known already."""
        media_id = str(self._next)
        self._next += 1
        self._by_id[media_id] = file
        return media_id

    def file(self, media_id: str) -> StoredFile:
        found = self._by_id.get(media_id)
        if found is None:
            errors.NO_OBJECT.refuse(f"Media ID {media_id} does not exist")
        return found

    def photo(self, media_id: str) -> list[Json]:
        """The sizes of a picture, as messages of this simulator keep them."""
        file = self.file(media_id)
        if file.content_type not in _IMAGES:
            errors.WRONG_VALUE.refuse(f"Media ID {media_id} is no image")
        return self._files.add_photo(file.data)

    def describe(self, media_id: str, root: str) -> Json:
        """What GET /{media_id} answers, with a fresh address."""
        file = self.file(media_id)
        word = secrets.token_urlsafe(24)
        self._addresses[word] = _Address(media_id, self._clock() + limits.MEDIA_URL_SECONDS)
        return {
            "messaging_product": "whatsapp",
            "url": f"{root}/{word}",
            "mime_type": file.content_type,
            "sha256": hashlib.sha256(file.data).hexdigest(),
            "file_size": len(file.data),
            "id": media_id,
        }

    def opened(self, word: str) -> StoredFile | None:
        """The file behind an address; None when it never was one, or is one no more."""
        address = self._addresses.get(word)
        return None if address is None or self._clock() > address.until else self._by_id[address.media_id]
