"""Dated master prices of flats (billing rule 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from domain.tariff import TariffRow

if TYPE_CHECKING:
    from decimal import Decimal

    from storage.database import Connection

ALWAYS: Final = date(2000, 1, 1)
"""From when a flat's first row counts."""


@dataclass(frozen=True, slots=True)
class NewTariff:
    """Prices of a flat from a day on, in rupees; None is a cell that was not filled in."""

    flat_id: int
    rate_per_unit: Decimal | None
    fixed_charge: Decimal | None
    valid_from: date
    source: str
    imported_by: int | None = None


async def tariff_rows(conn: Connection, flat_id: int) -> list[TariffRow]:
    """Return a flat's rows, the oldest first."""
    sql = "select rate_per_unit, fixed_charge, valid_from from tariffs where flat_id = $1 order by valid_from"
    return [TariffRow(**row) for row in await conn.fetch(sql, flat_id)]


async def all_tariff_rows(conn: Connection) -> dict[int, list[TariffRow]]:
    """Return every flat's rows by flat id, the oldest first."""
    sql = "select flat_id, rate_per_unit, fixed_charge, valid_from from tariffs order by flat_id, valid_from"
    rows: dict[int, list[TariffRow]] = {}
    for row in await conn.fetch(sql):
        found = TariffRow(row["rate_per_unit"], row["fixed_charge"], row["valid_from"])
        rows.setdefault(row["flat_id"], []).append(found)
    return rows


async def insert_tariff(conn: Connection, new: NewTariff) -> None:
    """Add a row, or replace the flat's row of the same day. A flat's first row always counts from 2000-01-01."""
    sql = """
        insert into tariffs (flat_id, rate_per_unit, fixed_charge, valid_from, source, imported_by)
        values ($1, $2, $3, case when exists (select from tariffs where flat_id = $1) then $4 else $7::date end, $5, $6)
        on conflict (flat_id, valid_from) do update
        set rate_per_unit = excluded.rate_per_unit, fixed_charge = excluded.fixed_charge, source = excluded.source,
            imported_by = excluded.imported_by, imported_at = now()"""
    values = (new.flat_id, new.rate_per_unit, new.fixed_charge, new.valid_from, new.source, new.imported_by)
    await conn.execute(sql, *values, ALWAYS)


async def any_tariff(conn: Connection) -> bool:
    """Say whether any master data is loaded; `run` warns while there is none."""
    return bool(await conn.fetchval("select exists (select from tariffs)"))
