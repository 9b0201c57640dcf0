"""A shared motor as the office looks for it: its meter, its flats, what was read last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.target_text import take_target
from storage import flats, meters, readings

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.flats import Motor
    from storage.readings import PastReading

READINGS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class MotorSheet:
    """All about a motor on one card; `read` are its own meter's readings, newest first."""

    motor: Motor
    read: tuple[PastReading, ...]


async def find_motor(work: Work, typed: str) -> MotorSheet | None:
    """The motor with this name or meter number, however it was typed; none where it is neither."""
    name = await _name(work, typed)
    motor = next((one for one in await flats.motors(work.conn) if name and one.name.upper() == name.upper()), None)
    if motor is None:
        return None
    read = await readings.history(work.conn, motor.meter_id, READINGS_SHOWN) if motor.meter_id is not None else []
    return MotorSheet(motor, tuple(read))


async def _name(work: Work, typed: str) -> str | None:
    numbered = await meters.with_number(work.conn, typed.strip())
    if numbered:
        return numbered[0].measures
    target = take_target(" ".join(typed.upper().split()))
    return target.target if target and not target.rest else typed.strip()
