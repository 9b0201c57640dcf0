"""From what somebody typed to the meter that is meant, or what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass

from domain.identifiers import near_misses
from storage import meters
from storage.database import Connection
from storage.meters import Meter

MOST_NEAR_MISSES = 4


@dataclass(frozen=True, slots=True)
class NoSuchTarget:
    """Neither a flat, a motor nor a meter; `near` are codes, names or numbers it may have been meant to be."""

    target: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoMeter:
    """The flat, or the motor, exists and has no meter."""

    flat_code: str


@dataclass(frozen=True, slots=True)
class NoFlat:
    """The meter is of no flat and of no motor."""

    meter: Meter


@dataclass(frozen=True, slots=True)
class NoOwner:
    """The meter's flat has no owner who could be billed."""

    meter: Meter


@dataclass(frozen=True, slots=True)
class Inactive:
    """The meter is out of use; `successor` is the number of the flat's meter that is in use."""

    meter: Meter
    successor: str | None


@dataclass(frozen=True, slots=True)
class SeveralMeters:
    """The flat has several meters in use, or several meters in use carry the number."""

    target: str
    meters: tuple[Meter, ...]


NotFound = NoSuchTarget | NoMeter | NoFlat | NoOwner | Inactive | SeveralMeters


async def find_meter(conn: Connection, target: str) -> Meter | NotFound:
    """The meter in use that `target` (meter number, flat code or motor name, normalised) names."""
    found = await _candidates(conn, target)
    active = [meter for meter in found if meter.active]
    if len(active) == 1:
        return _usable(active[0])
    if active:
        return SeveralMeters(target, tuple(active))
    if found:
        return Inactive(found[0], await _successor(conn, found[0]))
    if await meters.flat_exists(conn, target) or await meters.motor_exists(conn, target):
        return NoMeter(target)
    return NoSuchTarget(target, tuple(await _near(conn, target)))


async def _candidates(conn: Connection, target: str) -> list[Meter]:
    """What carries this name, the likelier kind of name first."""
    lookups = [meters.with_number, meters.of_flat, meters.of_motor]
    if not target.isdecimal():
        lookups = [meters.of_flat, meters.with_number, meters.of_motor]
    for lookup in lookups:
        if found := await lookup(conn, target):
            return found
    return []


def _usable(meter: Meter) -> Meter | NotFound:
    if meter.measures is not None:
        return meter
    if meter.flat_code is None:
        return NoFlat(meter)
    return meter if meter.owner_name is not None else NoOwner(meter)


async def _successor(conn: Connection, meter: Meter) -> str | None:
    others = await meters.of_flat(conn, meter.flat_code) if meter.flat_code else []
    return next((other.number for other in others if other.active), None)


async def _near(conn: Connection, target: str) -> list[str]:
    known = await meters.meter_numbers(conn) if target.isdecimal() else await meters.places(conn)
    return near_misses(target, known, MOST_NEAR_MISSES)
