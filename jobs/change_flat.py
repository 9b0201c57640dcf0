"""A flat as the office sees it, and what the office may change: owner, tenant, phone, meter, motor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.period import Month
from domain.tariff import Tariff, effective_tariff, tariff_in_force
from jobs.people import owner_number_changed
from jobs.phones import normalise_phone
from jobs.trail import write_down
from storage import (
    accounts,
    bill_links,
    bills,
    cant_read,
    channel_accounts,
    flat_changes,
    flats,
    invites,
    meters,
    parked,
    people,
    reach,
    tariffs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from jobs.work import Work
    from storage.bills import Bill
    from storage.cant_read import CantRead
    from storage.flats import Flat, FlatOwner, Tenant
    from storage.reach import OwnerReach

BILLS_SHOWN = 6


class Field(StrEnum):
    """What can be changed about a flat."""

    OWNER = "owner"
    TENANT = "tenant"
    PHONE = "phone"
    METER = "meter"
    MOTOR = "motor"


@dataclass(frozen=True, slots=True)
class FlatSheet:
    """All about a flat on one card. `balance` in rupees, negative is credit; `bills` newest first."""

    flat: Flat
    owners: tuple[FlatOwner, ...]
    reached: tuple[OwnerReach, ...]
    tenant: Tenant | None
    tariff: Tariff
    balance: Decimal
    bills: tuple[Bill, ...]
    parked: str | None
    has_whatsapp: bool = False
    """Whether we are on WhatsApp at all."""
    digits: int | None = None
    """Whole digits of the meter's register, where they are known."""
    in_vain: CantRead | None = None
    """Why the meter could not be read this month, until it is."""

    @property
    def may_agree(self) -> bool:
        """Whether the office may note that the primary owner wants messages on WhatsApp, where none go now."""
        return self.has_whatsapp and bool(self.reached) and "whatsapp" not in self.reached[0].channels

    def value(self, field: Field) -> str:
        """What the field says now; empty where nothing does."""
        tenant = self.tenant
        return {
            Field.OWNER: ", ".join(owner.name for owner in self.owners),
            Field.TENANT: " ".join(filter(None, (tenant.name, tenant.phone))) if tenant else "",
            Field.PHONE: (self.owners[0].phone or "") if self.owners else "",
            Field.METER: self.flat.meter_number or "",
            Field.MOTOR: self.flat.motor or "",
        }[field]


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it was shown: `before` is what the field said then. An empty `name` takes away what was there.

    `name` is the owner, tenant, meter number or motor; `phone` goes with an owner, a tenant, or stands alone.
    """

    field: Field
    before: str
    name: str = ""
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """Done; `sheet` is how it stands."""

    sheet: FlatSheet
    before: str


@dataclass(frozen=True, slots=True)
class NotAsShown:
    """Somebody changed the field since it was shown: nothing was done."""

    sheet: FlatSheet


@dataclass(frozen=True, slots=True)
class MeterTaken:
    """Another flat or motor has an active meter with this number."""

    sheet: FlatSheet
    holder: str


@dataclass(frozen=True, slots=True)
class NoOwner:
    """A phone needs an owner whose it is."""

    sheet: FlatSheet


async def sheet(work: Work, code: str) -> FlatSheet | None:
    """The flat with this normalised code, as it stands now."""
    flat = await flats.get_flat(work.conn, code)
    return await _sheet(work, flat) if flat else None


async def change(work: Work, code: str, wanted: Change) -> Changed | NotAsShown | MeterTaken | NoOwner:
    """Make the change if the field still says what was shown; recorded with before and after."""
    flat = await flats.get_flat(work.conn, code)
    if flat is None:
        raise LookupError(code)
    if wanted.field is Field.METER:
        await flat_changes.hold_meter_numbers(work.conn)
    await flats.lock_flats(work.conn, [flat.id])
    seen = await _sheet(work, await flats.flat_by_id(work.conn, flat.id) or flat)
    refusal = await _refusal(work, seen, wanted)
    if refusal is not None:
        return refusal
    await _MAKE[wanted.field](work, seen, wanted)
    after = await _sheet(work, await flats.flat_by_id(work.conn, flat.id) or flat)
    await _record(work, wanted.field, seen, after)
    return Changed(after, wanted.before)


async def _sheet(work: Work, flat: Flat) -> FlatSheet:
    conn = work.conn
    row = tariff_in_force(await tariffs.tariff_rows(conn, flat.id), work.today)
    return FlatSheet(
        flat=flat,
        owners=tuple(await flats.owners_of(conn, flat.id)),
        reached=tuple((await reach.owners_reached(conn, [flat.id]))[flat.id]),
        tenant=next(iter(await flats.tenants(conn, flat.id)), None),
        tariff=effective_tariff(row, flat.unit_id, flat.code, flat.type_name),
        balance=await accounts.balance(conn, flat.id),
        bills=tuple(await bills.history(conn, flat.id, BILLS_SHOWN)),
        parked=await parked.is_parked(conn, flat.id),
        has_whatsapp=await channel_accounts.name(conn, "whatsapp") is not None,
        digits=(await meters.get_meter(conn, flat.meter_id)).digits if flat.meter_id else None,
        in_vain=(await cant_read.cant_read(conn, Month.of(work.today))).get(flat.meter_id) if flat.meter_id else None,
    )


async def _refusal(work: Work, seen: FlatSheet, wanted: Change) -> NotAsShown | MeterTaken | NoOwner | None:
    if seen.value(wanted.field) != wanted.before:
        return NotAsShown(seen)
    if wanted.field is Field.PHONE and not seen.owners:
        return NoOwner(seen)
    holder = await flat_changes.flat_of_meter(work.conn, wanted.name) if wanted.field is Field.METER else None
    return MeterTaken(seen, holder) if holder is not None else None


async def _new_owner(work: Work, seen: FlatSheet, wanted: Change) -> None:
    """The arrears stay on the flat; the owners of before lose their rights, pages and open invites at once."""
    flat_id = seen.flat.id
    await flat_changes.end_owners(work.conn, flat_id, work.today)
    await bill_links.revoke_for_flat(work.conn, flat_id, work.now)
    await invites.revoke_for_flat(work.conn, flat_id, work.now)
    owner_id = await flat_changes.add_owner(work.conn, flat_id, wanted.name, wanted.phone, work.now)
    known = await people.person_by_phone(work.conn, wanted.phone) if wanted.phone else None
    if known is not None:
        await people.link_owners(work.conn, known.id, [owner_id])


async def _new_tenant(work: Work, seen: FlatSheet, wanted: Change) -> None:
    await flat_changes.set_tenant(work.conn, seen.flat.id, wanted.name or None, wanted.phone, work.today)


async def _new_phone(work: Work, seen: FlatSheet, wanted: Change) -> None:
    owner, number = seen.owners[0], normalise_phone(wanted.phone)
    await flat_changes.set_owner_phone(work.conn, owner.owner_id, number)
    await owner_number_changed(work, owner.owner_id, owner.name, owner.phone, number)


async def _new_meter(work: Work, seen: FlatSheet, wanted: Change) -> None:
    await flat_changes.set_meter(work.conn, seen.flat.id, wanted.name)


async def _new_motor(work: Work, seen: FlatSheet, wanted: Change) -> None:
    named = {motor.name: motor.id for motor in await flats.motors(work.conn)}
    await flat_changes.set_motor(work.conn, seen.flat.id, named[wanted.name] if wanted.name else None)


_MAKE = {
    Field.OWNER: _new_owner,
    Field.TENANT: _new_tenant,
    Field.PHONE: _new_phone,
    Field.METER: _new_meter,
    Field.MOTOR: _new_motor,
}


async def _record(work: Work, field: Field, before: FlatSheet, after: FlatSheet) -> None:
    await write_down(
        work,
        f"flat.{field.value}_changed",
        "flat",
        before.flat.code,
        before=_facts(before, field),
        after=_facts(after, field),
    )


def _facts(seen: FlatSheet, field: Field) -> Mapping[str, str]:
    facts = {field.value: seen.value(field)}
    return {**facts, "phone": seen.value(Field.PHONE)} if field is Field.OWNER else facts
