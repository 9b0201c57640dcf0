"""What only WhatsApp has: the number that proves itself, the day's window, templates, hooks twice and out of order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.simulator import ButtonKind
from tests.journeys.stage import Stage, staged
from tests.journeys.test_main_story import main_story
from tests.society import SOCIETY


@pytest.fixture
def channel() -> str:
    return "whatsapp"


async def test_the_first_message_proves_the_number(stage: Stage) -> None:
    await stage.conn.execute("update owners set phone = '+447700900199' where name = 'Anita Rao'")
    await stage.stranger.send_text("namaste")
    linked = await stage.stranger.wait_for("B17-GF")
    assert linked.text.startswith("Namaste Anita Rao. B17-GF")
    await stage.stranger.wait_for("October bill · B17-GF: ₹3,298.00")


async def test_who_hides_the_number_joins_by_invite_and_keeps_the_chat(stage: Stage) -> None:
    await stage.rekha.send_text("/people")
    await stage.rekha.wait_for("People")
    await stage.rekha.press("Invite engineer")
    await stage.rekha.wait_for("name")
    await stage.rekha.send_text("Vikram")
    invite = await stage.rekha.wait_for("Invite for Vikram")
    code = invite.text.partition("join ")[2].split()[0].removeprefix("%20")
    stage.whatsapp("stranger").hides_phone = True
    await stage.stranger.send_text("hello")
    await stage.stranger.wait_for(lambda message: bool(message.text))
    await stage.stranger.start(code)
    await stage.stranger.wait_for("You read meters for Blessings City")
    stage.whatsapp("stranger").hides_phone = False
    await stage.stranger.send_text("B17-FF 146")
    await stage.stranger.wait_for("saved")
    assert await stage.readings() == [("B17-FF", "146")]


async def test_what_is_said_after_a_day_comes_as_a_template(stage: Stage, meter_photo: bytes) -> None:
    stage.clock.move(hours=25)
    await stage.rekha.send_text("/pending")
    await stage.rekha.wait_for("Nothing waits")
    await stage.ravi.send_photo(meter_photo, "B17-FF 146")
    await stage.ravi.wait_for("saved")
    await stage.rekha.wait_for("Total ₹3,226.00")
    await stage.rekha.press("Approve")
    bill = await stage.mrs.wait_for("₹3,226.00")
    assert bill.raw["template"] == "bill_ready_office"
    assert "B17-FF" in bill.text
    hindi = await stage.sharma.wait_for("B17-FF")
    assert hindi.raw["template"] == "bill_ready_office"
    assert "बिजली का बिल" in hindi.text
    await stage.settled()
    await stage.later(seconds=5)
    card = stage.rekha.find("Approved by Rekha")
    assert card is not None
    assert "Mrs Sharma: delivered" in card.text
    await stage.mrs.send_text("/bill")
    full = await stage.mrs.wait_for("November bill · B17-FF: ₹3,226.00")
    assert "template" not in full.raw


async def test_the_template_of_a_bill_leads_to_its_page(dsn: str, channel: str) -> None:
    rules = replace(SOCIETY, public_url="https://bills.example.org")
    async with staged(dsn, channel=channel, rules=rules) as stage:
        stage.whatsapp("mrs").person.heard_at = None
        await stage.conn.execute(
            "update chat_identities set last_heard_at = null where id = $1", stage.second_owner.chat_id
        )
        await stage.ravi.send_text("B17-FF 146")
        await stage.rekha.wait_for("Total")
        await stage.rekha.press("Approve")
        bill = await stage.mrs.wait_for("₹3,226.00")
        assert bill.raw["template"] == "bill_ready"
        [button] = bill.buttons
        assert button.kind is ButtonKind.URL
        assert button.value.startswith("https://bills.example.org/b/")


async def test_a_reminder_comes_as_a_template(stage: Stage) -> None:
    await stage.ravi.send_text("B17-FF 146")
    await stage.rekha.wait_for("Total")
    await stage.rekha.press("Approve")
    await stage.mrs.wait_for("November bill")
    stage.mrs.mark()
    stage.clock.move(days=8)
    reminder = await stage.mrs.wait_for("12 Nov", timeout=40)
    assert reminder.raw["template"] == "payment_reminder"
    assert "₹3,226.00" in reminder.text


async def test_a_notice_is_shown_in_full_when_asked(stage: Stage) -> None:
    stage.clock.move(hours=25)
    await stage.ravi.send_text("B17-FF 146")
    notice = await stage.rekha.wait_for("B17-FF")
    assert notice.raw["template"] == "notice"
    await stage.rekha.press("Show")
    card = await stage.rekha.wait_for("Total ₹3,226.00")
    await stage.rekha.press("Approve", within=card)
    await stage.rekha.wait_for("Approved by Rekha")
    assert await stage.bills() == [("B17-FF", "3226.00")]


async def test_hooks_twice_and_out_of_order_change_nothing(stage: Stage, meter_photo: bytes) -> None:
    stage.simulator.whatsapp.hooks.disturbed = True
    stage.simulator.whatsapp.hooks.gather_seconds = 0.1
    await main_story(stage, meter_photo)
    assert await stage.readings() == [("B17-FF", "146")]
    assert await stage.bills() == [("B17-FF", "3226.00")]
    await stage.settled()
    assert len([message for message in stage.sharma.received if "₹3,226.00" in message.text]) == 1


async def test_a_corrected_line_asks_before_it_replaces(stage: Stage) -> None:
    sent = await stage.ravi.send_text("B17-FF 164")
    await stage.ravi.wait_for("saved")
    await stage.ravi.edit(sent, "B17-FF 146")
    await stage.ravi.wait_for("Replace it by 146?")
    await stage.ravi.press("Replace by 146")
    await stage.ravi.wait_for("saved, was 164")
    assert await stage.readings() == [("B17-FF", "146")]


async def test_a_window_closed_unknown_to_us_is_answered_by_a_template(stage: Stage, meter_photo: bytes) -> None:
    """Our clock and Meta's differ: it refuses the free words afterwards, and they are said again as a template."""
    stage.whatsapp("mrs").person.heard_at = None
    await main_story(stage, meter_photo)
    bill = await stage.mrs.wait_for("₹3,226.00")
    assert bill.raw["template"] == "bill_ready_office"
