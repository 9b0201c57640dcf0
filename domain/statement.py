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
from domain.payments import PaymentMethod, PaymentReferenceError, normalise_reference
from domain.utr import is_utr, method_of, parse_utr

SHORTEST_KEY = 6
"""Shorter references (receipt numbers, branch codes) say nothing."""
_TWELVE = re.compile(r"(?<![0-9A-Z])\d{12}(?![0-9A-Z])", re.ASCII)
_NAMES_UPI = re.compile(r"UPI|IMPS|UTR|RRN", re.ASCII)
_NAMES_BANK = re.compile(r"NEFT|RTGS|UTR", re.ASCII)
_WORDS = re.compile(r"[A-Z0-9]+", re.ASCII)
_BILL = re.compile(r"(?<![A-Z])BILL[\s#:-]?(\d{1,12})(?!\d)", re.ASCII)
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
    NOTE = "note"
    PAYMENT = "payment"
    OTHER_AMOUNT = "other_amount"
    CLAIM_AMOUNT = "claim_amount"
    NOTE_AMOUNT = "note_amount"
    SEVERAL = "several"
    AMOUNT = "amount"
    AGAIN = "again"
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
        own = reference_key(self.reference)
        named = utrs_in(self.text) if own is None or not is_utr(own) else ()
        return tuple(dict.fromkeys(key for key in (*named, own) if key))

    @property
    def key(self) -> str | None:
        """The number under which it is posted."""
        return next(iter(self.keys), None)

    @property
    def method(self) -> PaymentMethod:
        """How it was paid, as far as the bank's words tell."""
        words = self.text.upper()
        if self.key is not None and is_utr(self.key):
            return method_of(self.key)
        if "UPI" in words:
            return PaymentMethod.UPI
        if _CHEQUE.search(words):
            return PaymentMethod.CHEQUE
        return PaymentMethod.CASH if _CASH.search(words) else PaymentMethod.BANK


@dataclass(frozen=True, slots=True)
class OnAccount:
    """A live payment under one of the numbers."""

    key: str
    flat_id: int
    amount: Decimal


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
    """A credit with what it may be for: `flats` are ids, one where it is certain."""

    credit: Credit
    verdict: Verdict
    why: Why
    flats: tuple[int, ...] = ()
    claim_id: int | None = None


def reference_key(reference: str | None) -> str | None:
    """Return a bank's reference as it is compared; None where there is none that says anything."""
    try:
        key = normalise_reference(PaymentMethod.CHEQUE, reference or "")
    except PaymentReferenceError:
        return None
    same = key if len(key) >= SHORTEST_KEY else None
    return parse_utr(reference or "") if is_utr(reference or "") else same


def utrs_in(text: str) -> tuple[str, ...]:
    """Return the numbers of transfers in what the bank says, where it speaks of such a transfer at all."""
    words = clean_text(text).upper()
    upi = _TWELVE.findall(words) if _NAMES_UPI.search(words) else []
    bank = [word for word in _WORDS.findall(words) if is_utr(word)] if _NAMES_BANK.search(words) else []
    return tuple(dict.fromkeys([*upi, *(word for word in bank if not word.isdigit())]))


def bills_in(text: str) -> tuple[int, ...]:
    """Return the ids of the bills that the text names (`BILL123`)."""
    return tuple(dict.fromkeys(int(number) for number in _BILL.findall(clean_text(text).upper())))


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


def match(received: Sequence[Credit], books: Books) -> list[Match]:
    """Return what each credit is for, in their order. Of several for one flat or claim only the first is certain."""
    by_word = {_bare(flat.code): flat for flat in books.flats}
    by_id = {flat.flat_id: flat for flat in books.flats}
    used: set[int] = set()
    found = []
    for credit in received:
        one = _numbered(credit, books) or _noted(credit, books, by_word, by_id) or _by_amount(credit, books)
        if one.verdict is Verdict.POST and not set(one.flats) <= by_id.keys() - used:
            one = Match(credit, Verdict.ASK, Why.AGAIN, one.flats)  # or its flat is set aside
        if one.verdict is Verdict.POST:
            used |= set(one.flats)
        found.append(one)
    return found


def _numbered(credit: Credit, books: Books) -> Match | None:
    """By its number: a payment on an account, else what an owner said."""
    known = [one for one in books.payments if one.key in credit.keys]
    same = [one for one in known if one.amount == credit.amount]
    if same:
        return Match(credit, Verdict.RECORDED, Why.PAYMENT, _flats(same))
    other = [one for one in known if is_utr(one.key)]
    if other:
        return Match(credit, Verdict.ASK, Why.OTHER_AMOUNT, _flats(other))
    said = [one for one in books.claims if one.key in credit.keys]
    equal = [one for one in said if one.amount == credit.amount]
    if len(equal) == 1 and len(said) == 1:
        return Match(credit, Verdict.POST, Why.CLAIM, _flats(equal), equal[0].claim_id)
    return Match(credit, Verdict.ASK, Why.CLAIM_AMOUNT, _flats(said)) if said else None


def _noted(credit: Credit, books: Books, by_word: Mapping[str, Owing], by_id: Mapping[int, Owing]) -> Match | None:
    """By the flat or the bill that the payer wrote."""
    text = clean_text(f"{credit.text} {credit.reference or ''}").upper()
    named = {flat.flat_id for flat in _flats_in(text, by_word)}
    named |= {books.bills[bill] for bill in bills_in(text) if bill in books.bills}
    if not named:
        return None
    if len(named) > 1:
        return Match(credit, Verdict.ASK, Why.SEVERAL, tuple(sorted(named)))
    flat = by_id[next(iter(named))]
    certain = flat.fits(credit.amount)
    return Match(
        credit, Verdict.POST if certain else Verdict.ASK, Why.NOTE if certain else Why.NOTE_AMOUNT, (flat.flat_id,)
    )


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


def _flats(found: Collection[OnAccount] | Collection[SaidPaid]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one.flat_id for one in found))


def _bare(code: str) -> str:
    return "".join(_WORDS.findall(code.upper()))
