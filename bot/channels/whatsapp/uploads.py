"""Photos and documents at WhatsApp: a photo is uploaded once, then named by the id that it got."""

from __future__ import annotations

import mimetypes
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.channels.degrade import Photo
from bot.channels.whatsapp.api import MaybeSentError, NotConnectedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.channels.degrade import Media
    from bot.channels.whatsapp.api import GraphApi
    from jobs.ports import Parcel

IMAGE: Final = 5_000_000
"""Bytes; what is larger is left out, the words go without it."""
DOCUMENT: Final = 100_000_000
_KEPT: Final = timedelta(days=25)
"""WhatsApp says 30."""
_REMEMBERED: Final = 2_000
_UNKNOWN: Final = "text/plain"


class Uploads:
    """What was uploaded by this process."""

    def __init__(self, api: GraphApi, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._clock = clock
        self._photos: OrderedDict[int, tuple[str, datetime]] = OrderedDict()

    async def id_of(self, parcel: Parcel, media: Media) -> str | None:
        """Its id at WhatsApp; None where it is gone or too large. Nobody is written to by it, so nothing is unknown."""
        try:
            return await (
                self._photo(parcel, media) if isinstance(media, Photo) else self._file(media.name, media.content)
            )
        except MaybeSentError as error:
            raise NotConnectedError(str(error)) from None

    def forget(self, photo_id: int) -> bool:
        """Its id is not good any more; whether there was one."""
        return self._photos.pop(photo_id, None) is not None

    async def _photo(self, parcel: Parcel, photo: Photo) -> str | None:
        known, since = self._photos.get(photo.id, ("", self._clock()))
        if known and self._clock() < since + _KEPT:
            return known
        content = await parcel.photo() if parcel.photo else None
        if not content or len(content) > IMAGE:
            return None
        self._photos[photo.id] = (await self._api.upload(content, "image/jpeg", f"{photo.id}.jpg"), self._clock())
        if len(self._photos) > _REMEMBERED:
            self._photos.popitem(last=False)
        return self._photos[photo.id][0]

    async def _file(self, name: str, content: bytes) -> str | None:
        if not content or len(content) > DOCUMENT:
            return None
        return await self._api.upload(content, mimetypes.guess_type(name)[0] or _UNKNOWN, name)
