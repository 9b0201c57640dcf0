"""Messages out to WhatsApp: what is posted, in the window and outside, and what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.whatsapp.account import Account
from bot.channels.whatsapp.api import GraphApi
from bot.channels.whatsapp.outgoing import Outgoing
from jobs.ports import (
    Key,
    Keyboard,
    Message,
    NotSent,
    Outcome,
    Parcel,
    Paused,
    Posted,
    Postponed,
    Refused,
    Sent,
    Stopped,
    Template,
    Unknown,
    Unreachable,
)
from jobs.secrecy import mask
from tests.bot.channels.whatsapp.cloud import NUMBER, TOKEN, Cloud, Fault, running, words

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
SHARMA = "447700900105"
HIDDEN = "GB.13491208655302741918"
PAY = Key("Pay ₹3,264.40", url="https://bills.example.org/b/tok")


@dataclass
class Sender:
    """The sending side and its clock; each message has a row number of its own unless it is sent again."""

    outgoing: Outgoing
    api: GraphApi
    now: datetime = NOW
    parcel: Parcel = field(
        default_factory=lambda: Parcel(
            SHARMA, is_private=True, message=Message("x"), heard_at=NOW, society="Blessings City", row=1
        )
    )

    async def send(self, message: Message, **changes: Any) -> Outcome:
        return await self.outgoing.deliver(replace(self.parcel, message=message, **changes))


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with running() as server:
        yield server


@pytest.fixture
async def sender(cloud: Cloud) -> AsyncIterator[Sender]:
    made = make(cloud)
    yield made
    await made.api.close()


def make(cloud: Cloud, token: str = TOKEN, seconds: float = 20) -> Sender:
    account = Account(NUMBER, token, cloud.url)
    api = GraphApi(account, seconds=seconds)
    made = Sender(Outgoing(account, api, lambda: made.now, limiters=False), api)
    return made


async def photo() -> bytes:
    return b"\xff\xd8 a meter"


async def test_text_goes_to_the_phone_number(cloud: Cloud, sender: Sender) -> None:
    assert await sender.send(Message("<b>Saved</b> B17-FF")) == Sent("wamid.0001==")
    assert cloud.posted == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": SHARMA,
            "type": "text",
            "text": {"preview_url": False, "body": "*Saved* B17-FF"},
        }
    ]


async def test_who_hides_the_number_is_named_by_their_scoped_id(cloud: Cloud, sender: Sender) -> None:
    assert isinstance(await sender.send(Message("x"), chat=HIDDEN), Sent)
    assert cloud.posted[0]["recipient"] == HIDDEN
    assert "to" not in cloud.posted[0]


async def test_an_answer_names_the_message_it_answers(cloud: Cloud, sender: Sender) -> None:
    await sender.send(Message("x", reply_to="wamid.HIS=="))
    await sender.send(Message("x", reply_to="17"))
    await sender.send(Message("Approved"), edits=Posted("wamid.CARD==", None))
    answered = [body.get("context", {}).get("message_id") for body in cloud.posted]
    assert answered == ["wamid.HIS==", None, "wamid.CARD=="]


async def test_buttons_lists_links_and_asking_for_the_number(cloud: Cloud, sender: Sender) -> None:
    keys = tuple((Key(f"Flat {place}", press=f"t{place}"),) for place in range(12))
    await sender.send(Message("Which?", keys=keys[:2]))
    await sender.send(Message("Which?", keys=keys))
    await sender.send(Message("Bill", keys=((PAY,),)))
    await sender.send(Message("Share it", keyboard=Keyboard((("Share",),), asks_contact="Share")))
    kinds = [body["interactive"]["type"] for body in cloud.posted]
    assert kinds == ["button", "list", "list", "cta_url", "request_contact_info"]
    [button, first, second, link, ask] = [body["interactive"]["action"] for body in cloud.posted]
    assert [one["reply"]["id"] for one in button["buttons"]] == ["t0", "t1"]
    rows = [row["id"] for action in (first, second) for row in action["sections"][0]["rows"]]
    assert rows == [f"t{place}" for place in range(12)]
    assert link["parameters"] == {"display_text": PAY.label, "url": PAY.url}
    assert ask == {"name": "request_contact_info"}


async def test_a_photo_is_uploaded_once_and_then_named(cloud: Cloud, sender: Sender) -> None:
    card = Message("The meter", photo_id=7)
    await sender.send(card, photo=photo)
    await sender.send(card, photo=photo)
    await sender.send(replace(card, keys=((Key("Fix", press="t"),),)), photo=photo)
    assert [one["type"] for one in cloud.uploads.values()] == ["image/jpeg"]
    assert cloud.posted[1]["image"] == {"id": "9000", "caption": "The meter"}
    assert cloud.posted[2]["interactive"]["header"] == {"type": "image", "image": {"id": "9000"}}


async def test_a_photo_whose_id_ended_is_uploaded_again(cloud: Cloud, sender: Sender) -> None:
    await sender.send(Message("The meter", photo_id=7), photo=photo)
    del cloud.uploads["9000"]
    cloud.uploads["x"] = {}
    assert isinstance(await sender.send(Message("The meter", photo_id=7), photo=photo), Sent)
    sender.now = NOW + timedelta(days=26)
    await sender.send(Message("The meter", photo_id=7), photo=photo, heard_at=sender.now)
    assert [body["image"]["id"] for body in cloud.posted] == ["9000", "9001", "9002"]


async def test_words_go_without_a_photo_that_is_gone(cloud: Cloud, sender: Sender) -> None:
    async def gone() -> None:
        return None

    assert isinstance(await sender.send(Message("The meter", photo_id=7), photo=gone), Sent)
    assert isinstance(await sender.send(Message("", photo_id=7), photo=gone), Sent)
    assert cloud.bodies == ["The meter"]


async def test_a_document_keeps_its_name(cloud: Cloud, sender: Sender) -> None:
    await sender.send(Message("October", document=b"%PDF", document_name="oct.pdf"))
    assert cloud.posted[0]["document"] == {"id": "9000", "filename": "oct.pdf", "caption": "October"}
    assert cloud.uploads["9000"]["type"] == "application/pdf"


async def test_a_menu_of_commands_is_nothing_to_send(cloud: Cloud, sender: Sender) -> None:
    assert await sender.send(Message(commands=(("pending", "what waits"),))) == Sent()
    assert not cloud.calls


@pytest.mark.parametrize(
    ("heard", "kind"),
    [
        (timedelta(hours=-1), "text"),
        (timedelta(hours=-23, minutes=-54), "text"),
        (timedelta(hours=-23, minutes=-55), "template"),
        (timedelta(days=-30), "template"),
        (None, "template"),
    ],
)
async def test_free_words_within_a_day_of_what_the_person_wrote(
    cloud: Cloud, sender: Sender, heard: timedelta | None, kind: str
) -> None:
    outcome = await sender.send(Message("x"), heard_at=None if heard is None else NOW + heard)
    assert outcome == Sent("wamid.0001==", as_template=kind == "template")
    assert cloud.posted[0]["type"] == kind


async def test_outside_the_window_its_own_template_is_sent(cloud: Cloud, sender: Sender) -> None:
    template = Template("bill_ready", ("October 2026", "B17-FF", "₹3,264.40", "12 Nov 2026"), "tok")
    await sender.send(Message("the long bill", template=template, language="hi"), heard_at=None)
    sent = cloud.posted[0]["template"]
    assert (sent["name"], sent["language"]) == ("bill_ready", {"code": "hi"})
    assert words(cloud.posted[0]) == "October 2026 · B17-FF · ₹3,264.40 · 12 Nov 2026"
    assert sent["components"][1]["parameters"] == [{"type": "text", "text": "tok"}]


async def test_what_has_no_template_is_told_of_by_a_notice(cloud: Cloud, sender: Sender) -> None:
    text = "<b>Correction</b> for B17-FF\n₹200.00 credited\n" + "and so on\n" * 100
    await sender.send(Message(text), heard_at=None)
    sent = cloud.posted[0]["template"]
    society, said = (one["text"] for one in sent["components"][0]["parameters"])
    assert (sent["name"], society) == ("notice", "Blessings City")
    assert said.startswith("*Correction* for B17-FF ₹200.00 credited and so on")
    assert len(said) <= 500
    assert sent["components"][1]["parameters"] == [{"type": "payload", "payload": "show:"}]


async def test_what_a_template_told_is_not_told_again_with_each_newer_state(cloud: Cloud, sender: Sender) -> None:
    told = Posted("wamid.NOTICE==", None, as_template=True)
    assert await sender.send(Message("Delivered 10:44"), heard_at=None, edits=told) == Sent(
        told.external_id, as_template=True
    )
    assert cloud.posted == []
    await sender.send(Message("12 wait"), heard_at=None, edits=replace(told, as_template=False))
    await sender.send(Message("Delivered 10:44"), edits=told)
    assert [body["type"] for body in cloud.posted] == ["template", "text"]


async def test_refused_free_words_go_as_a_template_at_once(cloud: Cloud, sender: Sender) -> None:
    cloud.script.append((400, 131047))
    assert await sender.send(Message("x")) == Sent("wamid.0001==", as_template=True)
    assert [body["type"] for body in cloud.posted] == ["template"]


async def test_who_is_written_to_first_is_counted_and_others_are_not(cloud: Cloud, sender: Sender) -> None:
    asked = 0

    async def admit() -> Postponed | None:
        nonlocal asked
        asked += 1
        return Postponed(7200, "enough for today") if asked > 1 else None

    await sender.send(Message("x"), admit=admit)
    assert asked == 0
    assert isinstance(await sender.send(Message("x"), admit=admit, heard_at=None), Sent)
    assert await sender.send(Message("x"), admit=admit, heard_at=None) == Postponed(7200, "enough for today")
    assert len(cloud.posted) == 2


def _kind(outcome: Outcome) -> tuple[type, bool]:
    return type(outcome), isinstance(outcome, Paused | Postponed) and outcome.seconds >= 60


@pytest.mark.parametrize(
    ("fault", "kind", "is_long"),
    [
        ((429, None), Paused, False),
        ((400, 130429), Paused, False),
        ((400, 80007), Paused, True),
        ((400, 4), Paused, True),
        ((400, 131056), Postponed, False),
        ((400, 131048), Postponed, True),
        ((400, 131049), Postponed, True),
        ((400, 131042), Postponed, True),
        ((404, 132001), Postponed, True),
        ((400, 131026), Unreachable, False),
        ((400, 131030), Unreachable, False),
        ((400, 131031), Stopped, False),
        ((400, 368), Stopped, False),
        ((401, 190), Stopped, False),
        ((400, 190), Stopped, False),
        ((401, None), Stopped, False),
        ((403, 10), Stopped, False),
        ((403, 200), Stopped, False),
        ((400, 133010), Stopped, False),
        ((404, None), Stopped, False),
        ((400, 131009), Refused, False),
        ((400, 131051), Refused, False),
        ((400, 999999), Refused, False),
        ((500, 131000), NotSent, False),
        ((400, 131016), NotSent, False),
        ((502, None), NotSent, False),
        ((503, 2), NotSent, False),
        ("reset", Unknown, False),
        ("lost", Unknown, False),
    ],
)
async def test_the_table_of_errors(cloud: Cloud, fault: Fault, kind: type, is_long: bool) -> None:  # noqa: FBT001 - a column
    sender = make(cloud, seconds=0.3 if fault == "lost" else 20)
    cloud.script.append(fault)
    outcome = await sender.send(Message("x"))
    await sender.api.close()
    assert _kind(outcome) == (kind, is_long)
    assert TOKEN not in repr(outcome)


async def test_nobody_there_is_not_sent(cloud: Cloud) -> None:
    sender = make(replace(cloud, url="http://127.0.0.1:9/v23.0"))
    assert isinstance(await sender.send(Message("x")), NotSent)
    await sender.api.close()


async def test_a_bad_token_stops_with_what_to_do_and_without_the_token(cloud: Cloud) -> None:
    sender = make(cloud, token="EAAG-another-canary")
    outcome = await sender.send(Message("x"))
    await sender.api.close()
    assert isinstance(outcome, Stopped)
    assert "WHATSAPP_ACCESS_TOKEN" in outcome.reason
    assert "canary" not in outcome.reason
    assert mask("EAAG-another-canary") == "•••"


async def test_the_wait_that_is_asked_for_is_kept_by_all(cloud: Cloud, sender: Sender) -> None:
    cloud.script.append((429, 130429, 7.0))
    assert await sender.send(Message("x")) == Paused(7.0)
    held = await sender.send(Message("y"), chat="447700900106", row=2)
    assert isinstance(held, Paused)
    assert 5 < held.seconds <= 7
    assert cloud.calls == 1


async def test_pauses_grow_while_it_is_too_fast(cloud: Cloud, sender: Sender) -> None:
    cloud.script.extend([(400, 80007)] * 3)
    pauses = []
    for _ in range(3):
        outcome = await sender.send(Message("x"))
        assert isinstance(outcome, Paused)
        pauses.append(outcome.seconds)
        sender.outgoing._pause._until = 0
    assert pauses[0] < pauses[1] < pauses[2]


async def test_complaints_slow_down_what_is_said_first_and_not_answers(cloud: Cloud, sender: Sender) -> None:
    cloud.script.append((400, 131048))
    assert isinstance(await sender.send(Message("x"), heard_at=None), Postponed)
    assert isinstance(await sender.send(Message("y"), heard_at=None, row=2), Postponed)
    assert cloud.calls == 1
    assert isinstance(await sender.send(Message("answer"), row=3), Sent)


async def test_a_message_of_several_goes_on_where_it_was_interrupted(cloud: Cloud, sender: Sender) -> None:
    bill = Message("Your bill", keys=((PAY,), (Key("PDF", press="t1"),)))
    cloud.script.extend([None, (502, None)])
    assert isinstance(await sender.send(bill, row=5), NotSent)
    assert await sender.send(bill, row=5) == Sent("wamid.0002==")
    assert cloud.bodies == ["Your bill", "You can also:"]
    assert isinstance(await sender.send(bill, row=6), Sent)
    assert len(cloud.posted) == 4


def _flats(token: str) -> Message:
    """In three pieces; each wording has tokens of its own."""
    return Message("Which?", keys=tuple((Key(f"Flat {place}", press=f"{token}{place}"),) for place in range(25)))


async def test_what_was_worded_anew_after_an_interruption_is_said_from_the_beginning(
    cloud: Cloud, sender: Sender
) -> None:
    cloud.script.extend([None, None, (400, 131056)])
    assert isinstance(await sender.send(_flats("a"), row=5), Postponed)
    assert isinstance(await sender.send(Message("Settled meanwhile"), row=5), Sent)
    assert cloud.bodies[2:] == ["Settled meanwhile"]


async def test_new_tokens_behind_the_same_words_are_no_new_words(cloud: Cloud, sender: Sender) -> None:
    cloud.script.extend([None, None, (400, 131056)])
    await sender.send(_flats("a"), row=5)
    await sender.send(_flats("b"), row=5)
    assert len(cloud.posted) == 3


@pytest.mark.parametrize(("code", "mend"), [(132001, "billing whatsapp templates"), (131042, "payment method")])
async def test_what_somebody_must_mend_at_meta_is_named(cloud: Cloud, sender: Sender, code: int, mend: str) -> None:
    cloud.script.append((400, code))
    outcome = await sender.send(Message("x"), heard_at=None)
    assert isinstance(outcome, Postponed)
    assert mend in outcome.reason
    assert str(code) in outcome.reason


async def test_an_upload_without_an_answer_has_told_nobody(cloud: Cloud) -> None:
    sender = make(cloud, seconds=0.1)
    cloud.uploads_hang = True
    document = Message("x", document=b"x", document_name="x.pdf")
    assert isinstance(await sender.send(document), NotSent)
    await sender.api.close()
    assert not cloud.posted
