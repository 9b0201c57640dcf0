"""What a person does on WhatsApp, what the business hears of it, and what the phone shows."""

from __future__ import annotations

import pytest

from bot.simulator import ButtonKind, Contact, PhoneError, Simulator
from bot.simulator.whatsapp import WhatsAppPhone
from tests.bot.simulator.conftest import picture
from tests.bot.simulator.whatsapp.conftest import BUTTONS, Client, Listener, listed


async def test_start_and_invites_are_plain_words(ravi: WhatsAppPhone, listener: Listener) -> None:
    await ravi.start()
    await ravi.start("a1B2")
    await ravi.open_link("https://wa.me/447700900900?text=join%20xyz")
    await ravi.open_link("https://t.me/blessings_billing_bot?start=xyz")
    with pytest.raises(ValueError, match="Not a link to this number"):
        await ravi.open_link("https://wa.me/447700900999?text=join%20xyz")
    messages = await listener.heard(4)
    assert [message["text"]["body"] for message in messages] == ["Start", "join a1B2", "join xyz", "join xyz"]
    first = messages[0]
    assert (first["from"], first["type"]) == ("447700900101", "text")
    assert first["id"].startswith("wamid.")
    assert first["timestamp"].isdigit()
    assert listener.values[0]["contacts"] == [
        {"profile": {"name": "Ravi Kumar"}, "wa_id": "447700900101", "user_id": ravi.person.user_id}
    ]


async def test_who_hides_the_phone_has_only_an_id(ravi: WhatsAppPhone, client: Client, listener: Listener) -> None:
    ravi.hides_phone = True
    await ravi.send_text("B17-FF 146")
    [message] = await listener.heard(1)
    assert "from" not in message
    assert message["from_user_id"] == ravi.person.user_id
    assert "wa_id" not in listener.values[0]["contacts"][0]
    wamid = await client.text("saved", to="", recipient=ravi.person.user_id)
    assert (await ravi.wait_for("saved")).from_bot
    await listener.told(wamid, "delivered")
    assert all("recipient_id" not in status for value in listener.values for status in value.get("statuses", []))
    status, answer = await client.send(to="", recipient="GB.1", type="text", text={"body": "x"})
    assert (status, answer["error"]["code"]) == (400, 131009)


async def test_photos_documents_and_contacts(ravi: WhatsAppPhone, client: Client, listener: Listener) -> None:
    await ravi.send_photo(picture(), "B17-FF 146")
    await ravi.send_document(b"%PDF-1.7", "bank.pdf", "application/pdf")
    await ravi.share_contact()
    await ravi.share_contact(Contact("+447700900199", "Somebody"))
    image, document, own, other = await listener.heard(4)
    assert image["image"]["caption"] == "B17-FF 146"
    status, told = await client.get(image["image"]["id"])
    assert (status, told["sha256"]) == (200, image["image"]["sha256"])
    async with client.http.get(told["url"], headers={"Authorization": f"Bearer {client.token}"}) as answer:
        assert await answer.read() == picture()
    assert document["document"]["filename"] == "bank.pdf"
    assert own["contacts"][0]["phones"][0]["wa_id"] == "447700900101"
    assert (own["contacts"][0]["origin"], other["contacts"][0]["origin"]) == ("other", "other")


