"""A bank statement's credits and what they are for: known, certain, or to be asked about."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.money import ZERO
from domain.number_text import clean_text
from domain.payments import PaymentMethod, PaymentReferenceError, alike, normalise_reference
from domain.utr import is_utr, method_of, parse_utr

SHORTEST_KEY = 6
"""Shorter references (receipt numbers, branch codes) say nothing."""
_TWELVE = re.compile(r"(?<![0-9A-Z])\d{12}(?![0-9A-Z])(?!(?:[._-]\d{1,2})?\s?@)", re.ASCII)
_PHONE = re.compile(r"91[6-9]\d{9}", re.ASCII)
_CHEQUE_NUMBER = re.compile(r"(?<![0-9A-Z])\d{6}(?![0-9A-Z])", re.ASCII)
_CHEQUE_DIGITS = 6
_NAMES_UPI = re.compile(r"UPI|IMPS|UTR|RRN", re.ASCII)
_NAMES_BANK = re.compile(r"NEFT|RTGS|UTR", re.ASCII)
_WORDS = re.compile(r"[A-Z0-9]+", re.ASCII)
_BILL = re.compile(
    r"(?<![A-Z])BILL(?P<gap>[\s.:#-]*)(?P<no>(?:NO|NUMBER)[\s.:#-]*)?"
    r"(?:(?P<year>20\d\d)[\s/-](?=\d))?+(?P<number>\d++)(?![/-]20\d\d(?!\d))",
    re.ASCII,
)
_OF_A_DAY = re.compile(
    r"(?:ST|ND|RD|TH)?[\s./-]*(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC)(?:UARY|RUARY|CH|IL|E|Y|UST"
    r"|TEMBER|OBER|EMBER)?(?![A-Z])|[./-]\d{1,2}[./-](?:20)?\d\d(?!\d)",
    re.ASCII,
)
_LAST_DAY = 31
_YEAR = re.compile(r"20\d\d", re.ASCII)
_LONGEST_BILL = 12
_MONTHS = frozenset(f"{month:02}" for month in range(1, 13))
_CHEQUE = re.compile(r"CHQ|CHEQUE|CLG|CLEARING")
_CASH = re.compile(r"\bCASH\b")
_LONGEST_CODE = 3


class Verdict(StrEnum):
    """What is to be done with a credit."""

    POST = "post"
    RECORDED = "recorded"
    ASK = "ask"


class Why(StrEnum):
    """By what a credit was matched, or why it is asked about."""

    CLAIM = "claim"
    CLAIM_FLAT = "claim_flat"
    NOTE = "note"
    PAYMENT = "payment"
    PAYMENT_FLAT = "payment_flat"
    PAYMENT_AGAIN = "payment_again"
    OTHER_AMOUNT = "other_amount"
    CLAIM_AMOUNT = "claim_amount"
    NOTE_AMOUNT = "note_amount"
    SEVERAL = "several"
    AMOUNT = "amount"
    AGAIN = "again"
    FUTURE = "future"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that came in on the bank account; `amount` in rupees, `text` all that the bank says about it."""

    id: int
    day: date
    amount: Decimal
    reference: str | None
    text: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Numbers under which the payment may be known, as they are compared; the best first."""
        own = reference_key(self.reference, self._said_method)
        if own is not None and is_utr(own):
            return (own,)
        named = utrs_in(self.text)
        if own is None and not named and self._said_method is PaymentMethod.CHEQUE:
            named = cheques_in(self.text)
        return tuple(dict.fromkeys(key for key in (*named, own) if key))

    @property
    def key(self) -> str | None:
        """The number under which it is posted."""
        return next(iter(self.keys), None)

    @property
    def printed(self) -> str | None:
        """That number as it is on the paper: a cheque's with its leading zeros."""
        return self.key.zfill(_CHEQUE_DIGITS) if self.key and self.method is PaymentMethod.CHEQUE else self.key

    @property
    def method(self) -> PaymentMethod:
        """How it was paid, as far as the bank's words tell."""
        return method_of(self.key) if self.key is not None and is_utr(self.key) else self._said_method

    @property
    def _said_method(self) -> PaymentMethod:
        words = self.text.upper()
        if "UPI" in words:
            return PaymentMethod.UPI
        if _CHEQUE.search(words):
            return PaymentMethod.CHEQUE
        return PaymentMethod.CASH if _CASH.search(words) else PaymentMethod.BANK


@dataclass(frozen=True, slots=True)
class OnAccount:
    """A live payment under one of the numbers; `stands`: it is what another row of a statement is about."""

    key: str
    flat_id: int
    amount: Decimal
    method: str = PaymentMethod.UPI
    entry_id: int = 0
    stands: bool = False


