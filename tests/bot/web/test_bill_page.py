"""The owner's bill page: what it says, and what strangers and link previews get (attacks 9 and 10)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Never
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from bot.i18n import Translator
from bot.texts.documents import bill_words
from domain.account import EntryKind
from storage import accounts, bill_links
from storage.accounts import NewEntry
from storage.database import Database, DatabaseUnavailable
from tests.bot.flows.owner.story import OCTOBER, Story
from tests.bot.web.served import served

PAGE = """Blessings City
B17-FF · Mr Sharma
Bill for October 2026
To pay now
₹3,264.40
Pay by 12 Nov 2026
Pay
Pay with a UPI app
Scan with a UPI app on your phone
UPI address:
office@upi
After paying, send the 12-digit UTR of the payment in the chat, or tell it to the office.
How it was worked out
From 1 Oct 2026 to 31 Oct 2026, both days included
Meter 19152159, read on 31 Oct 2026
(146 units + 3.2 motor) ×\N{NO-BREAK SPACE}₹12.00
₹1,790.40
Fixed charge 2BHK
₹1,474.00
Unpaid from before
₹0.00
Total
₹3,264.40
The bill as PDF, to print or keep
Meter photo
B17-FF: the meter on 31 Oct 2026
The office
At the office of Blessings City: cash, UPI or bank transfer. \
Please name your flat, B17-FF, when you pay. Questions? Ask the office.""".splitlines()


async def token_for(story: Story, bill: int, person: int | None = None) -> str:
    async with story.db.transaction() as conn:
        return await bill_links.link_for(conn, bill, person or story.town.sharma.person_id, story.now)


async def page(site: ClientSession, token: str, *, status: int = 200) -> str:
    """The page's text as a person reads it, a line each."""
    async with site.get(f"/b/{token}") as response:
        assert response.status == status
        return text_of(await response.text())


def text_of(html: str) -> str:
    body = re.sub(r"<svg.*?</svg>|<head>.*?</head>", "", html, flags=re.DOTALL)
    lines = (line.strip() for line in unescape(re.sub(r"<[^>]+>", "\n", body)).splitlines())
    return "\n".join(line for line in lines if line)


async def noted(story: Story, kind: str, amount: str, reason: str) -> None:
    """A note of the office on B17-FF."""
    async with story.db.transaction() as conn:
        flat_id = story.town.flat("B17-FF").flat_id
        entry = NewEntry(
            flat_id, EntryKind(kind), Decimal(amount), story.now.date(), story.now.date(), "note", amount, note=reason
        )
        await accounts.post(conn, entry)


async def corrected(story: Story) -> int:
    """A bill of ₹3,226.00 that was paid, then corrected twice."""
    bill = await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "3226")
    await noted(story, "CREDIT_NOTE", "-100.50", "wrong_reading")
    await noted(story, "DEBIT_NOTE", "500", "gate key")
    return bill


async def test_it_says_whose_how_much_until_when_how_to_pay_and_why_in_this_order(
    story: Story, site: ClientSession
) -> None:
    bill = await story.bill("B17-FF", "146", share="3.20", photo=True)
    assert (await page(site, await token_for(story, bill))).splitlines() == PAGE


async def test_it_ends_with_how_to_reach_the_office(story: Story) -> None:
    reachable = story.with_society(office_contact="Gate 1 <10–17 h>, +44 7700 900100")
    bill = await reachable.bill("B17-FF", "146")
    async with served(reachable) as site:
        said = await page(site, await token_for(reachable, bill))
        assert said.endswith("Questions? Ask the office: Gate 1 <10–17 h>, +44 7700 900100")
    on_paper = bill_words(Translator("hi"), reachable.society.office_contact)["questions"]
    assert on_paper == "कोई सवाल? कार्यालय से पूछें: Gate 1 <10–17 h>, +44 7700 900100"


