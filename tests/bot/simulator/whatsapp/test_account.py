"""The account: its number, its templates, and files on their way through it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator import Simulator
from bot.simulator.whatsapp import ACCOUNT_ID, PHONE_NUMBER_ID, WhatsAppPhone
from bot.simulator.whatsapp.text import read
from tests.bot.simulator.conftest import picture
from tests.bot.simulator.whatsapp.conftest import Client, Json, Listener
from tests.journeys.clock import Clock

BILL: Json = {
    "name": "bill_ready",
    "language": "en",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Your {{1}} bill of *{{2}}* is {{3}}.",
            "example": {"body_text": [["November", "B17-FF", "₹3,226.00"]]},
        },
        {
            "type": "BUTTONS",
            "buttons": [
                {
                    "type": "URL",
                    "text": "Open",
                    "url": "https://b.example.org/b/{{1}}",
                    "example": ["https://b.example.org/b/x"],
                },
                {"type": "QUICK_REPLY", "text": "Show"},
            ],
        },
    ],
}
VALUES = ("November", "B17-FF", "₹3,226.00")


async def submit(client: Client, **changes: Any) -> tuple[int, Json]:
    return await client.post(f"{ACCOUNT_ID}/message_templates", {**BILL, **changes})


async def test_a_template_is_submitted_listed_and_sent_outside_the_window(
    ravi: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    status, answer = await submit(client)
    assert (status, answer["status"], answer["category"]) == (200, "APPROVED", "UTILITY")
    _, listed = await client.get(f"{ACCOUNT_ID}/message_templates?name=bill_ready")
    assert [(one["name"], one["language"], one["status"]) for one in listed["data"]] == [
        ("bill_ready", "en", "APPROVED")
    ]
    _, sent = await client.template("bill_ready", *VALUES, button="abc")
    assert sent["messages"][0]["message_status"] == "accepted"
    await listener.told(sent["messages"][0]["id"], "delivered")
    bill = ravi.received[0]
    assert bill.text == "Your November bill of B17-FF is ₹3,226.00."
    assert [(button.text, button.value) for button in bill.buttons] == [
        ("Open", "https://b.example.org/b/abc"),
        ("Show", "Show"),
    ]
    await ravi.press("Show")
    [message] = await listener.heard(1)
    assert message["button"] == {"payload": "Show", "text": "Show"}
    assert message["context"]["id"] == sent["messages"][0]["id"]


async def test_a_quick_reply_carries_the_payload_it_was_sent_with(
    ravi: WhatsAppPhone, client: Client, listener: Listener
) -> None:
    await submit(client)
    components = [
        {"type": "body", "parameters": [{"type": "text", "text": value} for value in VALUES]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "abc"}]},
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "1",
            "parameters": [{"type": "payload", "payload": "say:My bill"}],
        },
    ]
    template = {"name": "bill_ready", "language": {"code": "en"}, "components": components}
    await client.send(type="template", template=template)
    await ravi.press("Show")
    [message] = await listener.heard(1)
    assert message["button"] == {"payload": "say:My bill", "text": "Show"}


async def test_templates_that_cannot_be_sent(sim: Simulator, ravi: WhatsAppPhone, client: Client) -> None:
    await submit(client)
    wrong: list[tuple[tuple[int, Json], int, int]] = [
        (await client.template("no_such", *VALUES), 404, 132001),
        (await client.template("bill_ready", *VALUES, language="hi"), 404, 132001),
        (await client.template("bill_ready", *VALUES[:2], button="abc"), 400, 132000),
        (await client.template("bill_ready", *VALUES), 400, 132000),
        (await client.template("bill_ready", "two\nlines", *VALUES[1:], button="abc"), 400, 100),
        (await client.template("bill_ready", "", *VALUES[1:], button="abc"), 400, 131008),
        (await client.template("bill_ready", "x" * 1100, *VALUES[1:], button="abc"), 400, 132005),
    ]
    for (status, answer), expected, code in wrong:
        assert (status, answer["error"]["code"]) == (expected, code), answer
    sim.whatsapp.templates.reviews = True
    await submit(client, name="later")
    assert (await client.template("later", *VALUES, button="abc"))[0] == 404
    paused = sim.whatsapp.templates.at("bill_ready", "en")
    assert paused is not None
    paused.status = "PAUSED"
    assert (await client.template("bill_ready", *VALUES, button="abc"))[1]["error"]["code"] == 132015
    assert ravi.received == []


def body(text: str, *examples: str) -> list[Json]:
    return [{"type": "BODY", "text": text, "example": {"body_text": [list(examples)]}}]


def button(**more: Any) -> list[Json]:
    return [
        {"type": "BODY", "text": "Hello"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Open", **more}]},
    ]


MALFORMED: dict[str, Json] = {
    "a name with a capital": {"name": "Bill"},
    "no language": {"language": ""},
    "an unknown category": {"category": "TRANSACTIONAL"},
    "no body": {"components": []},
    "begins with a variable": {"components": body("{{1}} is your bill", "x")},
    "ends with a variable": {"components": body("Your bill is {{1}}", "x")},
    "numbers that jump": {"components": body("Your {{2}} bill", "x")},
    "an example missing": {"components": body("Your {{1}} bill of {{2}} came", "x")},
    "a long button": {"components": button(text="x" * 26, url="https://example.org")},
    "a variable in the middle": {"components": button(url="https://example.org/{{1}}/b", example=["x"])},
    "a link without an example": {"components": button(url="https://example.org/{{1}}")},
}


@pytest.mark.parametrize("changes", list(MALFORMED.values()), ids=list(MALFORMED))
async def test_malformed_templates_are_refused(client: Client, changes: Json) -> None:
    status, answer = await submit(client, **changes)
    assert (status, answer["error"]["code"]) == (400, 100)


async def test_a_template_exists_once_in_a_language(client: Client) -> None:
    await submit(client)
    status, answer = await submit(client)
    assert (status, answer["error"]["error_subcode"]) == (400, 2388024)
    assert (await submit(client, language="hi"))[0] == 200


async def test_templates_are_listed_by_pages(client: Client) -> None:
    for number in range(3):
        await submit(client, name=f"bill_{number}")
    _, first = await client.get(f"{ACCOUNT_ID}/message_templates?limit=2")
    _, second = await client.get(first["paging"]["next"])
    assert [one["name"] for one in [*first["data"], *second["data"]]] == ["bill_0", "bill_1", "bill_2"]
    assert "next" not in second["paging"]


async def test_the_tier_limits_new_people_a_day(
    sim: Simulator, ravi: WhatsAppPhone, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sim.whatsapp.rates.tiers, "TIER_250", 1)
    sim.whatsapp.rates.enabled = True
    await submit(client)
    for _ in range(2):
        assert (await client.template("bill_ready", *VALUES, button="a"))[0] == 200
    status, answer = await client.template("bill_ready", *VALUES, button="a", to="447700900107")
    assert (status, answer["error"]["code"]) == (429, 131048)
    clock.move(days=1, minutes=1)
    assert (await client.template("bill_ready", *VALUES, button="a", to="447700900107"))[0] == 200
    assert len(ravi.received) == 2


async def test_the_number_shows_what_is_asked_for(client: Client) -> None:
    _, usual = await client.get(PHONE_NUMBER_ID)
    assert usual["verified_name"] == "Blessings Billing"
    assert "messaging_limit_tier" not in usual
    _, asked = await client.get(f"{PHONE_NUMBER_ID}?fields=display_phone_number,messaging_limit_tier")
    assert asked == {
        "id": PHONE_NUMBER_ID,
        "display_phone_number": "+44 7700 900900",
        "messaging_limit_tier": "TIER_250",
    }
    status, answer = await client.get(f"{PHONE_NUMBER_ID}?fields=shoe_size")
    assert (status, answer["error"]["code"]) == (400, 100)


async def test_an_address_of_a_file_needs_the_token_and_ends(client: Client, clock: Clock) -> None:
    _, uploaded = await client.upload(picture(), "image/jpeg")
    _, told = await client.get(uploaded["id"])
    assert (told["mime_type"], told["file_size"], told["id"]) == ("image/jpeg", len(picture()), uploaded["id"])
    async with client.http.get(told["url"]) as answer:
        assert answer.status == 401
    clock.move(minutes=6)
    assert (await client.get(told["url"]))[0] == 404
    assert (await client.get("123456"))[0] == 400


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        ("large", "image/jpeg", 131053),
        ("no picture", "image/jpeg", 131053),
        ("", "application/pdf", 131053),
        ("x", "image/gif", 100),
        ("x", "application/zip", 100),
    ],
    ids=["too large", "no picture", "empty", "a gif", "a zip"],
)
async def test_files_that_are_not_taken(client: Client, data: str, kind: str, code: int) -> None:
    content = bytes((5 << 20) + 1) if data == "large" else data.encode()
    status, answer = await client.upload(content, kind)
    assert (status, answer["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("sent", "seen", "marked"),
    [
        ("*B17-FF* 146", "B17-FF 146", [("bold", 0, 6)]),
        ("a _b_ ~c~", "a b c", [("italic", 2, 1), ("strikethrough", 4, 1)]),
        ("```one\ntwo``` `three`", "one\ntwo three", [("pre", 0, 7), ("code", 8, 5)]),
        ("*a _b_*", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        ("3 * 4 * 5 and snake_case_name", "3 * 4 * 5 and snake_case_name", []),
        ("2*3*4", "2*3*4", []),
        ("*two\nlines*", "*two\nlines*", []),
        ("*\u200bB17*\u200b", "*B17*", []),
        ("see https://b.example.org/b/_abc_ now", "see https://b.example.org/b/_abc_ now", [("url", 4, 29)]),
        ("₹ *बिल*", "₹ बिल", [("bold", 2, 3)]),
    ],
)
def test_how_words_look(sent: str, seen: str, marked: list[tuple[str, int, int]]) -> None:
    plain, entities = read(sent)
    assert plain == seen
    assert [(one["type"], one["offset"], one["length"]) for one in entities] == marked
