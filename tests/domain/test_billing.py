from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing import BillAmounts, BillSumError, NegativeUnitsError, first_free_start, may_approve, price
from domain.money import ZERO
from domain.tariff import Tariff, effective_tariff
from domain.units import UnitsError

TWELVE = Tariff(Decimal("12.00"), Decimal("1474.00"))


def bill(units: str, share: str, tariff: Tariff, outstanding: str, *, with_fixed_charge: bool = True) -> BillAmounts:
    return price(Decimal(units), Decimal(share), tariff, Decimal(outstanding), with_fixed_charge=with_fixed_charge)


def test_the_bill_of_the_screens() -> None:
    assert bill("1460", "3.20", TWELVE, "0") == BillAmounts(
        flat_units=Decimal("1460.00"),
        water_motor_share=Decimal("3.20"),
        total_units=Decimal("1463.20"),
        rate_per_unit=Decimal("12.00"),
        energy_charge=Decimal("17558.40"),
        fixed_charge=Decimal("1474.00"),
        previous_outstanding=ZERO,
        total_amount=Decimal("19032.40"),
    )


@pytest.mark.parametrize(
    ("units", "share", "rate", "fixed", "outstanding", "energy", "total"),
    [
        ("146", "3.20", "12", "1474", "0", "1790.40", "3264.40"),
        ("146", "3.20", "12", "1474", "3264.40", "1790.40", "6528.80"),
        ("100", "0", "9", "0", "0", "900.00", "900.00"),
        ("0", "0", "12", "2311", "0", "0.00", "2311.00"),
        ("0", "0", "9", "0", "0", "0.00", "0.00"),
        ("100", "0", "12", "0", "-500.25", "1200.00", "699.75"),
        ("100", "0", "12", "0", "-1500", "1200.00", "-300.00"),
        ("0.01", "0", "0.5", "0", "0", "0.01", "0.01"),
        ("0.01", "0", "0.49", "0", "0", "0.00", "0.00"),
        ("0.03", "0", "11.50", "0", "0", "0.35", "0.35"),
        ("1.11", "2.22", "11.35", "1857.005", "0.005", "37.80", "1894.82"),
        ("9999999.99", "0", "12", "0", "0", "119999999.88", "119999999.88"),
    ],
)
def test_worked_bills(
    *, units: str, share: str, rate: str, fixed: str, outstanding: str, energy: str, total: str
) -> None:
    made = bill(units, share, Tariff(Decimal(rate), Decimal(fixed)), outstanding)
    assert (str(made.energy_charge), str(made.total_amount)) == (energy, total)


@pytest.mark.parametrize(
    ("identifier", "energy", "fixed", "total"),
    [
        ("5BHK-B17-FF", "1752.00", "2311.00", "4063.00"),
        ("4BHK-B17-FF", "1752.00", "1890.00", "3642.00"),
        ("2BHK-B17-FF", "1752.00", "1474.00", "3226.00"),
        ("3BHK-B17-FF", "1752.00", "0.00", "1752.00"),
        ("5BHK-C14-SF", "1314.00", "0.00", "1314.00"),
        ("2BHK-D4-SF", "1314.00", "0.00", "1314.00"),
    ],
)
def test_146_units_by_type_without_a_master_workbook(identifier: str, energy: str, fixed: str, total: str) -> None:
    made = bill("146", "0", effective_tariff(None, identifier, identifier, None), "0")
    assert [str(made.energy_charge), str(made.fixed_charge), str(made.total_amount)] == [energy, fixed, total]


def test_every_figure_has_two_places_and_the_rate_stays_as_it_is() -> None:
    made = bill("1", "2", Tariff(Decimal("11.375"), Decimal(5)), "7")
    assert [str(made.flat_units), str(made.water_motor_share), str(made.total_units)] == ["1.00", "2.00", "3.00"]
    assert [str(made.energy_charge), str(made.fixed_charge)] == ["34.13", "5.00"]
    assert [str(made.previous_outstanding), str(made.total_amount)] == ["7.00", "46.13"]
    assert str(made.rate_per_unit) == "11.375"


