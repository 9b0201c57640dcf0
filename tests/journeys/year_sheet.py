"""A year's books as somebody would keep them in a spreadsheet: whole paise and hundredths of a unit.

Written from the rules in words; nothing of the project is imported, so that the two can only agree by being right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DUE_DAYS = 10
REMINDED = (-3, 0, 3)
NINE = {"C14-SF", "D3-SF", "D4-SF"}
BY_TYPE = {"5BHK": 231100, "4BHK": 189000, "2BHK": 147400}


@dataclass
class Line:
    """One line of a flat's account; more than zero is owed. A crossed-out pair is a mistake and what undid it."""

    day: date
    kind: str
    paise: int
    crossed: bool = False
    given_back: int = 0
    """Of a payment: how much of it went back to the payer."""


@dataclass
class Bill:
    """One bill of a flat; its charge is a line of the account."""

    read_on: date
    issued: date
    units: int
    share: int
    rate: int
    energy: int
    fixed: int
    before: int
    charge: Line

    @property
    def due(self) -> date:
        return self.issued + timedelta(days=DUE_DAYS)

    @property
    def total(self) -> int:
        return self.energy + self.fixed + self.before


@dataclass
class Flat:
    """A flat's column. `read` are its days of reading with the units; `reached`: its owner has a phone in the chat."""

    code: str
    rate: int
    fixed: int
    motor: str | None
    meter: str
    reached: bool = False
    saying: bool = False
    """The owner says that they paid, and nobody has looked yet."""
    read: list[tuple[date, int]] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def owed(self) -> int:
        return sum(line.paise for line in self.lines)

    @property
    def live_bills(self) -> list[Bill]:
        return [bill for bill in self.bills if not bill.charge.crossed]

    def write(self, day: date, kind: str, paise: int) -> Line:
        self.lines.append(Line(day, kind, paise))
        return self.lines[-1]

    def bill(self, issued: date, read_on: date, units: int, share: int = 0) -> Bill:
        """Energy is rounded half up to a paisa; a flat at ₹9 has no fixed charge."""
        energy = ((units + share) * self.rate + 50) // 100
        before = self.owed
        charge = self.write(issued, "CHARGE", energy + self.fixed)
        self.bills.append(Bill(read_on, issued, units, share, self.rate, energy, self.fixed, before, charge))
        return self.bills[-1]

    def pays(self, day: date, paise: int) -> Line:
        return self.write(day, "PAYMENT", -paise)

    def undo(self, day: date, line: Line) -> None:
        """A reversal of the whole line: both are crossed out."""
        line.crossed = True
        self.write(day, "REVERSAL", -line.paise).crossed = True

    def give_back(self, day: date, paise: int, payment: Line) -> None:
        """A part of a payment returns to the payer: the payment counts with the rest."""
        payment.given_back += paise
        self.write(day, "REFUND", paise).crossed = True

    def status(self, bill: Bill, today: date) -> str:
        """Money settles the oldest debt first; a bill is paid when all up to its own charge is settled."""
        if bill.charge.crossed:
            return "void"
        live = [line for line in self.lines if not line.crossed]
        money = -sum(line.paise + line.given_back for line in live if line.paise < 0)
        above = sum(line.paise for line in live[: _place(live, bill.charge)] if line.paise > 0)
        if money >= above + bill.charge.paise:
            return "paid"
        if today > bill.due:
            return "overdue"
        return "partially_paid" if money > above else "pending"

    def is_reminded(self, today: date) -> bool:
        """Three days before the newest bill is due, on the day, and three days after, while something is owed."""
        if not self.live_bills or not self.reached or self.saying or self.owed <= 0:
            return False
        newest = self.live_bills[-1]
        days = [newest.due + timedelta(days=days) for days in REMINDED]
        return today in days and self.status(newest, today) != "paid"

    def units_since(self, first: date) -> int:
        """Units of the month that begins then; of a flat nobody read, its usual ones."""
        return self.read[-1][1] if self.read[-1][0] >= first else self.usual(first)

    def usual(self, first: date) -> int:
        """Average of the last three readings before this day, hundredths of a unit, half up."""
        last = [units for day, units in self.read if day < first][-3:]
        return (2 * sum(last) + len(last)) // (2 * len(last))


def _place(lines: list[Line], wanted: Line) -> int:
    return next(number for number, line in enumerate(lines) if line is wanted)


Sheet = dict[str, Flat]


def split(whole: int, entered: dict[str, int], used: dict[str, int]) -> dict[str, int]:
    """A motor's units by use: what was entered stands, the rest goes by largest remainder, ties by flat code."""
    others = {code: units for code, units in sorted(used.items()) if code not in entered}
    rest, total = whole - sum(entered.values()), sum(others.values())
    shares = {code: rest * units // total for code, units in others.items()}
    left = rest - sum(shares.values())
    for code in sorted(others, key=lambda code: (-(rest * others[code] % total), code))[:left]:
        shares[code] += 1
    return {**shares, **entered}


def master(workbook: Path) -> Sheet:
    """The columns as the master workbook begins them."""
    from openpyxl import load_workbook

    sheet = load_workbook(workbook).active
    assert sheet is not None
    rows = sheet.iter_rows(min_row=4, values_only=True)
    flats = [_flat([_clean(cell) for cell in row]) for row in rows if row[0]]
    return {flat.code: flat for flat in flats}


def _flat(row: list[str]) -> Flat:
    unit, meter, motor = row[0], row[4], row[7]
    code = "-".join(unit.split("-")[-2:])
    rate = 900 if code in NINE else _paise(row[6]) or 1200
    fixed = next((paise for kind, paise in BY_TYPE.items() if unit.startswith(kind)), _paise(row[5]))
    return Flat(code, rate, 0 if rate == 900 else fixed, motor or None, meter)


def _clean(cell: Any) -> str:
    text = "" if cell is None else str(cell).replace("₹", "").replace(",", "").strip()
    return "" if text == "nan" else re.sub(r"\.0+$", "", text)


def _paise(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole or 0) * 100 + int((part + "00")[:2])