async def test_it_speaks_the_owners_language(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146", share="3.20", photo=True)
    await story.run("update people set language = 'hi'")
    async with site.get(f"/b/{await token_for(story, bill)}") as response:
        html = await response.text()
    assert '<html lang="hi">' in html
    said = text_of(html)
    assert "अक्टूबर 2026 का बिल\nअभी देने हैं\n₹3,264.40\n12 नवंबर तक भरें" in said
    allowed = r"Blessings City|Mr Sharma|B17-FF|2BHK|office@upi"
    assert re.findall(r"[A-Za-z]+", re.sub(allowed, "", said)) == []


async def test_the_upi_link_asks_for_what_is_owed(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "1000.50")
    async with site.get(f"/b/{await token_for(story, bill)}") as response:
        html = await response.text()
    [link] = re.findall(r'href="(upi:[^"]+)"', html)
    asked = parse_qs(urlsplit(unescape(link)).query)
    assert asked == {
        "pa": ["office@upi"],
        "pn": ["Blessings City"],
        "am": ["2225.50"],
        "cu": ["INR"],
        "tn": ["B17-FF 2026-10"],
        "tr": [f"BILL{bill}"],
    }


async def test_part_paid_is_added_up_to_what_is_left(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "1000")
    said = await page(site, await token_for(story, bill))
    assert "To pay now\n₹2,226.00\nPay by 12 Nov 2026\nPaid ₹1,000.00 on 2 Nov 2026" in said
    assert "Total\n₹3,226.00\nPaid 2 Nov 2026\n−₹1,000.00\nLeft to pay\n₹2,226.00" in said


async def test_notes_since_are_added_up_to_what_is_left(story: Story, site: ClientSession) -> None:
    bill = await corrected(story)
    said = await page(site, await token_for(story, bill))
    assert "To pay now\n₹399.50\nPay by 12 Nov 2026\nPaid ₹3,226.00 on 2 Nov 2026\n" in said
    assert (
        "Total\n₹3,226.00\nPaid 2 Nov 2026\n−₹3,226.00\nCredit note 2 Nov 2026: wrong reading\n−₹100.50\n"
        "Debit note 2 Nov 2026: gate key\n+₹500.00\nLeft to pay\n₹399.50" in said
    )
    await story.run("update people set language = 'hi'")
    said = await page(site, await token_for(story, bill))
    assert "2 नवंबर 2026 को भरे\n−₹3,226.00\nजमा पर्ची 2 नवंबर 2026: रीडिंग गलत थी\n−₹100.50" in said


async def test_what_was_taken_back_since_is_no_line(story: Story, site: ClientSession) -> None:
    before = await story.paid("B17-FF", "100")
    bill = await story.bill("B17-FF", "146")
    await story.taken_back(await story.paid("B17-FF", "1000"))
    await story.taken_back(before)
    said = await page(site, await token_for(story, bill))
    assert "Total\n₹3,126.00\nPaid 2 Nov 2026, taken back\n+₹100.00\nLeft to pay\n₹3,226.00" in said


async def test_no_more_is_paid_on_a_bill_than_its_total(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "4000")
    await noted(story, "DEBIT_NOTE", "1000", "gate key")
    said = await page(site, await token_for(story, bill))
    assert "To pay now\n₹226.00\nPay by 12 Nov 2026\nPaid ₹3,226.00 on 2 Nov 2026" in said
    assert "Paid 2 Nov 2026\n−₹4,000.00\nDebit note 2 Nov 2026: gate key\n+₹1,000.00\nLeft to pay\n₹226.00" in said


async def test_paid_asks_for_nothing(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "4000")
    said = await page(site, await token_for(story, bill))
    assert "Bill total\n₹3,226.00\nPaid ₹3,226.00 on 2 Nov 2026\n₹774.00 is in your favour for the next bill." in said
    assert "UPI app" not in said


async def test_a_parked_flat_shows_no_way_to_pay(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146")
    await story.run("insert into parked_flats (flat_id, reason) values ($1, 'x')", story.town.flat("B17-FF").flat_id)
    said = await page(site, await token_for(story, bill))
    assert "The office is checking this account. Please don't pay yet." in said
    assert "UPI" not in said
    assert "To pay now" not in said


async def test_an_older_bill_leads_to_the_newer_one(story: Story, site: ClientSession) -> None:
    old = await story.bill("B17-FF", "146")
    story.now += timedelta(days=30)
    await story.bill("B17-FF", "100", date(2026, 11, 30))
    said = await page(site, await token_for(story, old))
    assert "A newer bill has been sent since." in said
    assert "UPI" not in said


async def test_months_are_bars_with_their_units(story: Story, site: ClientSession) -> None:
    for month, day, units in ((8, 31, "100"), (9, 30, "200")):
        story.now = story.now.replace(month=month + 1, day=2)
        await story.bill("B17-FF", units, date(2026, month, day))
    story.now = story.now.replace(month=11, day=2)
    bill = await story.bill("B17-FF", "50", OCTOBER)
    async with site.get(f"/b/{await token_for(story, bill)}") as response:
        html = await response.text()
    assert "August\n100 units\nSeptember\n200 units\nOctober\n50 units" in text_of(html)
    assert re.findall(r'<rect width="(\d+)"', html) == ["50", "100", "25"]


async def test_a_new_owner_sees_no_month_of_before(story: Story, site: ClientSession) -> None:
    await story.bill("B17-FF", "146")
    story.now += timedelta(hours=1)
    await story.sold("B17-FF", "Tara Sen", "+447700900955")
    tara = await story.stranger("955")
    await tara.contact("+447700900955")
    story.now += timedelta(days=29)
    bill = await story.bill("B17-FF", "90", date(2026, 11, 30))
    async with story.db.transaction() as conn:
        person = await conn.fetchval("select person_id from chat_identities where external_id = '955'")
    said = await page(site, await token_for(story, bill, person))
    assert "B17-FF · Tara Sen" in said
    assert "October" not in said
    assert "146" not in said


NOT_FOUND = """यह पन्ना नहीं मिला। अपना बिल देखने के लिए चैट में /bill भेजें।
This page was not found. Send /bill in the chat to get your bill."""


@pytest.mark.parametrize("why", ["unknown", "expired", "revoked", "sold", "unlinked"])
async def test_every_token_that_does_not_count_gets_the_same_page(story: Story, site: ClientSession, why: str) -> None:
    bill = await story.bill("B17-FF", "146", photo=True)
    token = await token_for(story, bill)
    assert "₹3,226.00" in await page(site, token)
    match why:
        case "unknown":
            token = token[:-1] + ("A" if token[-1] != "A" else "B")
        case "expired":
            story.now += timedelta(days=180)
        case "revoked":
            await story.run("update bill_links set revoked_at = now()")
        case "sold":
            await story.run("update flat_owners set until = '2026-11-02'")
        case "unlinked":
            await story.run("update owner_people set person_id = $1", story.town.ravi.person_id)
    for address in (f"/b/{token}", f"/b/{token}/photo.jpg"):
        async with site.get(address) as response:
            assert response.status == 404
            assert text_of(await response.text()) == NOT_FOUND
            assert response.headers["Cache-Control"] == "private, no-store"
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_a_photo_whose_time_was_over_is_said_to_be_kept_no_longer(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146", photo=True)
    token = await token_for(story, bill)
    await story.run("update photos set content = null, forgotten_at = now()")
    assert "The photo of this reading for B17-FF is no longer kept" in text_of(await page(site, token))
    async with site.get(f"/b/{token}/photo.jpg") as response:
        assert response.status == 404
    async with site.get(f"/b/{token}/bill.pdf") as response:
        assert response.status == 200


async def test_looking_changes_nothing(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146", photo=True)
    token = await token_for(story, bill)
    before = await everything(story)
    for _ in range(3):
        for address in (f"/b/{token}", f"/b/{token}/photo.jpg", "/b/unknown"):
            async with site.get(address), site.head(address) as response:
                assert response.status in {200, 404}
                assert await response.read() == b""
    assert await everything(story) == before
    async with site.post(f"/b/{token}") as response:
        assert response.status == 405


async def everything(story: Story) -> list[str]:
    """Every row of the tables that a visit could touch."""
    tables = (
        "bill_links",
        "bills",
        "account_entries",
        "people",
        "chat_identities",
        "notifications",
        "audit",
        "guesses",
    )
    async with story.db.transaction() as conn:
        rows = [await conn.fetch(f"select to_jsonb(t)::text as row from {one} t order by 1") for one in tables]  # noqa: S608
    return [row["row"] for found in rows for row in found]


async def test_headers_keep_the_page_to_itself(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146", photo=True)
    async with site.get(f"/b/{await token_for(story, bill)}") as response:
        html = await response.text()
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|\son\w+=|style=", html)
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="(?!upi:)([^"]+)"', html))
    for sheet in re.findall(r'<link rel="stylesheet" href="([^"]+)"', html):
        async with site.get(sheet) as response:
            assert response.status == 200


async def test_the_address_says_nothing_about_anybody(story: Story) -> None:
    first = await token_for(story, await story.bill("B17-FF", "146"))
    second = await token_for(story, await story.bill("B18-FF", "90"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", first)
    assert first != second
    for known in ("B17", "Sharma", "105", "447700900105"):
        assert known not in first


async def test_no_address_can_be_guessed_from_others(story: Story) -> None:
    """Of the same bill for the same person, fifty times."""
    bill, tokens = await story.bill("B17-FF", "146"), set()
    for _ in range(50):
        tokens.add(await token_for(story, bill))
        await story.run("update bill_links set revoked_at = now()")
    assert len(tokens) == 50
    assert all(len(set(place)) > 10 for place in zip(*tokens, strict=True))


async def test_names_with_markup_are_shown_as_typed(story: Story, site: ClientSession) -> None:
    await story.run("update owners set name = '<i>Tara</i> & \"Sons\"'")
    bill = await story.bill("B17-FF", "146")
    async with site.get(f"/b/{await token_for(story, bill)}") as response:
        html = await response.text()
    assert "<i>Tara" not in html
    assert 'B17-FF · <i>Tara</i> & "Sons"' in unescape(html)


async def test_a_link_is_kept_while_it_has_half_its_life_and_then_renewed(story: Story) -> None:
    bill = await story.bill("B17-FF", "146")
    first = await token_for(story, bill)
    story.now += timedelta(days=89)
    assert await token_for(story, bill) == first
    story.now += timedelta(days=2)
    assert await token_for(story, bill) != first


async def test_without_a_upi_address_the_office_is_the_way_to_pay(story: Story) -> None:
    plain = story.with_society(upi_vpa=None)
    bill = await plain.bill("B17-FF", "146")
    async with served(plain) as site:
        said = await page(site, await token_for(plain, bill))
    assert "Pay\nAt the office of Blessings City: cash, UPI or bank transfer." in said
    assert "UPI app" not in said


async def test_a_database_that_is_down_is_no_traceback(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_: Database) -> Never:
        raise DatabaseUnavailable("down")

    token = await token_for(story, await story.bill("B17-FF", "146"))
    monkeypatch.setattr(Database, "transaction", down)
    async with served(story) as site:
        assert "This page cannot be shown right now." in await page(site, token, status=503)


async def test_the_font_is_served_and_nothing_else_of_the_disk(site: ClientSession) -> None:
    async with site.get("/static/icon.svg") as response:
        assert (response.status, response.content_type) == (200, "image/svg+xml")
    async with site.get("/static/noto-sans-devanagari.ttf") as response:
        assert response.status == 200
        assert response.content_type == "font/ttf"
        assert (await response.read())[:4] == b"\x00\x01\x00\x00"
    for name in ("bill.html", "..%2Fapp.py", "bill_page.py"):
        async with site.get(f"/static/{name}") as response:
            assert response.status == 404


async def test_the_pdf_is_the_owners_alone_and_one_page(story: Story, site: ClientSession) -> None:
    bill = await story.bill("B17-FF", "146", share="3.20", photo=True)
    token = await token_for(story, bill)
    async with site.get(f"/b/{token}/bill.pdf") as response:
        assert response.status == 200
        assert response.content_type == "application/pdf"
        assert response.headers["Content-Disposition"] == 'inline; filename="bill-B17-FF-2026-10.pdf"'
        file = await response.read()
    assert file.startswith(b"%PDF-")
    assert b"/Type/Pages/Count 1/" in file
    async with site.get(f"/b/{token[:-1]}x/bill.pdf") as response:
        assert response.status == 404
