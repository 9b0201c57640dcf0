"""The bill as owners get it, ask about it and pay it."""

from datetime import timedelta

import pytest

from storage import bills
from storage.database import connect
from tests.bot.flows.owner.story import Story
from tests.society import resident

BILL = """October bill · B17-FF: ₹3,264.40
Pay by 12 Nov 2026
In the name of Mr Sharma
(146 units + 3.2 motor) × ₹12.00 = ₹1,790.40
Fixed charge 2BHK ₹1,474.00"""
PUBLIC = "https://bills.example"


async def test_the_bill_arrives_as_it_was_approved(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20", photo=True)
    await story.delivered()
    assert story.mail.of(story.town.sharma) == [BILL]
    [message] = story.mail.messages(story.town.sharma)
    assert [[key.label for key in row] for row in message.keys] == [
        ["Pay ₹3,264.40"],
        ["How worked out", "Meter photo"],
        ["PDF"],
    ]


async def test_the_bill_on_paper_is_theirs_at_a_press(story: Story) -> None:
    await story.bill("B17-FF", "146", photo=True)
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    assert await phone.press("PDF") == "The bill of B17-FF on paper."
    sent = phone.messages[-1]
    assert sent.document_name == "bill-B17-FF-2026-10.pdf"
    assert sent.document is not None
    assert sent.document.startswith(b"%PDF-")


async def test_all_linked_owners_get_it_and_the_primary_one_is_named(story: Story) -> None:
    async with story.db.transaction() as conn:
        asha = await resident(conn, "Asha Sharma", "905", "+447700900905")
        owner = await conn.fetchval("insert into owners (name) values ('Asha Sharma') returning id")
        flat = story.town.flat("B17-FF").flat_id
        await conn.execute(
            "insert into flat_owners (flat_id, owner_id, is_primary) values ($1, $2, false)", flat, owner
        )
        await conn.execute("insert into owner_people (owner_id, person_id) values ($1, $2)", owner, asha.person_id)
    await story.bill("B17-FF", "146", share="3.20")
    await story.delivered()
    assert story.mail.of(story.town.sharma) == story.mail.of(asha) == [BILL]


async def test_a_link_on_the_button_only_where_chats_open_it(story: Story) -> None:
    story = story.with_society(public_url=PUBLIC)
    await story.bill("B17-FF", "146")
    await story.delivered()
    [pay, *_] = story.mail.messages(story.town.sharma)[0].keys[0]
    assert pay.label == "Pay ₹3,226.00"
    assert pay.url is not None
    assert pay.url.startswith(f"{PUBLIC}/b/")
    assert len(pay.url) > len(f"{PUBLIC}/b/") + 30
    phone = story.phone(story.town.sharma)
    assert "bills.example" not in await phone.say("/pay")
    assert phone.messages[0].keys[0][0].url == pay.url


@pytest.mark.parametrize(("vpa", "ways"), [("office@upi", "By UPI to"), (None, "At the office of Blessings City")])
async def test_without_https_pay_answers_with_every_way(story: Story, vpa: str | None, ways: str) -> None:
    story = story.with_society(public_url="http://127.0.0.1:8765", upi_vpa=vpa)
    await story.bill("B17-FF", "146")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    said = await phone.press("Pay ₹3,226.00")
    assert said.splitlines()[0] == "<b>To pay for B17-FF: ₹3,226.00</b>"
    assert "http://127.0.0.1:8765/b/" in said
    assert ways in said
    assert "At the office of Blessings City: cash, UPI or bank transfer." in said
    assert [key.copy for message in phone.messages for row in message.keys for key in row if key.copy] == (
        [vpa] if vpa else []
    )
    assert phone.labels[-1] == "I have paid"


async def test_how_worked_out_line_by_line(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    assert await phone.press("How worked out") == (
        "<b>How ₹3,264.40 was worked out · B17-FF</b>\n"
        "From 1 Oct 2026 to 31 Oct 2026, both days included\n"
        "Meter 19152159, read on 31 Oct 2026\n"
        "Your flat: 146 units\n"
        "Your share of the water motor: 3.2 units\n"
        "Together 149.2 units, at ₹12.00 each: ₹1,790.40\n"
        "Fixed charge 2BHK ₹1,474.00\n"
        "Unpaid from before ₹0.00\n"
        "<b>Total ₹3,264.40</b>"
    )


async def test_how_worked_out_goes_on_to_what_is_left(story: Story) -> None:
    await story.bill("B17-FF", "146", share="3.20")
    await story.paid("B17-FF", "264.40")
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    assert (await phone.press("How worked out")).splitlines()[-3:] == [
        "<b>Total ₹3,264.40</b>",
        "Paid 2 Nov 2026 −₹264.40",
        "<b>Left to pay ₹3,000.00</b>",
    ]


async def test_the_photo_is_shown_and_only_offered_where_there_is_one(story: Story) -> None:
    await story.bill("B17-FF", "146", photo=True)
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    assert await phone.press("Meter photo") == "B17-FF: the meter on 31 Oct 2026"
    assert phone.messages[0].photo_id is not None
    await story.bill("B18-FF", "90")
    await phone.say("/bill")
    assert phone.labels.count("Meter photo") == 1


@pytest.mark.parametrize(("language", "said"), [("en", "is no longer kept"), ("hi", "अब नहीं रखी गई है")])
async def test_a_photo_whose_time_was_over_is_said_to_be_kept_no_longer(story: Story, language: str, said: str) -> None:
    await story.bill("B17-FF", "146", photo=True)
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    await story.run("update chat_identities set language = $1", language)
    await story.run("update photos set content = null, forgotten_at = now()")
    phone.language = language
    assert said in await phone.press("Meter photo")
    assert phone.messages[0].photo_id is None


async def test_every_flat_has_its_own_bill_and_history(story: Story) -> None:
    phone = story.phone(story.town.sharma)
    assert await phone.say("/bill") == "There is no bill yet for B17-FF, B18-FF. It comes here when it is ready."
    await story.bill("B17-FF", "146")
    await story.bill("B18-FF", "90")
    said = await phone.say("/bill")
    assert "October bill · B17-FF: ₹3,226.00" in said
    assert "October bill · B18-FF: ₹2,554.00" in said
    assert "To pay for B18-FF: ₹2,554.00" in await phone.say("/pay")
    await story.paid("B18-FF", "2554")
    assert await phone.say("/history") == (
        "<b>Bills of B17-FF</b>\nOctober 2026: ₹3,226.00, to be paid · Bill 2026-1\n\n"
        "<b>Bills of B18-FF</b>\nOctober 2026: ₹2,554.00, paid · Bill 2026-2"
    )


async def test_arrears_and_credit_are_named(story: Story) -> None:
    first, second = (await bill_of_september(story), await bill_of_september(story, "B18-FF"))
    assert first
    assert second
    await story.paid("B18-FF", "4000")
    await story.bill("B17-FF", "100")
    await story.bill("B18-FF", "100")
    said = await story.phone(story.town.sharma).say("/bill")
    assert "October bill · B17-FF: ₹5,348.00" in said
    assert "Unpaid from before ₹2,674.00" in said
    assert "October bill · B18-FF: ₹1,348.00" in said
    assert "Less your credit from before ₹1,326.00" in said


async def bill_of_september(story: Story, flat: str = "B17-FF") -> int:
    """A bill a month earlier; the clock is back at November afterwards."""
    story.now -= timedelta(days=31)
    try:
        return await story.bill(flat, "100", (story.now - timedelta(days=2)).date().replace(day=30, month=9))
    finally:
        story.now += timedelta(days=31)


async def test_it_is_not_said_when_something_changed_before_it_was_sent(story: Story) -> None:
    old = await bill_of_september(story)
    await story.bill("B17-FF", "146")
    await story.delivered()
    [said] = story.mail.of(story.town.sharma)
    assert said.startswith("October bill")
    states = await statuses(story)
    assert states[str(old)] == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        "insert into parked_flats (flat_id, reason) select id, 'test' from flats where code = 'B17-FF'",
        "update flat_owners set until = '2026-11-02' where flat_id = (select id from flats where code = 'B17-FF')",
        "update bills set status = 'void'",
        "delete from owner_people",
    ],
    ids=["parked", "sold", "void", "unlinked"],
)
async def test_nor_when_it_is_not_theirs_or_not_right_any_more(story: Story, change: str, dsn: str) -> None:
    import asyncpg

    bill = await story.bill("B17-FF", "146")
    owner_of_tables = await asyncpg.connect(dsn)
    await owner_of_tables.execute(change)
    await owner_of_tables.close()
    await story.delivered()
    assert story.mail.of(story.town.sharma) == []
    assert (await statuses(story))[str(bill)] == "cancelled"


