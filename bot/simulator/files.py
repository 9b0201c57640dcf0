"""Files that travelled through the simulated Telegram, by their ids; smaller sizes are made when asked for."""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from bot.simulator import errors, limits
from bot.simulator.shapes import Json

_THUMBNAILS = (("s", 90), ("m", 320))
_UNKNOWN_SIZE = (1280, 960)
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`longest_side` marks a thumbnail of `data`, which is scaled down only when somebody downloads it."""

    id: str
    unique_id: str
    path: str
    data: bytes
    name: str
    content_type: str
    width: int = 0
    height: int = 0
    longest_side: int = 0


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header alone, None when it is no picture. No pixel is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data)) as image:
                return image.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None


def check_photo(data: bytes) -> tuple[int, int]:
    """What Telegram demands of a photo a bot uploads; its width and height."""
    if not data:
        errors.FILE_EMPTY.refuse()
    if len(data) > limits.PHOTO_BYTES:
        errors.PHOTO_TOO_BIG.refuse(size=len(data), limit=limits.PHOTO_BYTES)
    size = image_size(data)
    if size is None:
        errors.PHOTO_UNREADABLE.refuse()
    if sum(size) > limits.PHOTO_SIDES or max(size) > limits.PHOTO_RATIO * min(size):
        errors.PHOTO_DIMENSIONS.refuse()
    return size


class FileStore:
    def __init__(self, first_id: int) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._next = first_id

    def get(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def add(
        self,
        folder: str,
        data: bytes,
        *,
        name: str = "",
        content_type: str = "",
        size: tuple[int, int] = (0, 0),
        longest_side: int = 0,
    ) -> StoredFile:
        number = self._next
        self._next += 1
        extension = _EXTENSIONS.get(content_type, "") or name.rpartition(".")[2] or "bin"
        stored = StoredFile(
            id=f"SimFile{number:08d}{folder[:1]}{longest_side}",
            unique_id=f"Sim{number:08d}",
            path=f"{folder}/file_{number}.{extension}",
            data=data,
            name=name,
            content_type=content_type,
            width=size[0],
            height=size[1],
            longest_side=longest_side,
        )
        self._by_id[stored.id] = self._by_path[stored.path] = stored
        return stored

    def add_photo(self, data: bytes, size: tuple[int, int] | None = None) -> list[Json]:
        """The `photo` of a message: its sizes, the smallest first, as Telegram sends them."""
        width, height = size or image_size(data) or _UNKNOWN_SIZE
        sides = [side for _, side in _THUMBNAILS if side < max(width, height)]
        stored = [
            self.add(
                "photos",
                data,
                content_type="image/jpeg",
                size=_scaled(width, height, side),
                longest_side=side,
            )
            for side in [*sides, 0]
        ]
        return [photo_size(file) for file in stored]


def photo_size(file: StoredFile) -> Json:
    size = {"file_id": file.id, "file_unique_id": file.unique_id, "width": file.width, "height": file.height}
    return size if file.longest_side else {**size, "file_size": len(file.data)}


def _scaled(width: int, height: int, side: int) -> tuple[int, int]:
    if not side:
        return width, height
    return max(1, width * side // max(width, height)), max(1, height * side // max(width, height))


def content_of(file: StoredFile) -> bytes:
    """The bytes to download; a thumbnail is scaled here."""
    if not file.longest_side:
        return file.data
    with Image.open(BytesIO(file.data)) as image:
        image.thumbnail((file.longest_side, file.longest_side))
        target = BytesIO()
        image.convert("RGB").save(target, "JPEG", quality=80)
        return target.getvalue()
