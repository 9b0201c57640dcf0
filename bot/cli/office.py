"""Commands of the office: the tariff calculator and payments."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from bot.cli.app import Json, app, note, print_json, say, stop, typed
from bot.cli.session import at_work, no_flat, run, settings
from bot.i18n import Translator
from domain.identifiers import normalise_flat_code
from domain.money import ZERO, parse_rupees
from domain.payments import PaymentMethod, normalise_reference
from domain.period import local_date
from domain.units import NO_UNITS, parse_units
from jobs.record_payment import (
    AlreadyRecorded,
    BooksChanged,
    OtherAmount,
    PaymentSlip,
    Recorded,
    UnknownFlat,
    record,
)

if TYPE_CHECKING:
    from jobs.quote import Quote

_t = Translator("en")
_MINUS = ("-", "−", "–")


def _outstanding(text: str) -> Decimal:
    """Rupees; below zero it is credit."""
    sign, digits = (-1, text[1:]) if text[:1] in _MINUS else (1, text)
    return ZERO if set(digits) <= set("0.") else sign * parse_rupees(digits)


_Unit = Annotated[
    str, typer.Argument(metavar="UNIT", help="Flat code or unit identifier, such as B17-FF or 5BHK-B17-FF.")
]
_Units = typer.Option(parser=typed(parse_units), metavar="NUMBER", help="Units of the flat.")
_Share = typer.Option(parser=typed(parse_units), metavar="NUMBER", help="Units of the water motor.")
_Outstanding = typer.Option(
    parser=typed(_outstanding), metavar="RUPEES", help="Unpaid from before; below zero is credit."
)


@app.command("quote")
def quote(
    unit: _Unit,
    units: Annotated[Decimal, _Units],
    share: Annotated[Decimal, _Share] = NO_UNITS,
    outstanding: Annotated[Decimal, _Outstanding] = ZERO,
    json: Json = False,
) -> None:
    """The sum without making a bill."""
    typed(normalise_flat_code)(unit)
    found = run(_quote(unit, units, share, outstanding))
    if json:
        print_json(_quote_json(found))
    else:
        _show_quote(found)


async def _quote(unit: str, units: Decimal, share: Decimal, outstanding: Decimal) -> Quote:
    from jobs.quote import UnknownUnit
    from jobs.quote import quote as priced

    async with at_work(settings()) as work:
        found = await priced(work, unit, units, share, outstanding)
        return await no_flat(work, found.flat_code) if isinstance(found, UnknownUnit) else found


def _quote_json(found: Quote) -> dict[str, str]:
    amounts = found.amounts
    figures = {
        "rate_per_unit": amounts.rate_per_unit,
        "fixed_charge": amounts.fixed_charge,
        "flat_units": amounts.flat_units,
        "water_motor_share": amounts.water_motor_share,
        "total_units": amounts.total_units,
        "energy_charge": amounts.energy_charge,
        "previous_outstanding": amounts.previous_outstanding,
        "total_amount": amounts.total_amount,
    }
    return {name: f"{figure:.2f}" for name, figure in figures.items()}


def _show_quote(found: Quote) -> None:
    amounts = found.amounts
    if not found.known:
        note(f"{found.flat_code} is not on record: priced by its identifier alone.")
    if found.tariff.is_default:
        note("Something is missing in the master data: default prices were used.")
    say(f"{found.flat_code}: {_t.rupees(amounts.total_amount)}")
    say(
        f"({_t.number(amounts.flat_units)} units + {_t.number(amounts.water_motor_share)} motor) × "
        f"{_t.rupees(amounts.rate_per_unit)} = {_t.rupees(amounts.energy_charge)}"
    )
    say(f"Fixed charge {_t.rupees(amounts.fixed_charge)}")
    if amounts.previous_outstanding != ZERO:
        say(f"Unpaid from before {_t.rupees(amounts.previous_outstanding)}")


_Flat = typer.Argument(parser=typed(normalise_flat_code), metavar="FLAT", help="Flat code, such as B17-FF.")
_Amount = typer.Argument(parser=typed(parse_rupees), metavar="AMOUNT", help="Rupees, such as 1842 or 1,842.50.")


@app.command("pay")
def pay(
    flat: Annotated[str, _Flat],
    amount: Annotated[Decimal, _Amount],
    method: Annotated[PaymentMethod, typer.Option(help="How it was paid.")],
    reference: Annotated[str, typer.Option(help="Receipt number, UTR or the like; the same one counts once.")],
    json: Json = False,
) -> None:
    """Records a payment; the owner gets a receipt."""
    typed(partial(normalise_reference, method))(reference)
    slip = PaymentSlip(flat, amount, method, reference)
    outcome = run(_pay(slip))
    if json:
        print_json(_payment_json(slip, outcome))
    else:
        say(_payment_text(slip, outcome))


async def _pay(slip: PaymentSlip) -> Recorded | AlreadyRecorded:
    async with at_work(settings()) as work:
        outcome = await record(work, slip, f"cli:{uuid4()}")  # the reference is what makes it count once
        match outcome:
            case UnknownFlat(code):
                await no_flat(work, code)
            case OtherAmount(payment):
                there = f"{_t.rupees(payment.amount)} of {_t.day(local_date(payment.recorded_at, work.society.zone))}"
                stop(f"Reference {slip.reference} is there for {slip.flat_code} with {there}. Nothing was recorded.")
            case BooksChanged():
                stop("What is owed changed at this moment. Nothing was recorded; run it again.")
    return outcome


def _payment_json(slip: PaymentSlip, outcome: Recorded | AlreadyRecorded) -> dict[str, Any]:
    recorded = isinstance(outcome, Recorded)
    return {
        "flat": slip.flat_code,
        "amount": f"{slip.amount:.2f}",
        "method": slip.method.value,
        "reference": slip.reference,
        "recorded": recorded,
        "already_recorded": isinstance(outcome, AlreadyRecorded),
        "balance": f"{outcome.left:.2f}" if isinstance(outcome, Recorded) else None,
    }


def _payment_text(slip: PaymentSlip, outcome: Recorded | AlreadyRecorded) -> str:
    paid = f"{_t.rupees(slip.amount)} {slip.method} for {slip.flat_code}"
    if isinstance(outcome, Recorded):
        left = "In credit" if outcome.left < ZERO else "Left to pay"
        return f"Recorded {paid}. {left}: {_t.rupees(abs(outcome.left))}"
    return f"{paid}, reference {slip.reference}, was recorded before. Nothing was recorded again."
