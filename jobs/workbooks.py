"""Tables that leave the house as workbooks: facts here, the file made by whoever the composition root chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: its name, headings, and rows in their order. Texts stay texts, whatever they begin with."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


Writer = Callable[[Sequence[Table]], bytes]

_WRITERS: list[Writer] = []


def written_by(writer: Writer) -> None:
    """From now on this makes the files."""
    _WRITERS[:] = [writer]


def workbook(tables: Sequence[Table]) -> bytes:
    """The tables as one .xlsx file, a sheet each."""
    return _WRITERS[0](tables)