async def test_nor_to_a_chat_that_is_no_longer_theirs(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.run("update chat_identities set person_id = null where id = $1", story.town.sharma.chat_id)
    await story.delivered()
    assert story.mail.of(story.town.sharma) == []


async def statuses(story: Story) -> dict[str, str]:
    """By source id, of the first announcements of bills."""
    async with story.db.transaction() as conn:
        rows = await conn.fetch("select source_id, status from notifications where kind = 'bill' and sequence = 1")
    return {row["source_id"]: row["status"] for row in rows}


async def test_a_parked_flat_shows_no_figure(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.run("insert into parked_flats (flat_id, reason) values ($1, 'test')", story.town.flat("B17-FF").flat_id)
    phone = story.phone(story.town.sharma)
    for words in ("/bill", "/pay"):
        said = await phone.say(words)
        assert said.startswith("The office is checking the account of B17-FF.")
        assert "₹" not in said


async def test_an_overdue_bill_says_when_it_was_due(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.run("update bills set status = 'overdue'")
    assert "It was due on 12 Nov 2026" in await story.phone(story.town.sharma).say("/bill")


async def test_both_registers_are_shown_where_they_explain_the_units(story: Story) -> None:
    await story.bill("B17-FF", "146")
    old = await connect(story.db.dsn)
    await old.execute("set session_replication_role = replica; update readings set reading_value = 1380")
    await old.close()
    await story.run(
        """insert into readings (meter_id, reading_date, reading_value, state)
           values ($1, '2026-09-30', 1234, 'history')""",
        story.town.flat("B17-FF").meter_id,
    )
    phone = story.phone(story.town.sharma)
    await phone.say("/bill")
    assert "Meter before: 1,234, now: 1,380" in await phone.press("How worked out")


async def test_a_bill_from_before_the_service_has_only_its_total(story: Story) -> None:
    await story.run(
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount)
           values ($1, '2026-09-01', '2026-09-30', '2026-10-12', 1000)""",
        story.town.flat("B17-FF").flat_id,
    )
    phone = story.phone(story.town.sharma)
    assert "September bill · B17-FF: ₹1,000.00" in await phone.say("/bill")
    assert "only its total is known here" in await phone.press("How worked out")


async def test_a_paid_bill_from_before_the_service_is_just_paid(story: Story) -> None:
    await story.run(
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount, status)
           values ($1, '2026-09-01', '2026-09-30', '2026-10-12', 1000, 'paid')""",
        story.town.flat("B17-FF").flat_id,
    )
    said = await story.phone(story.town.sharma).say("/bill")
    assert "<b>This bill is paid.</b>" in said
    assert "credit" not in said


async def test_rows_of_before_may_lack_a_status_and_a_first_owner(story: Story, dsn: str) -> None:
    import asyncpg

    owner_of_tables = await asyncpg.connect(dsn)
    await owner_of_tables.execute("alter table bills alter status drop not null")
    await owner_of_tables.execute("alter table flat_owners alter is_primary drop not null")
    flat = story.town.flat("B17-FF").flat_id
    await owner_of_tables.execute(
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount, status)
           values ($1, '2026-09-01', '2026-09-30', '2026-10-12', 1000, null)""",
        flat,
    )
    await owner_of_tables.execute(
        """with before as (insert into owners (name) values ('Somebody Else') returning id)
           insert into flat_owners (flat_id, owner_id, is_primary) select $1, id, null from before""",
        flat,
    )
    await owner_of_tables.close()
    phone = story.phone(story.town.sharma)
    said = await phone.say("/bill")
    assert "September bill · B17-FF: ₹1,000.00" in said
    assert "In the name of Mr Sharma" in said
    assert "September 2026: ₹1,000.00, to be paid" in await phone.say("/history")
    async with story.db.transaction() as conn:
        assert [bill.status for bill in await bills.history(conn, flat)] == ["pending"]


async def test_a_greeting_is_answered_with_the_newest_bill(story: Story) -> None:
    phone = story.phone(story.town.sharma)
    assert "There is no bill yet for B17-FF, B18-FF." in await phone.say("Hello")
    await story.bill("B17-FF", "146")
    said = await phone.say("नमस्ते जी")
    assert said.startswith("Hello Mr Sharma! Here you get the electricity bill of Blessings City.")
    assert "B17-FF · October 2026: ₹3,226.00, to be paid" in said
    assert phone.labels == ["My bill", "How to pay", "Earlier bills"]
    shown = phone.messages
    assert "October bill · B17-FF" in await phone.press("My bill", among=shown)
    assert "To pay for B17-FF" in await phone.press("How to pay", among=shown)
    assert "Bills of B17-FF" in await phone.press("Earlier bills", among=shown)
    assert "did not understand" in await phone.say("hello, my bill is wrong")
    assert phone.labels == ["My bill", "How to pay", "Help"]
    assert "/bill your bill now" in await phone.press("Help")
    await phone.say("how much")
    assert "₹" in await phone.press("My bill")


async def test_whoever_is_sent_to_the_office_reads_how_to_reach_it(story: Story) -> None:
    reachable = story.with_society(office_contact="Gate 1 & 2, +44 7700 900100")
    await reachable.bill("B17-FF", "146")
    phone = reachable.phone(story.town.sharma)
    for typed in ("how much", "/help", "/pay"):
        assert (await phone.say(typed)).endswith("The office: Gate 1 &amp; 2, +44 7700 900100")
    assert "The office:" not in await story.phone(story.town.sharma).say("how much")


async def test_in_a_group_nothing_is_told(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.run("update chat_identities set is_private = false where id = $1", story.town.sharma.chat_id)
    await story.run(
        """insert into chat_identities (channel, external_id, person_id) values ('telegram', '106', $1)""",
        story.town.sharma.person_id,
    )
    phone = story.phone(story.town.sharma)
    for words in ("/bill", "/pay", "/history", "/start"):
        assert "B17-FF" not in await phone.say(words)