@dataclass(frozen=True, slots=True)
class SaidPaid:
    """A waiting claim under one of the numbers."""

    claim_id: int
    key: str
    flat_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Owing:
    """A flat: what it owes in rupees, and the total of its newest bill."""

    flat_id: int
    code: str
    owed: Decimal
    bill_total: Decimal | None

    def fits(self, amount: Decimal) -> bool:
        """Say whether `amount` is what is owed, or the newest bill while as much is owed."""
        return ZERO < amount <= self.owed and amount in {self.owed, self.bill_total}


@dataclass(frozen=True, slots=True)
class Books:
    """What credits are compared with; `bills` are the flats of the bills that they name."""

    payments: Sequence[OnAccount]
    claims: Sequence[SaidPaid]
    flats: Sequence[Owing]
    bills: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """A credit with what it may be for: `flats` are ids, one where it is certain.

    Where a flat is counted or claimed and the payer named others, it comes before them. `entry_id` is the payment by
    which a recorded one counts.
    """

    credit: Credit
    verdict: Verdict
    why: Why
    flats: tuple[int, ...] = ()
    claim_id: int | None = None
    entry_id: int | None = None


def same_number(key: str, method: str, other: PaymentMethod) -> bool:
    """Say whether payments by these methods with this number are one: a UTR is, a slip's number is no cheque's."""
    return is_utr(key) or method in alike(other)


def reference_key(reference: str | None, method: PaymentMethod = PaymentMethod.BANK) -> str | None:
    """Return a bank's reference as it is compared; None where there is none that says anything.

    Of a cheque every number does, also where the sheet lost the zeros before it.
    """
    text = reference or ""
    if is_utr(text):
        return parse_utr(text)
    try:
        printed, bare = (normalise_reference(one, text) for one in (PaymentMethod.BANK, PaymentMethod.CHEQUE))
    except PaymentReferenceError:
        return None
    if is_utr(bare):
        return bare
    if method is PaymentMethod.CHEQUE and bare.isdigit():
        return bare
    return printed if len(printed) >= SHORTEST_KEY else None


def cheques_in(text: str) -> tuple[str, ...]:
    """Return the numbers of cheques in what the bank says of one, as they are compared."""
    return tuple(number.lstrip("0") for number in _CHEQUE_NUMBER.findall(clean_text(text)) if number.strip("0"))


def utrs_in(text: str) -> tuple[str, ...]:
    """Return the numbers of transfers in what the bank says, where it speaks of such a transfer at all.

    A phone number is none: before an `@`, or where there is one or another number, whatever begins like one (91…).
    """
    words = clean_text(text).upper()
    upi = _TWELVE.findall(words) if _NAMES_UPI.search(words) else []
    no_phones = [number for number in upi if not _PHONE.fullmatch(number)]
    upi = no_phones if no_phones or "@" in words else upi
    bank = [word for word in _WORDS.findall(words) if is_utr(word)] if _NAMES_BANK.search(words) else []
    return tuple(dict.fromkeys([*upi, *(word for word in bank if not word.isdigit())]))


def bills_in(text: str) -> tuple[int, ...]:
    """Return the ids of the bills that the text names, as we print them (`BILL439`, `Bill 2026-439`, `2026-0439`).

    The number after the year of issue is the bill's; a year alone, a day, a month or a financial year is none.
    """
    named = [one for one in _BILL.finditer(clean_text(text).upper()) if _is_bill(one)]
    return tuple(dict.fromkeys(int(one["number"]) for one in named))


def _is_bill(found: re.Match[str]) -> bool:
    year, number = found["year"], found["number"]
    if year is None and found["gap"] and not found["no"] and _is_day(found):
        return False
    if year is None:
        return len(number) <= _LONGEST_BILL and not (found["gap"] and _YEAR.fullmatch(number))
    is_period = number in _MONTHS or number == f"{int(year) + 1}"[2:]
    return len(number) <= _LONGEST_BILL and not is_period


def _is_day(found: re.Match[str]) -> bool:
    """`bill 5 Nov 2026` and `bill 5/11/2026` say when, not which."""
    return int(found["number"][:3]) <= _LAST_DAY and _OF_A_DAY.match(found.string, found.end()) is not None


def row_keys(received: Sequence[Credit]) -> list[str]:
    """Return for each credit what it is called in every statement that holds it.

    Equal ones of a statement are counted: two deposits of the same sum on a day are two.
    """
    seen: Counter[str] = Counter()
    keys = []
    for credit in received:
        said = credit.key or " ".join(_WORDS.findall(credit.text.upper()))
        name = f"{credit.day}|{credit.amount:.2f}|{said}"
        seen[name] += 1
        keys.append(f"{name}|{seen[name]}")
    return keys


