"""A look at the society's data for the installer: how much there is, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.period import Month
from domain.tariff import effective_tariff, tariff_in_force
from storage import ai_spending, flats, hook_refusals, overview, parked, photos, tariffs

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.ai_spending import Spent, Trouble
    from storage.hook_refusals import HookRefusal
    from storage.overview import Overview
    from storage.parked import ParkedFlat


@dataclass(frozen=True, slots=True)
class Examination:
    """`default_priced` and `without_owner` are flat codes; `master_data` says whether any tariff is loaded."""

    counts: Overview
    default_priced: tuple[str, ...]
    without_owner: tuple[str, ...]
    parked: tuple[ParkedFlat, ...]
    master_data: bool
    ai_spent: Spent
    """This month, on OpenAI."""
    ai_troubles: tuple[Trouble, ...] = ()
    photos_kept_outside: int = 0
    """Copies of photos whose time was over, which the outside store refused to delete."""
    refused_hooks: tuple[HookRefusal, ...] = ()


async def examine(work: Work) -> Examination:
    """Look, changing nothing."""
    rows = await tariffs.all_tariff_rows(work.conn)
    homes = await flats.all_flats(work.conn)
    default_priced = [
        flat.code
        for flat in homes
        if effective_tariff(
            tariff_in_force(rows.get(flat.id, []), work.today), flat.unit_id, flat.code, flat.type_name
        ).is_default
    ]
    return Examination(
        counts=await overview.overview(work.conn),
        default_priced=tuple(default_priced),
        without_owner=tuple(await flats.meters_without_owner(work.conn)),
        parked=tuple(await parked.parked_flats(work.conn)),
        master_data=await tariffs.any_tariff(work.conn),
        ai_spent=await ai_spending.spent(work.conn, Month.of(work.today).first_day),
        ai_troubles=tuple(await ai_spending.troubles(work.conn)),
        photos_kept_outside=await photos.copies_left(work.conn),
        refused_hooks=tuple(await hook_refusals.recent(work.conn)),
    )