async def test_a_request_for_the_number_is_answered_as_such(
    heard: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    asked = {"type": "request_contact_info", "body": {"text": "Share it?"}, "action": {"name": "request_contact_info"}}
    await client.interactive(asked)
    assert [button.kind for button in heard.keyboard] == [ButtonKind.CONTACT]
    await heard.press("Share contact info")
    messages = await listener.heard(2)
    assert messages[-1]["contacts"][0]["origin"] == "contact_request"


async def test_a_press_finds_reply_buttons(heard: WhatsAppPhone, client: Client, listener: Listener) -> None:
    _, answer = await client.interactive(BUTTONS)
    card = await heard.wait_for("146 units")
    assert card.text == "B17-FF 146 units"
    assert [button.text for button in card.buttons] == ["Approve", "Correct"]
    assert [button.text for button in heard.keyboard] == ["Undo"]
    await heard.press("Appro")
    await heard.press("Undo")
    _, first, second = await listener.heard(3)
    assert first["interactive"] == {"type": "button_reply", "button_reply": {"id": "token-a", "title": "Approve"}}
    assert first["context"] == {"from": "447700900900", "id": answer["messages"][0]["id"]}
    assert second["interactive"]["button_reply"]["id"] == "say:Undo"
    assert [message.text for message in heard.messages if not message.from_bot] == ["Start", "Approve", "Undo"]
    with pytest.raises(PhoneError, match="sees no button 'Pay'"):
        await heard.press("Pay")


async def test_a_row_of_a_list_says_its_title_and_the_rest(
    heard: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    asked = listed(4)
    asked["action"]["sections"][0]["rows"][0] |= {"title": "Without fixed charge,", "description": "₹3,946.00"}
    asked["action"]["sections"][0]["rows"][1] |= {
        "title": "Approve all 12 normal…",
        "description": "Approve all 12 normal readings",
    }
    await client.interactive(asked)
    card = await heard.wait_for("Which flat?")
    assert [button.text for button in card.buttons][:2] == [
        "Without fixed charge, ₹3,946.00",
        "Approve all 12 normal readings",
    ]
    await heard.press("Without fixed charge, ₹3,946.00")
    _, reply = await listener.heard(2)
    row = {"id": "token-0", "title": "Without fixed charge,", "description": "₹3,946.00"}
    assert reply["interactive"] == {"type": "list_reply", "list_reply": row}


async def test_forged_presses_replies_and_edits(heard: WhatsAppPhone, client: Client, listener: Listener) -> None:
    wamid = await client.text("B17-FF saved")
    saved = await heard.wait_for("saved")
    await heard.press_data(saved, "token-of-another")
    await heard.reply_with_photo(saved, picture())
    sent = await heard.send_text("B17-FF 164")
    await heard.edit(sent, "B17-FF 146")
    with pytest.raises(LookupError, match="not this phone's own"):
        await heard.edit(saved, "forged")
    messages = (await listener.heard(5))[1:]
    assert messages[0]["interactive"]["button_reply"]["id"] == "token-of-another"
    assert messages[1]["context"]["id"] == wamid
    assert [message["text"]["body"] for message in messages[2:]] == ["B17-FF 164", "B17-FF 146"]


async def test_an_answer_quotes_what_it_answers(heard: WhatsAppPhone, client: Client, listener: Listener) -> None:
    sent = await heard.send_text("B17-FF 146")
    messages = await listener.heard(2)
    await client.text("saved", context={"message_id": messages[-1]["id"]})
    assert (await heard.wait_for("saved")).reply_to_id == sent.message_id
    asked = {"messaging_product": "whatsapp", "status": "read", "message_id": messages[-1]["id"]}
    assert await client.post("106540352242922/messages", {**asked, "typing_indicator": {"type": "text"}}) == (
        200,
        {"success": True},
    )
    assert heard.actions == ["typing"]
    assert messages[-1]["id"] in heard.business.read_by_us


async def test_offline_nothing_is_delivered_until_it_is_over(
    heard: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    await heard.go_offline()
    wamid = await client.text("your bill")
    await heard.send_text("one")
    await listener.told(wamid, "sent")
    assert heard.received == []
    await heard.go_online()
    await listener.told(wamid, "delivered")
    assert [message["text"]["body"] for message in await listener.heard(2)] == ["Start", "one"]
    assert heard.received[0].text == "your bill"


async def test_reading_is_told_and_a_blocked_business_hears_nothing(
    heard: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    wamid = await client.text("your bill")
    await listener.told(wamid, "delivered")
    assert (wamid, "read") not in listener.statuses
    heard.read()
    await listener.told(wamid, "read")
    await heard.block()
    unseen = await client.text("anybody there?")
    await listener.told(unseen, "sent")
    await heard.start()
    await listener.heard(2)
    assert (unseen, "delivered") not in listener.statuses
    assert [message.text for message in heard.received] == ["your bill"]


async def test_both_channels_stand_side_by_side(sim: Simulator, heard: WhatsAppPhone, client: Client) -> None:
    await sim.phone("rekha").start()
    await client.text("only for Ravi")
    await heard.wait_for("only for Ravi")
    assert sim.phone("rekha").received == []