def match(received: Sequence[Credit], books: Books, today: date) -> list[Match]:
    """Return what each credit is for, in their order. Of several for one flat or claim only the first is certain.

    What the bank dates after `today` never is.
    """
    by_word = {_bare(flat.code): flat for flat in books.flats}
    by_id = {flat.flat_id: flat for flat in books.flats}
    used: set[int] = set()
    entries: set[int] = set()
    found = []
    for credit in received:
        named = _named(credit, books, by_word)
        one = _known(credit, books, named, entries) or _claimed(credit, books, named)
        one = one or _noted(credit, named, by_id) or _by_amount(credit, books)
        if one.verdict is Verdict.POST and credit.day > today:
            one = Match(credit, Verdict.ASK, Why.FUTURE, one.flats)
        if one.verdict is Verdict.POST and not set(one.flats) <= by_id.keys() - used:
            one = Match(credit, Verdict.ASK, Why.AGAIN, one.flats)  # or its flat is set aside
        if one.verdict is Verdict.POST:
            used |= set(one.flats)
        if one.entry_id is not None:
            entries.add(one.entry_id)
        found.append(one)
    return found


def _known(credit: Credit, books: Books, named: tuple[int, ...], used: Collection[int]) -> Match | None:
    """By its number on an account: recorded only where flat, amount and number agree, each payment for one row."""
    known = [one for one in books.payments if one.key in credit.keys]
    sure = [one for one in known if same_number(one.key, one.method, credit.method)]
    equal = [one for one in sure if one.amount == credit.amount]
    here = [one for one in equal if named in {(), (one.flat_id,)}]
    free = next((one for one in here if not one.stands and one.entry_id not in used), None)
    if free is not None:
        return Match(credit, Verdict.RECORDED, Why.PAYMENT, (free.flat_id,), entry_id=free.entry_id)
    if here:
        return Match(credit, Verdict.ASK, Why.PAYMENT_AGAIN, _flats(here))
    if equal:
        return Match(credit, Verdict.ASK, Why.PAYMENT_FLAT, _flats(equal, named))
    other = [one for one in sure if is_utr(one.key) or one.flat_id in named]
    if other:
        return Match(credit, Verdict.ASK, Why.OTHER_AMOUNT, _flats(other, named))
    alike_here = [one for one in known if one.amount == credit.amount and (not named or one.flat_id in named)]
    return Match(credit, Verdict.ASK, Why.PAYMENT_AGAIN, _flats(alike_here, named)) if alike_here else None


def _claimed(credit: Credit, books: Books, named: tuple[int, ...]) -> Match | None:
    """By what an owner said, where the payer named no other flat."""
    said = [one for one in books.claims if one.key in credit.keys]
    equal = [one for one in said if one.amount == credit.amount]
    if not said:
        return None
    if len(equal) != 1 or len(said) != 1:
        return Match(credit, Verdict.ASK, Why.CLAIM_AMOUNT, _flats(said, named))
    if named not in {(), (equal[0].flat_id,)}:
        return Match(credit, Verdict.ASK, Why.CLAIM_FLAT, _flats(equal, named))
    return Match(credit, Verdict.POST, Why.CLAIM, _flats(equal), equal[0].claim_id)


def _named(credit: Credit, books: Books, by_word: Mapping[str, Owing]) -> tuple[int, ...]:
    """The flats that the payer wrote, or whose bill."""
    text = clean_text(f"{credit.text} {credit.reference or ''}").upper()
    named = {flat.flat_id for flat in _flats_in(text, by_word)}
    return tuple(sorted(named | {books.bills[bill] for bill in bills_in(text) if bill in books.bills}))


def _noted(credit: Credit, named: tuple[int, ...], by_id: Mapping[int, Owing]) -> Match | None:
    """By what the payer wrote."""
    if len(named) > 1:
        return Match(credit, Verdict.ASK, Why.SEVERAL, named)
    if not named:
        return None
    certain = by_id[named[0]].fits(credit.amount)
    return Match(credit, Verdict.POST if certain else Verdict.ASK, Why.NOTE if certain else Why.NOTE_AMOUNT, named)


def _by_amount(credit: Credit, books: Books) -> Match:
    """By nothing but the sum: never certain."""
    fitting = tuple(flat.flat_id for flat in books.flats if flat.fits(credit.amount))
    why = {0: Why.NOTHING, 1: Why.AMOUNT}.get(len(fitting), Why.SEVERAL)
    return Match(credit, Verdict.ASK, why, fitting)


def _flats_in(text: str, by_word: Mapping[str, Owing]) -> list[Owing]:
    """Flats named in a text, however their code is written: one word, or up to three words in a row."""
    words = _WORDS.findall(text)
    runs = ("".join(words[at : at + length]) for length in range(1, _LONGEST_CODE + 1) for at in range(len(words)))
    return [by_word[run] for run in dict.fromkeys(runs) if run in by_word]


def _flats(found: Collection[OnAccount] | Collection[SaidPaid], named: tuple[int, ...] = ()) -> tuple[int, ...]:
    return tuple(dict.fromkeys([*(one.flat_id for one in found), *named]))


def _bare(code: str) -> str:
    return "".join(_WORDS.findall(code.upper()))