def test_current_charges_leave_out_arrears() -> None:
    assert bill("100", "0", TWELVE, "5000").current_charges == Decimal("2674.00")


def test_a_further_bill_of_a_month_may_go_without_the_fixed_charge() -> None:
    without = bill("10", "0", TWELVE, "1", with_fixed_charge=False)
    assert (str(without.fixed_charge), str(without.total_amount)) == ("0.00", "121.00")
    assert bill("10", "0", TWELVE, "1").total_amount == Decimal("1595.00")


@pytest.mark.parametrize(("units", "share"), [("-0.01", "0"), ("0", "-0.01"), ("-5", "5")])
def test_negative_units_are_not_billed(units: str, share: str) -> None:
    with pytest.raises(NegativeUnitsError) as caught:
        bill(units, share, TWELVE, "0")
    assert caught.value.flat_units == Decimal(units)
    assert caught.value.water_motor_share == Decimal(share)
    assert str(caught.value).startswith(f"A bill cannot have {Decimal(units):.2f} units and {Decimal(share):.2f} of")


def test_units_that_are_no_number_are_refused() -> None:
    with pytest.raises(UnitsError):
        bill("NaN", "0", TWELVE, "0")


def test_a_bill_whose_lines_do_not_add_up_cannot_exist() -> None:
    one = Decimal(1)
    with pytest.raises(BillSumError) as caught:
        BillAmounts(one, one, Decimal(2), one, Decimal(2), one, one, Decimal(5))
    assert caught.value.total_amount == 5
    assert str(caught.value) == "The bill's lines do not add up to its total of 5."
    assert BillAmounts(one, one, Decimal(2), one, Decimal(2), one, one, Decimal(4)).current_charges == 3


UNITS = st.decimals(min_value=0, max_value=9_999_999, places=4)
RATES = st.decimals(min_value=0, max_value=100, places=4)
MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@given(UNITS, UNITS, RATES, MONEY.map(abs), MONEY)
def test_a_total_is_the_sum_of_its_rounded_lines(
    units: Decimal, share: Decimal, rate: Decimal, fixed: Decimal, outstanding: Decimal
) -> None:
    made = price(units, share, Tariff(rate, fixed), outstanding)
    assert made.total_amount == made.energy_charge + made.fixed_charge + made.previous_outstanding
    assert made.total_units == made.flat_units + made.water_motor_share
    assert abs(made.energy_charge - made.total_units * rate) <= Decimal("0.005")
    assert made.current_charges >= 0


def test_a_free_start_stays() -> None:
    assert first_free_start(date(2026, 10, 1), []) == date(2026, 10, 1)
    assert first_free_start(date(2026, 10, 1), [date(2026, 10, 2), date(2026, 9, 30)]) == date(2026, 10, 1)


def test_a_taken_start_moves_day_by_day_to_the_first_free_one() -> None:
    taken = [date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 4)]
    assert first_free_start(date(2026, 10, 1), taken) == date(2026, 10, 3)
    assert first_free_start(date(2026, 10, 4), taken) == date(2026, 10, 5)


def test_a_moved_start_may_pass_the_end_of_the_month() -> None:
    october = [date(2026, 10, 1) + timedelta(days=day) for day in range(31)]
    assert first_free_start(date(2026, 10, 1), october) == date(2026, 11, 1)


@given(st.dates(max_value=date(9000, 1, 1)), st.sets(st.integers(0, 60)))
def test_a_moved_start_is_free_and_the_earliest(start: date, offsets: set[int]) -> None:
    taken = {start + timedelta(days=offset) for offset in offsets}
    found = first_free_start(start, taken)
    assert found not in taken
    assert {start + timedelta(days=day) for day in range((found - start).days)} <= taken


@pytest.mark.parametrize(
    ("approver", "submitter", "single_admin", "allowed"),
    [(1, 2, False, True), (1, 1, False, False), (1, 1, True, True), (1, None, False, True), (1, 2, True, True)],
)
def test_nobody_approves_their_own_reading(
    *, approver: int, submitter: int | None, single_admin: bool, allowed: bool
) -> None:
    assert may_approve(approver, submitter, single_admin=single_admin) is allowed
