"""The UPI link and its QR code."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from jobs.upi import NOTE_LIMIT, REFERENCE_LIMIT, qr_svg, upi_link


def test_the_link_has_two_places_and_every_part_encoded() -> None:
    link = upi_link("office@upi", "Blessings & City", Decimal(1842), "B17-FF 2026-10", "BILL7")
    assert link.startswith("upi://pay?pa=office@upi&pn=Blessings%20%26%20City&am=1842.00&cu=INR&")
    parts = parse_qs(urlsplit(link).query)
    assert (parts["tn"], parts["tr"]) == (["B17-FF 2026-10"], ["BILL7"])


def test_note_and_reference_are_cut_to_what_apps_take() -> None:
    parts = parse_qs(urlsplit(upi_link("a@b", "P", Decimal(1), "n" * 99, "r" * 99)).query)
    assert (len(parts["tn"][0]), len(parts["tr"][0])) == (NOTE_LIMIT, REFERENCE_LIMIT)


def test_the_code_is_one_svg_without_styles_that_the_page_would_refuse() -> None:
    code = qr_svg("upi://pay?pa=a@b&pn=P&am=1.00&cu=INR&tn=n&tr=r")
    assert code.startswith("<svg")
    assert code.rstrip().endswith("</svg>")
    assert "style=" not in code
    assert "viewBox" in code
