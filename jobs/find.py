"""Search: from what an admin remembers to the flats it may be about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.errors import DomainError
from domain.identifiers import near_misses, normalise_flat_code
from domain.number_text import clean_text
from jobs.phones import normalise_phone
from storage import flats, search

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.search import Hit

MOST_HITS = 24
LONGEST_QUERY = 60
NATIONAL_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Found:
    """`hits` in order of flat, exact ones first; `more`: there are others. Without hits `near` may help."""

    query: str
    hits: tuple[Hit, ...]
    more: bool
    near: tuple[str, ...] = ()


async def find(work: Work, typed: str) -> Found:
    """Flats by part of their code, meter number, name or phone of owner or tenant, in any case and script of digits."""
    query = clean_text(typed)[:LONGEST_QUERY]
    hits = await search.flats_like(work.conn, _as_stored(query), MOST_HITS + 1)
    near = () if hits else tuple(await near_flats(work, query))
    return Found(query, tuple(hits[:MOST_HITS]), len(hits) > MOST_HITS, near)


def _as_stored(query: str) -> str:
    """A unit identifier as its flat code, a whole phone number without its country: as they may be stored."""
    try:
        return normalise_flat_code(query)
    except DomainError:
        phone = normalise_phone(query) if len(query) > NATIONAL_DIGITS and not query.isdecimal() else None
        return phone[-NATIONAL_DIGITS:] if phone else query


async def near_flats(work: Work, query: str) -> list[str]:
    """Codes of the flats that a mistyped code may have meant, the likeliest first."""
    try:
        code = normalise_flat_code(query)
    except DomainError:
        return []
    return near_misses(code, [flat.code for flat in await flats.all_flats(work.conn)])
