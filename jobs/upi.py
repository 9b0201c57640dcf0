"""The UPI address of a payment (NPCI's `upi://pay` link) and its QR code."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from decimal import Decimal

NOTE_LIMIT = 50
REFERENCE_LIMIT = 35
_MASK = 3
"""One of the eight patterns, all of which every reader knows: to weigh them takes longer than the rest of the bill."""


def upi_link(vpa: str, payee: str, amount: Decimal, note: str, reference: str) -> str:
    """A link that opens any UPI app with payee, rupees (two places), note and reference filled in."""
    parts = {
        "pa": vpa,
        "pn": payee,
        "am": f"{amount:.2f}",
        "cu": "INR",
        "tn": note[:NOTE_LIMIT],
        "tr": reference[:REFERENCE_LIMIT],
    }
    return f"upi://pay?{urlencode(parts, quote_via=quote, safe='@')}"


def qr_svg(link: str) -> str:
    """The link as a QR code, an SVG element that scales; dark on white in either colour scheme."""
    import segno

    picture = BytesIO()
    segno.make(link, error="m", mask=_MASK).save(
        picture, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, dark="#000", light="#fff"
    )
    return picture.getvalue().decode()
