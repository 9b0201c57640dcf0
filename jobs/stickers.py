"""Stickers for meters: a code each for good, and the links that it makes where we are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from domain.identifiers import block_of, walking_order
from domain.slip_code import LETTERS
from domain.sticker_code import LEADING, LENGTH, START, WORD, grouped
from jobs.people import our_chat
from jobs.trail import write_down
from storage import channel_accounts, stickers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.work import Work
    from storage.stickers import Stickable

MOTORS: Final = "MOTORS"
"""Motors are a block of their own."""
MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Sticker:
    """One sticker. `code` as it is read and typed; `telegram` and `whatsapp` are links that say it, where we are."""

    place: str
    number: str
    is_motor: bool
    code: str
    telegram: str | None
    whatsapp: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is glued in one block, in walking order."""

    block: str
    stickers: tuple[Sticker, ...]


@dataclass(frozen=True, slots=True)
class NoSuchBlock:
    """Nothing was made; `blocks` are those that there are."""

    blocks: tuple[str, ...]


class TooManyStickersError(Exception):
    """So many stickers are not made at once."""


async def blocks(work: Work) -> dict[str, int]:
    """How many meters each block has, in walking order, the motors last."""
    return {block: len(lines) for block, lines in _by_block(await stickers.stickable(work.conn)).items()}


async def make(work: Work, block: str = "") -> list[Sheet] | NoSuchBlock:
    """The stickers of one block, or of all (empty). A meter keeps the code that it was given first.

    Raises TooManyStickersError beyond `MOST`.
    """
    found = _by_block(await stickers.stickable(work.conn))
    wanted = {name: lines for name, lines in found.items() if not block or name == block}
    if not wanted:
        return NoSuchBlock(tuple(found))
    lines = [line for one in wanted.values() for line in one]
    if len(lines) > MOST:
        raise TooManyStickersError(len(lines))
    codes = await _codes(work, lines)
    bot, number = await our_chat(work), await channel_accounts.name(work.conn, "whatsapp")
    return [Sheet(name, tuple(_sticker(one, codes, bot, number) for one in lines)) for name, lines in wanted.items()]


def _by_block(lines: Sequence[Stickable]) -> dict[str, list[Stickable]]:
    found: dict[str, list[Stickable]] = {}
    for line in sorted(lines, key=lambda one: (one.is_motor, walking_order(one.place), one.meter_id)):
        found.setdefault(MOTORS if line.is_motor else block_of(line.place), []).append(line)
    return found


async def _codes(work: Work, lines: Sequence[Stickable]) -> dict[int, str]:
    known = {line.meter_id: line.code for line in lines if line.code}
    lacking = {line.meter_id: _new_code() for line in lines if not line.code}
    if lacking:
        await write_down(work, "stickers.made", "meters", str(len(lacking)), after={"meters": sorted(lacking)})
    return known | await stickers.give(work.conn, lacking)


def _new_code() -> str:
    """49 bits: nothing that the meter or the flat could be told from."""
    return secrets.choice(LEADING) + "".join(secrets.choice(LETTERS) for _ in range(LENGTH - 1))


def _sticker(line: Stickable, codes: dict[int, str], bot: str | None, number: str | None) -> Sticker:
    code = codes[line.meter_id]
    telegram = f"{bot}?start={START}{code}" if bot else None
    whatsapp = f"https://wa.me/{number}?text={quote(f'{WORD} {code}')}" if number else None
    return Sticker(line.place, line.number, line.is_motor, grouped(code), telegram, whatsapp)
