"""Documents on paper: bills, receipts and notes as PDF, made by typst from templates in `data/templates`.

Facts go in as JSON, never as template text, already in the reader's words; the reader's language is in them.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import typst

_TEMPLATES = Path(__file__).parent.parent / "data" / "templates"
PHOTO = "photo.jpg"
"""The name by which facts refer to the photo given beside them."""
_SHARP = 144
"""Dots an inch of a picture."""
LARGEST_BATCH = 500
"""Pages in one file."""
_COUNT = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")


class Template(StrEnum):
    """What can be printed."""

    BILLS = "bills.typ"
    SLIP = "slip.typ"
    MONTH = "month.typ"
    INVITES = "invites.typ"
    STICKERS = "stickers.typ"


class DocumentError(Exception):
    """The document could not be made. Please tell whoever looks after the service."""


def pdf(template: Template, facts: Mapping[str, Any], *, at: datetime, photo: bytes | None = None) -> bytes:
    """The document as one PDF file dated `at`; `photo` is a JPEG that the facts name `PHOTO`.

    Takes tens of milliseconds a page of processor time: not to be called on the event loop for more than a few pages.
    Raises DocumentError.
    """
    with _folder(photo) as folder:
        return _made(folder / template, "pdf", facts, at.replace(microsecond=0))


def picture(template: Template, facts: Mapping[str, Any]) -> bytes:
    """The document as one PNG, as sharp as phones show it. Raises DocumentError, for more than a page too."""
    return _made(_TEMPLATES / template, "png", facts, None)


def _made(source: Path, kind: Literal["pdf", "png"], facts: Mapping[str, Any], stamp: datetime | None) -> bytes:
    from typst import TypstError

    inputs = {"facts": json.dumps(facts)}
    try:
        made = _compiler(source).compile(format=kind, ppi=_SHARP, sys_inputs=inputs, timestamp=stamp)
    except TypstError as error:
        raise DocumentError(error.message) from error
    if not isinstance(made, bytes):
        raise DocumentError(source.name)
    return made


def bills_facts(common: Mapping[str, Any], bills: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of a file of bills, one a page. Raises DocumentError for none, or more than `LARGEST_BATCH`."""
    if not 0 < len(bills) <= LARGEST_BATCH:
        raise DocumentError(f"{len(bills)} bills in one file")
    return {**common, "bills": list(bills)}


def bills_pdf(facts: Mapping[str, Any], *, at: datetime, photo: bytes | None = None) -> bytes:
    """A file of `bills_facts` with exactly a page a bill: smaller where it would need more. Raises DocumentError."""
    made = pdf(Template.BILLS, facts, at=at, photo=photo)
    if page_count(made) == len(facts["bills"]):
        return made
    return pdf(Template.BILLS, {**facts, "fit": True}, at=at, photo=photo)


def page_count(made: bytes) -> int:
    """Pages of a file that `pdf` made: what the root of its page tree says."""
    return max(map(int, _COUNT.findall(made)), default=0)


@contextmanager
def _folder(photo: bytes | None) -> Iterator[Path]:
    """Where the templates are; a copy of them beside the photo where there is one, for pictures are files."""
    if photo is None:
        yield _TEMPLATES
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(_TEMPLATES, folder, dirs_exist_ok=True)
        (folder / PHOTO).write_bytes(photo)
        yield folder


def _compiler(source: Path) -> typst.Compiler:
    from typst import Compiler

    return Compiler(str(source), root=str(source.parent), font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    """Noto Sans with Devanagari, from their packages: what the machine has installed does not matter."""
    import fontpkg_noto_sans as latin
    import fontpkg_noto_sans_devanagari as devanagari
    from typst import Fonts

    folders = {str(path.parent) for package in (latin, devanagari) for path in _fonts_in(package.__file__)}
    return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=sorted(folders))


def _fonts_in(package_file: str | None) -> list[Path]:
    return list(Path(package_file or "").parent.rglob("*.ttf"))
