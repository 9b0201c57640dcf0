"""What a message is told in where a channel has buttons, lists and links, but one kind at a time.

All words in them are formatted and fit the limits of their kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Photo:
    """A row of `photos`."""

    id: int


@dataclass(frozen=True, slots=True)
class File:
    """A document and its name."""

    name: str
    content: bytes


Media: TypeAlias = Photo | File


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be pressed: `id` comes back, `title` and `about` are read."""

    id: str
    title: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Text alone."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo or document, with text below it or without."""

    media: Media
    text: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    """Text with up to three buttons, below a photo or document."""

    text: str
    choices: tuple[Choice, ...]
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Text with a list of up to ten choices that `opener` opens."""

    text: str
    opener: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Text with one button that opens an address, below a photo or document."""

    text: str
    label: str
    address: str
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class AskNumber:
    """Text with a button by which people give their own number."""

    text: str


Piece: TypeAlias = Words | Shown | Buttons | Rows | Link | AskNumber
