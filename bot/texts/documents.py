"""Words that only stand on paper; the rest are those of the page and the messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.i18n import Translator
    from storage.bill_views import BillView


def questions(t: Translator, contact: str | None) -> str:
    """Where to ask; no markup, so that the page and the paper show it as it is."""
    if contact is None:
        return t.gettext("Questions? Ask the office.")
    return t.gettext("Questions? Ask the office: {contact}").format(contact=contact)


def bill_words(t: Translator, contact: str | None) -> dict[str, str]:
    """Headings and sentences of a bill, by name; the same on every page of a file."""
    return {
        "pay": t.gettext("Pay"),
        "scan": t.gettext("Scan with a UPI app on your phone"),
        "upi_address": t.gettext("UPI address"),
        "after_upi": t.gettext(
            "After paying, send the 12-digit UTR of the payment in the chat, or tell it to the office."
        ),
        "how": t.gettext("How it was worked out"),
        "months": t.gettext("Units month by month"),
        "photo": t.gettext("Meter photo"),
        "office": t.gettext("The office"),
        "questions": questions(t, contact),
    }


def title(t: Translator, view: BillView) -> str:
    """The document's name, as a reader's program shows it."""
    return t.gettext("Electricity bill · {flat}").format(flat=view.flat_code)


def bill_number(t: Translator, view: BillView) -> str:
    """The number by which the office knows the bill."""
    return t.gettext("Bill {number}").format(number=f"{view.issued_at:%Y}-{view.id}")


def foot(t: Translator, society: str) -> str:
    """Below every page."""
    return t.gettext("{society} · made by computer, valid without a signature").format(society=society)


def pdf_button(t: Translator) -> str:
    """Below a bill."""
    return t.gettext("PDF")


def pdf_sent(t: Translator, view: BillView) -> str:
    """Above the file."""
    return t.gettext("The bill of {flat} on paper.").format(flat=view.flat_code)


def pdf_failed(t: Translator, view: BillView) -> str:
    """The file could not be made."""
    return t.gettext("The PDF of {flat} could not be made. Your bill stands as it is; please ask the office.").format(
        flat=view.flat_code
    )
