from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tariff import (
    DEFAULT_RATE,
    DefaultReason,
    FixedChargeBasis,
    Tariff,
    TariffRow,
    effective_tariff,
    tariff_in_force,
)

JANUARY = date(2026, 1, 1)


def row(rate: str | None, fixed: str | None, valid_from: date = JANUARY) -> TariffRow:
    return TariffRow(rate and Decimal(rate), fixed and Decimal(fixed), valid_from)  # type: ignore[arg-type]


FULL = row("11.50", "2000")


def test_the_row_in_force_is_the_latest_that_has_begun() -> None:
    old, new = row("10", "1", date(2026, 1, 1)), row("11", "1", date(2026, 10, 15))
    for rows in ([old, new], [new, old]):
        assert tariff_in_force(rows, date(2026, 10, 15)) is new
        assert tariff_in_force(rows, date(2026, 10, 14)) is old
        assert tariff_in_force(rows, date(2026, 1, 1)) is old
        assert tariff_in_force(rows, date(2025, 12, 31)) is None


def test_of_two_rows_from_the_same_day_the_last_loaded_counts() -> None:
    first, last = row("10", "1"), row("11", "1")
    assert tariff_in_force([first, last], JANUARY) is last


def test_no_rows_no_tariff() -> None:
    assert tariff_in_force([], JANUARY) is None


def test_the_master_decides_a_plain_unit() -> None:
    assert effective_tariff(FULL, "3BHK-C8-GF", "C8-GF", None) == Tariff(
        Decimal("11.50"), Decimal(2000), is_default=False, reasons=(), basis=FixedChargeBasis.MASTER
    )


@pytest.mark.parametrize(
    ("identifier", "flat_code", "flat_type", "fixed", "basis"),
    [
        ("5BHK-B17-FF", "B17-FF", None, "2311.00", "5BHK"),
        ("4BHK-B17-FF", "B17-FF", None, "1890.00", "4BHK"),
        ("2BHK-B17-FF", "B17-FF", None, "1474.00", "2BHK"),
        ("3BHK-B17-FF", "B17-FF", None, "2000", "master"),
        ("3BHK-B17-FF", "B17-FF", "5BHK", "2000", "master"),
        ("B17-FF", "B17-FF", "5BHK", "2311.00", "5BHK"),
        (None, "B17-FF", "4 bhk", "1890.00", "4BHK"),
        (None, "B17-FF", "2-BHK", "1474.00", "2BHK"),
        (None, "B17-FF", "3BHK", "2000", "master"),
        (None, "B17-FF", None, "2000", "master"),
        (None, "B17-FF", "", "2000", "master"),
        ("2BHK-B17-FF", "B17-FF", "5BHK", "1474.00", "2BHK"),
        (None, "5BHK-B17-FF", "2BHK", "2311.00", "5BHK"),
        ("VILLA-A2", "VILLA-A2", "4BHK", "2000", "master"),
        ("SCO-3", "SCO-3", None, "2000", "master"),
        (None, "SCO-3", "5BHK", "2000", "master"),
        (None, "—", "5BHK", "2311.00", "5BHK"),
        ("", "B17-FF", "5BHK", "2311.00", "5BHK"),
    ],
)
def test_bhk_decides_the_fixed_charge(
    *, identifier: str | None, flat_code: str, flat_type: str | None, fixed: str, basis: str
) -> None:
    tariff = effective_tariff(FULL, identifier, flat_code, flat_type)
    assert str(tariff.fixed_charge) == fixed
    assert tariff.basis == basis
    assert tariff.rate_per_unit == Decimal("11.50")
    assert (tariff.is_default, tariff.reasons) == (False, ())


@pytest.mark.parametrize("code", ["C14-SF", "D3-SF", "D4-SF"])
@pytest.mark.parametrize("master", [FULL, None, row(None, None), row("15", "1857")])
@pytest.mark.parametrize("prefix", [None, "", "5BHK-"])
def test_nine_rupee_flats_win_over_all_else(code: str, master: TariffRow | None, prefix: str | None) -> None:
    identifier = None if prefix is None else prefix + code
    tariff = effective_tariff(master, identifier, code, "5BHK")
    assert str(tariff.rate_per_unit) == "9.00"
    assert str(tariff.fixed_charge) == "0.00"
    assert (tariff.is_default, tariff.reasons, tariff.basis) == (False, (), FixedChargeBasis.WAIVED)


