"""Every limit of POST /messages, refused in Meta's shape, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import replace

import aiohttp
import pytest

from bot.simulator import Fault, Simulator
from bot.simulator.whatsapp import WhatsAppPhone
from tests.bot.simulator.conftest import picture
from tests.bot.simulator.whatsapp.conftest import BUTTONS, Client, Json, Listener, listed
from tests.journeys.clock import Clock


def replies(*pairs: tuple[str, str]) -> Json:
    buttons = [{"type": "reply", "reply": {"id": one, "title": title}} for one, title in pairs]
    return {**BUTTONS, "action": {"buttons": buttons}}


def sections(*titles: str) -> Json:
    rows = [{"title": title, "rows": [{"id": title, "title": "row"}]} for title in titles]
    return {**listed(1), "action": {"button": "Choose", "sections": rows}}


def link(label: str, url: str) -> Json:
    parameters = {"display_text": label, "url": url}
    return {"type": "cta_url", "body": {"text": "Pay"}, "action": {"name": "cta_url", "parameters": parameters}}


REFUSED = {
    "four buttons": (replies(*[(str(n), f"Key {n}") for n in range(4)]), 131009, "buttons count"),
    "no buttons": (replies(), 131009, "buttons count"),
    "a title of 21": (replies(("a", "x" * 21)), 131009, "button title is too long"),
    "an id of 257": (replies(("a" * 257, "x")), 131009, "button id is too long"),
    "the same title twice": (replies(("a", "Pay"), ("b", "Pay")), 131009, "titles must be unique"),
    "the same id twice": (replies(("a", "Pay"), ("a", "Show")), 131009, "ids must be unique"),
    "a title of spaces": (replies(("a", "  ")), 131008, "button title is required"),
    "a body of 1025": ({**BUTTONS, "body": {"text": "x" * 1025}}, 131009, "body.text is too long"),
    "a footer of 61": ({**BUTTONS, "footer": {"text": "x" * 61}}, 131009, "footer.text is too long"),
    "eleven rows": (listed(11), 131009, "row count exceed"),
    "a row title of 25": (listed(2, title="x" * 25), 131009, "row title is too long"),
    "a row description of 73": (listed(2, description="x" * 73), 131009, "row description is too long"),
    "the same row twice": (listed(2, id="same"), 131009, "Row ids must be unique"),
    "a list body of 4097": ({**listed(2), "body": {"text": "x" * 4097}}, 131009, "body.text is too long"),
    "a section title of 25": (sections("x" * 25), 131009, "section title is too long"),
    "a section without a title": (sections("a", ""), 131008, "section title is required"),
    "a list with a picture": (
        {**listed(2), "header": {"type": "image", "image": {"id": "1"}}},
        131009,
        "text header only",
    ),
    "a link's label of 21": (link("x" * 21, "https://example.org"), 131009, "display_text is too long"),
    "a link that is none": (link("Pay", "upi://pay"), 131009, "not a valid URL"),
    "another interactive type": ({**BUTTONS, "type": "contact_request"}, 131009, "is not one of"),
}


@pytest.mark.parametrize(("asked", "code", "details"), list(REFUSED.values()), ids=list(REFUSED))
async def test_interactive_limits(heard: WhatsAppPhone, client: Client, asked: Json, code: int, details: str) -> None:
    status, answer = await client.interactive(deepcopy(asked))
    error = answer["error"]
    assert (status, error["code"], error["type"]) == (400, code, "OAuthException")
    assert details in error["error_data"]["details"]
    assert error["message"].startswith(f"(#{code}) ")
    assert error["fbtrace_id"]
    assert heard.received == []


async def test_the_largest_that_fits_arrives(heard: WhatsAppPhone, client: Client) -> None:
    full = replies(*[(str(n) * 256, f"{n:020d}") for n in range(3)])
    fits = [{**full, "body": {"text": "x" * 1024}}, listed(10, title="y" * 24, description="z" * 72)]
    for asked in fits:
        rows = asked["action"].get("sections", [{"rows": []}])[0]["rows"]
        for number, row in enumerate(rows):
            row["id"] = f"row-{number}"
        status, answer = await client.interactive(asked)
        assert status == 200, answer
    await client.text("t" * 4096)
    assert [len(message.text) for message in heard.received] == [1024, 11, 4096]


WRONG: dict[str, tuple[Json, int, int]] = {
    "a text of 4097": ({"type": "text", "text": {"body": "x" * 4097}}, 400, 131009),
    "an empty text": ({"type": "text", "text": {"body": ""}}, 400, 131008),
    "no text": ({"type": "text"}, 400, 131008),
    "an unknown type": ({"type": "poll", "poll": {}}, 400, 100),
    "no such media": ({"type": "image", "image": {"id": "77"}}, 400, 100),
    "a link to a picture": ({"type": "image", "image": {"link": "https://example.org/a.jpg"}}, 400, 131009),
    "nobody": ({"to": "", "type": "text", "text": {"body": "x"}}, 400, 100),
    "an id for a phone": ({"to": "GB.13491208000000101", "type": "text", "text": {"body": "x"}}, 400, 100),
    "a name": ({"to": "Ravi", "type": "text", "text": {"body": "x"}}, 400, 100),
    "a reaction to nothing": ({"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}}, 400, 131009),
    "a read receipt of nothing": ({"status": "read", "message_id": "wamid.x"}, 400, 131009),
}


@pytest.mark.parametrize(("asked", "status", "code"), list(WRONG.values()), ids=list(WRONG))
async def test_other_wrong_messages(heard: WhatsAppPhone, client: Client, asked: Json, status: int, code: int) -> None:
    answered, answer = await client.send(**asked)
    assert (answered, answer["error"]["code"]) == (status, code)
    assert heard.received == []


async def test_tokens_and_objects(client: Client) -> None:
    body: Json = {"type": "text", "text": {"body": "x"}}
    assert (await client.post("106540352242922/messages", body))[1]["error"]["code"] == 100
    status, answer = await client.post("999/messages", {"messaging_product": "whatsapp"})
    assert (status, answer["error"]["code"], answer["error"]["error_subcode"]) == (400, 100, 33)
    client.token = "EAAGsomebodyelses"
    status, answer = await client.send(**body)
    assert (status, answer["error"]["code"], answer["error"]["type"]) == (401, 190, "OAuthException")
    async with client.http.post(f"{client.root}/106540352242922/messages", json=body) as unsigned:
        assert unsigned.status == 401


async def test_an_answer_names_the_person_and_the_message(heard: WhatsAppPhone, client: Client) -> None:
    status, answer = await client.send(to="+44 7700 900101", type="text", text={"body": "hello"})
    assert status == 200
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": "+44 7700 900101", "wa_id": "447700900101"}]
    assert answer["messages"][0]["id"].startswith("wamid.")
    assert heard.received[0].text == "hello"


async def test_a_closed_window_fails_later_or_at_once(
    sim: Simulator, heard: WhatsAppPhone, client: Client, listener: Listener, clock: Clock
) -> None:
    clock.move(hours=24, minutes=1)
    wamid = await client.text("too late")
    await listener.told(wamid, "failed")
    [error] = next(one for value in listener.values for one in value.get("statuses", []))["errors"]
    assert (error["code"], error["title"]) == (131047, "Re-engagement message")
    assert "24 hours" in error["error_data"]["details"]
    sim.whatsapp.tells_window_at_once = True
    status, answer = await client.send(type="text", text={"body": "too late"})
    assert (status, answer["error"]["code"]) == (400, 131047)
    assert heard.received == []
    await heard.send_text("I am back")
    await client.text("in time")
    assert [message.text for message in heard.received] == ["in time"]


async def test_a_number_without_whatsapp_fails(client: Client, listener: Listener) -> None:
    _, answer = await client.send(to="447700900955", type="text", text={"body": "anybody?"})
    await listener.told(answer["messages"][0]["id"], "failed")
    [status] = [one for value in listener.values for one in value["statuses"]]
    assert (status["recipient_id"], status["errors"][0]["code"]) == ("447700900955", 131026)


async def test_rates_of_a_pair_and_of_the_number(sim: Simulator, heard: WhatsAppPhone, client: Client) -> None:
    sim.whatsapp.rates.enabled = True
    codes = [(await client.send(type="text", text={"body": str(n)}))[1].get("error", {}).get("code") for n in range(46)]
    assert codes == [None] * 45 + [131056]
    await sim.phone("farida").start()
    to = {"to": "447700900107"}
    calls = (client.send(type="text", text={"body": str(n)}, **to) for n in range(45))
    answers = await asyncio.gather(*calls)
    assert {answer.get("error", {}).get("code") for _, answer in answers} <= {None, 130429}
    sim.whatsapp.rates.enabled = False
    assert (await client.send(type="text", text={"body": "x"}))[0] == 200


async def test_the_number_takes_80_a_second(sim: Simulator, client: Client) -> None:
    people = [(await _person(sim, number)) for number in range(3)]
    sim.whatsapp.rates.enabled = True
    calls = (client.send(to=people[n % 3], type="text", text={"body": str(n)}) for n in range(120))
    answers = await asyncio.gather(*calls)
    refused = [answer["error"]["code"] for status, answer in answers if status == 429]
    assert refused
    assert set(refused) == {130429}


async def _person(sim: Simulator, number: int) -> str:
    spec = sim.phone("ravi").spec
    phone = sim.add_phone(replace(spec, key=f"p{number}", user_id=300 + number, phone=f"+44770090020{number}"))
    await phone.start()
    return phone.spec.phone.removeprefix("+")


async def test_pictures_and_documents_with_words(heard: WhatsAppPhone, client: Client) -> None:
    _, uploaded = await client.upload(picture(), "image/jpeg", "meter.jpg")
    await client.send(type="image", image={"id": uploaded["id"], "caption": "B17-FF"})
    header = {"type": "image", "image": {"id": uploaded["id"]}}
    await client.interactive({**BUTTONS, "header": header})
    _, paper = await client.upload(b"%PDF-1.7", "application/pdf", "bill.pdf")
    await client.send(type="document", document={"id": paper["id"], "filename": "November.pdf"})
    image, card, document = heard.received
    assert heard.photo_bytes(image) == heard.photo_bytes(card) == picture()
    assert (image.text, card.text, document.document_name) == ("B17-FF", "B17-FF 146 units", "November.pdf")
    status, answer = await client.send(type="image", image={"id": uploaded["id"], "caption": "x" * 1025})
    assert (status, answer["error"]["code"]) == (400, 131009)


async def test_faults_meet_whatsapp_too(sim: Simulator, heard: WhatsAppPhone, client: Client) -> None:
    sim.faults.hold_seconds = 0.05
    sim.faults.plan(Fault.TOO_MANY_REQUESTS, Fault.BAD_GATEWAY)
    message: Json = {"type": "text", "text": {"body": "hello"}}
    status, answer = await client.send(**message)
    assert (status, answer["error"]["code"]) == (429, 130429)
    assert (await client.send(**message))[0] == 502
    sim.faults.plan(Fault.RESET)
    with pytest.raises(aiohttp.ClientError):
        await client.send(**message)
    assert heard.received == []
    sim.faults.plan(Fault.LOST_ANSWER)
    with pytest.raises(aiohttp.ClientError):
        await client.send(**message)
    assert [seen.text for seen in heard.received] == ["hello"]
    kinds = [(recorded.status, recorded.fault) for recorded in sim.whatsapp.recorder]
    assert kinds == [
        (429, Fault.TOO_MANY_REQUESTS),
        (502, Fault.BAD_GATEWAY),
        (0, Fault.RESET),
        (0, Fault.LOST_ANSWER),
    ]
