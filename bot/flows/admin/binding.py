"""What the buttons of a reading's card bind, as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from jobs.draft_bill import NO_TERMS, Terms


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card showed: the reading, its version and total, and the terms chosen so far.

    `card` is the message it stands in; `queued` when it is one of those to be looked at one by one. `photo` is what it
    said of the photo; None: a card from before.
    """

    reading_id: int
    card: str
    queued: bool = False
    version: int = 0
    total: Decimal = Decimal(0)
    terms: Terms = NO_TERMS
    photo: str | None = None

    def data(self) -> dict[str, Any]:
        """For an Action or a dialogue's state."""
        return {
            "id": self.reading_id,
            "card": self.card,
            "queued": self.queued,
            "version": self.version,
            "total": str(self.total),
            "terms": _terms_json(self.terms),
            "photo": self.photo,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `data`."""
        return cls(
            data["id"],
            data["card"],
            data["queued"],
            data["version"],
            Decimal(data["total"]),
            _terms(data["terms"]),
            data.get("photo"),
        )

    def with_terms(self, terms: Terms) -> Self:
        """The same reading with other terms."""
        return replace(self, terms=terms)


def _terms_json(terms: Terms) -> dict[str, Any]:
    days = {"start": terms.start, "end": terms.end, "due": terms.due}
    chosen: dict[str, Any] = {name: day.isoformat() for name, day in days.items() if day}
    return chosen if terms.with_fixed_charge is None else {**chosen, "fixed": terms.with_fixed_charge}


def _terms(raw: Mapping[str, Any]) -> Terms:
    days = {name: date.fromisoformat(raw[name]) for name in ("start", "end", "due") if name in raw}
    return Terms(**days, with_fixed_charge=raw.get("fixed"))