@pytest.mark.parametrize("flat_code", ["3BHK-C14-SF", "c14sf"])
def test_a_nine_rupee_flat_is_known_however_it_is_written(flat_code: str) -> None:
    assert effective_tariff(FULL, None, flat_code, None).rate_per_unit == 9
    assert effective_tariff(FULL, flat_code, "OLD-CODE", None).rate_per_unit == 9


@pytest.mark.parametrize("code", ["C14-FF", "C14-GF", "D3-FF", "D4-GF", "D13-SF", "C4-SF", "D5-SF"])
def test_their_neighbours_are_ordinary(code: str) -> None:
    tariff = effective_tariff(FULL, None, code, None)
    assert (tariff.rate_per_unit, tariff.fixed_charge) == (Decimal("11.50"), Decimal(2000))


@pytest.mark.parametrize("rate", ["9", "9.00", "9.0000"])
def test_a_unit_at_rate_nine_pays_no_fixed_charge(rate: str) -> None:
    tariff = effective_tariff(row(rate, "2157"), "5BHK-B17-FF", "B17-FF", "5BHK")
    assert tariff == Tariff(Decimal("9.00"), Decimal("0.00"), basis=FixedChargeBasis.WAIVED)


def test_nearly_nine_is_not_nine() -> None:
    tariff = effective_tariff(row("9.01", "2157"), None, "SCO-1", None)
    assert (tariff.rate_per_unit, tariff.fixed_charge) == (Decimal("9.01"), Decimal(2157))


NO_TARIFF, NO_RATE, NO_FIXED = DefaultReason


@pytest.mark.parametrize(
    ("master", "rate", "fixed", "reasons", "basis"),
    [
        (None, "12.00", "0.00", (NO_TARIFF,), "missing"),
        (row(None, "500"), "12.00", "500", (NO_RATE,), "master"),
        (row("0", "500"), "12.00", "500", (NO_RATE,), "master"),
        (row("NaN", "500"), "12.00", "500", (NO_RATE,), "master"),
        (row("-1", "500"), "12.00", "500", (NO_RATE,), "master"),
        (row("10", None), "10", "0.00", (NO_FIXED,), "missing"),
        (row("10", "0.00"), "10", "0.00", (NO_FIXED,), "missing"),
        (row("10", "NaN"), "10", "0.00", (NO_FIXED,), "missing"),
        (row("10", "Infinity"), "10", "0.00", (NO_FIXED,), "missing"),
        (row("10", "0.01"), "10", "0.01", (), "master"),
        (row("0.01", "1"), "0.01", "1", (), "master"),
        (row(None, None), "12.00", "0.00", (NO_RATE, NO_FIXED), "missing"),
    ],
)
def test_what_is_missing_is_defaulted_and_reported(
    *, master: TariffRow | None, rate: str, fixed: str, reasons: tuple[DefaultReason, ...], basis: str
) -> None:
    tariff = effective_tariff(master, None, "B17-FF", None)
    assert (str(tariff.rate_per_unit), str(tariff.fixed_charge)) == (rate, fixed)
    assert (tariff.is_default, tariff.reasons, tariff.basis) == (bool(reasons), reasons, basis)


def test_bhk_fills_a_missing_fixed_charge_but_the_rate_stays_reported() -> None:
    assert effective_tariff(None, "5BHK-B17-FF", "B17-FF", None) == Tariff(
        DEFAULT_RATE, Decimal("2311.00"), is_default=True, reasons=(NO_TARIFF,), basis=FixedChargeBasis.FIVE_BHK
    )
    assert effective_tariff(row("10", None), "2BHK-B17-FF", "B17-FF", None).reasons == ()


def test_a_tariff_by_itself_is_no_default() -> None:
    assert Tariff(Decimal(1), Decimal(2)) == Tariff(
        Decimal(1), Decimal(2), is_default=False, reasons=(), basis=FixedChargeBasis.MASTER
    )


CELLS = st.none() | st.decimals(min_value=-10, max_value=5000, places=2) | st.just(Decimal("NaN"))


@given(CELLS, CELLS, st.sampled_from(["C14-SF", "B17-FF", "SCO-3", "D4-SF"]), st.sampled_from([None, "5BHK", "villa"]))
def test_every_tariff_can_be_billed(
    rate: Decimal | None, fixed: Decimal | None, flat_code: str, flat_type: str | None
) -> None:
    tariff = effective_tariff(TariffRow(rate, fixed, JANUARY), None, flat_code, flat_type)
    assert tariff.rate_per_unit > 0
    assert tariff.fixed_charge >= 0
    assert tariff.rate_per_unit != 9 or tariff.fixed_charge == 0
    assert tariff.is_default == bool(tariff.reasons)
