"""Batches of the Cloud API into rows, and rows into channel-neutral words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import GivenUp, Receipt
from bot.channels.whatsapp.incoming import arrivals, read
from bot.conversation import SHOW, Incoming, MediaRef, SharedContact
from jobs.ports import NotSent, Postponed, Refused, Stopped, TemplateWanted, Unreachable
from storage.inbox import Arrival
from tests.bot.channels.whatsapp.pushed import (
    OUR_ID,
    SENT,
    SHARMA,
    SHARMA_ID,
    batch,
    change,
    contact,
    message,
    status,
    text,
)

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
REPLY = {"button_reply": {"id": "tok3n", "title": "Pay"}, "type": "button_reply"}


def rows(*changes: Any) -> list[Arrival]:
    return arrivals(batch(*changes), OUR_ID, NOW)


def said(one: dict[str, Any], *contacts: Any) -> Incoming:
    (row,) = rows(change(one, contacts=contacts))
    incoming = read(json.loads(json.dumps(row.payload)), NOW)
    assert isinstance(incoming, Incoming)
    return incoming


def test_text_with_its_sender() -> None:
    assert said(text("B17-FF 146", context={"from": "447700900999", "id": "wamid.OUT=="}), contact()) == Incoming(
        channel="whatsapp",
        chat=SHARMA,
        sender=SHARMA,
        sent_at=SENT,
        message_id="wamid.0001==",
        text="B17-FF 146",
        reply_to="wamid.OUT==",
        name="Mr Sharma",
        phone=f"+{SHARMA}",
        scoped_id=SHARMA_ID,
    )


def test_contacts_may_be_missing() -> None:
    incoming = said(text("hello"))
    assert (incoming.chat, incoming.name, incoming.phone, incoming.scoped_id) == (SHARMA, "", f"+{SHARMA}", None)


def test_of_several_contacts_the_senders_own_counts() -> None:
    others = contact("Somebody", "447700900106", "GB.2"), contact("Another", None, "GB.3")
    assert said(text("hello"), *others, contact()).name == "Mr Sharma"
    assert said(text("hello"), *others).name == ""


def test_who_hides_the_number_has_the_scoped_id_for_an_address_and_proves_no_number() -> None:
    for one in (text("hello", sender=None, from_user_id=SHARMA_ID), text("hello", sender=None)):
        incoming = said(one, contact(wa_id=None))
        assert (incoming.chat, incoming.sender, incoming.phone) == (SHARMA_ID, SHARMA_ID, None)
        assert (incoming.scoped_id, incoming.name) == (SHARMA_ID, "Mr Sharma")
    assert said(text("hello", sender=SHARMA_ID)).chat == SHARMA_ID


def test_every_entry_change_message_and_status_is_a_row() -> None:
    found = rows(
        change(text("one", 1), text("two", 2), contacts=[contact()]),
        change(statuses=[status("sent"), status("delivered"), status("read", "wamid.OTHER==")]),
        change(text("three", 3), statuses=[status("failed")]),
        {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}},
    )
    assert [(row.dedupe_key, row.chat) for row in found[:-1]] == [
        ("wamid.0001==", SHARMA),
        ("wamid.0002==", SHARMA),
        ("wamid.OUT==:sent", "receipt:wamid.OUT=="),
        ("wamid.OUT==:delivered", "receipt:wamid.OUT=="),
        ("wamid.OTHER==:read", "receipt:wamid.OTHER=="),
        ("wamid.0003==", SHARMA),
        ("wamid.OUT==:failed", "receipt:wamid.OUT=="),
    ]
    assert found[-1].dedupe_key.startswith("event:")
    assert found[-1].chat == ""
    assert read(found[-1].payload, NOW) is None
    assert [row.sent_at for row in found] == [SENT] * 7 + [NOW]


def test_what_another_number_was_sent_is_left_out() -> None:
    assert (
        rows(change(text("one"), number_id="106540352242923"), change(statuses=[status("read")], number_id="1")) == []
    )


@pytest.mark.parametrize(
    ("one", "text_said", "media"),
    [
        (
            message("image", image={"id": "7001", "mime_type": "image/jpeg", "caption": "B17-FF 146"}),
            "B17-FF 146",
            MediaRef("7001", "photo", mime="image/jpeg"),
        ),
        (
            message("image", image={"id": "7001", "mime_type": "image/jpeg"}),
            None,
            MediaRef("7001", "photo", mime="image/jpeg"),
        ),
        (
            message("document", document={"id": "7002", "mime_type": "application/pdf", "filename": "a.pdf"}),
            None,
            MediaRef("7002", "document", name="a.pdf", mime="application/pdf"),
        ),
        (
            message("document", document={"id": "7003", "mime_type": "image/png", "filename": "m.png", "caption": "x"}),
            "x",
            MediaRef("7003", "photo", name="m.png", mime="image/png"),
        ),
        (message("sticker", sticker={"id": "7004", "mime_type": "image/webp"}), None, None),
        (message("audio", audio={"id": "7005", "voice": True}), None, None),
        (message("video", video={"id": "7006", "caption": "look"}), "look", None),
        (message("location", location={"latitude": 1.0, "longitude": 2.0}), None, None),
        (message("unsupported", errors=[{"code": 131051}]), None, None),
        (message("something_new", something_new={"body": "?"}), None, None),
        (message("image", image="no table"), None, None),
    ],
)
def test_whatever_is_sent_is_answered(one: dict[str, Any], text_said: str | None, media: MediaRef | None) -> None:
    incoming = said(one, contact())
    assert (incoming.text, incoming.media, incoming.message_id) == (text_said, media, "wamid.0001==")


@pytest.mark.parametrize("kind", ["system", "revoke", "order", "reaction"])
def test_what_nobody_waits_for_is_stored_and_not_answered(kind: str) -> None:
    (row,) = rows(change(message(kind) | {kind: {"type": "something_else", "wa_id": "447700900106"}}))
    assert read(row.payload, NOW) is None


@pytest.mark.parametrize("told", ["user_changed_number", "customer_changed_number"])
def test_a_new_number_is_told_of_the_one_of_before(told: str) -> None:
    (row,) = rows(change(message("system", system={"type": told, "wa_id": "447700900106"})))
    assert read(row.payload, NOW) == GivenUp(SHARMA)


@pytest.mark.parametrize(
    "pressed",
    [
        {"kind": "interactive", "interactive": REPLY},
        {
            "kind": "interactive",
            "interactive": {"type": "list_reply", "list_reply": {"id": "tok3n", "title": "Pay", "description": "now"}},
        },
        {"kind": "button", "button": {"payload": "tok3n", "text": "Pay"}},
    ],
)
def test_a_press_names_its_token_and_its_message(pressed: dict[str, Any]) -> None:
    incoming = said(message(**pressed, context={"from": "447700900999", "id": "wamid.OUT=="}))
    assert (incoming.press, incoming.pressed_message_id) == ("tok3n", "wamid.OUT==")
    assert (incoming.text, incoming.message_id, incoming.reply_to) == (None, None, None)


def test_show_is_a_press_and_say_stands_for_words() -> None:
    context: dict[str, Any] = {"context": {"id": "wamid.OUT=="}}
    shown = said(message("button", button={"payload": SHOW, "text": "Show"}, **context))
    assert (shown.press, shown.pressed_message_id) == (SHOW, "wamid.OUT==")
    spoken = said(
        message("interactive", interactive={"button_reply": {"id": "say:Next meter", "title": "Next"}}, **context)
    )
    assert (spoken.text, spoken.press, spoken.reply_to) == ("Next meter", None, None)


def test_an_edit_is_the_first_message_in_other_words() -> None:
    edit = {
        "original_message_id": "wamid.0001==",
        "message": {"context": {"id": "M0"}, "type": "text", "text": {"body": "B17-FF 147"}},
    }
    incoming = said(message("edit", 2, edit=edit))
    assert (incoming.edited, incoming.message_id, incoming.text) == (True, "wamid.0001==", "B17-FF 147")
    assert incoming.reply_to is None


def card(wa_id: str | None = SHARMA, **fields: Any) -> dict[str, Any]:
    phone = {"phone": "+44 7700 900105", "type": "CELL"} | ({"wa_id": wa_id} if wa_id else {})
    return {"name": {"formatted_name": "Mr Sharma"}, "phones": [phone], **fields}


@pytest.mark.parametrize(
    ("cards", "context", "own"),
    [
        ([card()], {}, True),
        ([card("447700900106")], {}, False),
        ([card(None)], {}, False),
        ([card(), card()], {}, False),
        ([card()], {"forwarded": True}, False),
        ([card()], {"frequently_forwarded": True}, False),
        ([card("447700900106", origin="contact_request")], {}, False),
    ],
)
def test_a_card_is_the_senders_own_where_the_platform_knows_both_numbers(cards: Any, context: Any, own: bool) -> None:  # noqa: FBT001 - a table
    shared = said(message("contacts", contacts=cards, context=context), contact()).contact
    assert shared is not None
    assert shared.is_senders_own is own


@pytest.mark.parametrize(
    ("fields", "own"),
    [
        ({"origin": "contact_request"}, True),
        ({"origin": "contact_request", "user_id": SHARMA_ID}, True),
        ({"origin": "contact_request", "user_id": "GB.2"}, False),
        ({"origin": "contact_request", "vcard": "BEGIN:VCARD"}, False),
        ({"origin": "other"}, False),
        ({"user_id": SHARMA_ID}, False),
        ({}, False),
    ],
)
def test_who_hides_the_number_proves_it_by_answering_our_request_only(fields: dict[str, Any], own: bool) -> None:  # noqa: FBT001 - a table
    sent = message("contacts", sender=None, from_user_id=SHARMA_ID, contacts=[card(**fields)])
    assert said(sent, contact(wa_id=None)).contact == SharedContact(f"+{SHARMA}", "Mr Sharma", own)


def test_a_receipt_says_what_became_of_a_message() -> None:
    errors = [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "More than 24 hours"}}]
    told = [status("delivered"), status("played"), status("failed", errors=errors), status("failed"), status("deleted")]
    assert [read(row.payload, NOW) for row in rows(change(statuses=told))] == [
        Receipt("wamid.OUT==", "delivered", SENT),
        Receipt("wamid.OUT==", "read", SENT),
        Receipt(
            "wamid.OUT==",
            "failed",
            SENT,
            TemplateWanted("WhatsApp answered 200, error 131047: More than 24 hours"),
        ),
        Receipt("wamid.OUT==", "failed", SENT, Refused("WhatsApp answered 200, error None: ")),
        None,
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, Postponed) for code in (130429, 80007, 131056, 131048, 131049, 131042, 132001, 132015)),
        *((code, NotSent) for code in (131000, 131016)),
        *((code, Unreachable) for code in (131026, 130472)),
        *((code, Stopped) for code in (131031, 368)),
        *((code, Refused) for code in (131051, 999999)),
    ],
)
def test_a_failure_told_later_means_what_it_means_at_once(code: int, kind: type) -> None:
    [row] = rows(change(statuses=[status("failed", errors=[{"code": code, "title": "why"}])]))
    receipt = read(row.payload, NOW)
    assert isinstance(receipt, Receipt)
    assert receipt.failure is not None
    assert isinstance(receipt.failure, kind)
    assert "why" in receipt.failure.reason


def test_a_time_that_is_none_is_the_time_of_arrival() -> None:
    stamps: list[Any] = [None, "soon", "9" * 30, {}, "-1e9"]
    for stamp in stamps:
        assert said(message(text={"body": "x"}) | {"timestamp": stamp}).sent_at == NOW


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "type",
                    "from",
                    "from_user_id",
                    "text",
                    "body",
                    "image",
                    "contacts",
                    "phones",
                    "wa_id",
                    "user_id",
                    "context",
                    "timestamp",
                    "interactive",
                    "button",
                    "button_reply",
                    "edit",
                    "message",
                    "errors",
                    "code",
                    "status",
                    "profile",
                    "name",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(one=JSON, odd=JSON, kind=st.sampled_from(["text", "image", "contacts", "interactive", "edit", "button", "x"]))
def test_no_shape_is_too_odd_to_be_stored_and_read(one: Any, odd: Any, kind: str) -> None:
    shapes = [odd, one, message(kind, **{kind: odd}), message(kind, context=odd, edit=one, sender=None)]
    whole = batch(change(*shapes, statuses=[odd, status("failed", errors=odd)], contacts=[odd, one]), odd)
    for payload in (whole, {"entry": odd}, {"entry": [{"changes": odd}]}, {"entry": [odd]}):
        for row in arrivals(payload, OUR_ID, NOW):
            assert row.dedupe_key
            read(row.payload, NOW)
