"""Why a reading was not taken, in words for machines and the people who run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.web.problems import ApiProblem
from jobs.find_meter import Inactive, NoFlat, NoMeter, NoOwner, NoSuchTarget, SeveralMeters
from jobs.submit_reading import AlreadyBilled, BadDate, DateProblem, Duplicate, ShareOfMotor
from jobs.taken_out import TakenOut

if TYPE_CHECKING:
    from jobs.find_meter import NotFound
    from jobs.receive_reading import Refused


def problem_of(refused: Refused, named: str) -> ApiProblem:
    """The problem, with the field it is about; `named` is the field that said which meter."""
    match refused:
        case ShareOfMotor(meter):
            message = f"{meter.place} is a motor itself: only flats have a share of one."
            return ApiProblem(409, "share_of_motor", message, field="motor_share")
        case BadDate():
            return _bad_date(refused)
        case TakenOut(meter, on, value, swap):
            message = (
                f"Meter {meter.number} of {meter.place} was taken out with {swap.closing} on {swap.on}: "
                f"it cannot have shown {value} on {on}."
            )
            return ApiProblem(409, "meter_replaced", message, field="reading_value", replaced_on=str(swap.on))
        case Duplicate(reading):
            message = (
                f"{reading.flat_code} has a reading of {reading.date} that a person sent: {reading.value}. "
                "Send another reading_date, or have the office change it."
            )
            return ApiProblem(409, "duplicate_reading", message, field="reading_value", reading_id=reading.id)
        case AlreadyBilled(reading):
            message = f"The reading of {reading.date} is billed. The office can correct it."
            return ApiProblem(409, "already_billed", message, field="reading_date", reading_id=reading.id)
        case _:
            return no_meter(refused, named)


def no_meter(missing: NotFound, named: str) -> ApiProblem:
    """Why the field `named` names no meter that can be read."""
    match missing:
        case NoSuchTarget(target, near):
            return _unknown(target, near, named)
        case NoMeter(place):
            return ApiProblem(409, "no_meter", f"{place} has no meter.", field=named)
        case NoFlat(meter):
            return ApiProblem(409, "no_flat", f"Meter {meter.number} belongs to no flat and no motor.", field=named)
        case NoOwner(meter):
            message = f"{meter.place} has no owner who could be billed. The office can name one."
            return ApiProblem(409, "no_owner", message, field=named)
        case Inactive(meter, successor):
            instead = f" Its flat's meter is {successor}." if successor else ""
            return ApiProblem(409, "inactive_meter", f"Meter {meter.number} is out of use.{instead}", field=named)
        case SeveralMeters(target, meters):
            numbers = [meter.number for meter in meters]
            message = f"{target} has several meters: {', '.join(numbers)}. Send meter_number."
            return ApiProblem(409, "several_meters", message, field=named, near=numbers)
        case _:
            assert_never(missing)


def _unknown(target: str, near: tuple[str, ...], named: str) -> ApiProblem:
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    message = f"There is no meter, flat or motor {target}.{hint}"
    return ApiProblem(404, "unknown_meter", message, field=named, near=list(near))


def _bad_date(bad: BadDate) -> ApiProblem:
    match bad.problem:
        case DateProblem.FUTURE:
            message = f"reading_date {bad.on} is in the future: today is {bad.limit}."
            return ApiProblem(422, "future_date", message, field="reading_date")
        case DateProblem.BILLED:
            message = f"reading_date must be after {bad.limit}, up to which {bad.meter.place} is billed."
            return ApiProblem(409, "date_billed", message, field="reading_date", last_billed=str(bad.limit))
        case DateProblem.BEFORE_METER | DateProblem.AFTER_METER:
            when = "put in" if bad.problem is DateProblem.BEFORE_METER else "taken out"
            message = f"Meter {bad.meter.number} of {bad.meter.place} was {when} on {bad.limit}."
            return ApiProblem(409, "meter_replaced", message, field="reading_date", replaced_on=str(bad.limit))
        case _:
            assert_never(bad.problem)
