"""A bill on paper: the same in the same order as its page, one A4 page, in the reader's language."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.bill_facts import bars, is_payable, upi
from bot.texts import bill_page as texts
from bot.texts import documents as words
from bot.texts import owner_since, owner_sum
from jobs import documents
from jobs.documents import PHOTO, bills_facts
from storage import bill_views, photos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from bot.i18n import Translator
    from jobs.work import Society
    from storage.bill_views import BillView
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Printed:
    """A bill with what is printed beside it: units of its months, oldest first, and its meter's photo as JPEG."""

    view: BillView
    months: Sequence[tuple[date, Decimal]] = ()
    photo: bytes | None = None


async def bills_pdf(t: Translator, society: Society, printed: Sequence[Printed], at: datetime) -> bytes:
    """One file, a page a bill; a photo only where there is one bill. Raises DocumentError for none or too many."""
    facts = bills_facts_of(t, society, printed)
    return await asyncio.to_thread(documents.bills_pdf, facts, at=at, photo=_photo(printed))


def bills_facts_of(t: Translator, society: Society, printed: Sequence[Printed]) -> dict[str, Any]:
    """What the template is given for these bills. Raises DocumentError for none or too many."""
    has_photo = _photo(printed) is not None
    pages = [_page(t, society, one, has_photo=has_photo) for one in printed]
    title = words.title(t, printed[0].view) if len(printed) == 1 else society.name
    return bills_facts(_common(t, society, title), pages)


def _photo(printed: Sequence[Printed]) -> bytes | None:
    return printed[0].photo if len(printed) == 1 else None


async def owners_bill(conn: Connection, person_id: int, view: BillView) -> Printed:
    """The person's bill with the units of its months and its meter's photo."""
    months = await bill_views.monthly_units(conn, person_id, view.flat_id, view.period_end)
    photo = await photos.jpeg(conn, view.photo_id) if view.photo_id is not None else None
    return Printed(view, months, photo)


def file_name(view: BillView) -> str:
    """`bill-B17-FF-2026-10.pdf`."""
    return f"bill-{view.flat_code}-{view.period_end:%Y-%m}.pdf"


def _common(t: Translator, society: Society, title: str) -> dict[str, Any]:
    return {
        "language": t.language,
        "society": society.name,
        "title": title,
        "foot": words.foot(t, society.name),
        "words": words.bill_words(t, society.office_contact),
    }


def _page(t: Translator, society: Society, printed: Printed, *, has_photo: bool) -> dict[str, Any]:
    view = printed.view
    head, named, owed = (
        texts.head(t, view),
        texts.words(t, view, society.name, society.office_contact),
        is_payable(view),
    )
    return {
        "number": words.bill_number(t, view),
        "whose": head.whose,
        "what": head.month,
        "label": head.label,
        "amount": head.amount,
        "says": list(head.says),
        "owed": owed,
        "upi": upi(view, society) if owed else None,
        "at_office": named["at_office"],
        "how": [*filter(None, (named["period"], *owner_sum.meter_lines(t, view), texts.no_lines(t, view)))],
        "lines": texts.sum_lines(t, view),
        "totals": [(named["total"], named["total_amount"]), *owner_since.after_total(t, view)],
        "bars": [asdict(bar) for bar in bars(t, printed.months)],
        "photo": PHOTO if has_photo else "",
        "photo_of": named["photo_of"],
    }
