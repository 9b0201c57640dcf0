"""Raw Bot API updates into channel-neutral words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import Reachability
from bot.channels.telegram.incoming import arrival, read
from bot.conversation import Incoming

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
SENT = datetime(2026, 11, 2, 4, tzinfo=UTC)
RAVI = {"id": 101, "is_bot": False, "first_name": "Ravi", "last_name": "Kumar", "language_code": "en", "username": "rv"}
PRIVATE = {"id": 101, "type": "private", "first_name": "Ravi"}
GROUP = {"id": -500, "type": "supergroup", "title": "Office"}


def message(kind: str = "message", **fields: Any) -> dict[str, Any]:
    body = {"message_id": 7, "from": RAVI, "chat": PRIVATE, "date": int(SENT.timestamp()), **fields}
    return {"update_id": 1, kind: body}


def said(update: dict[str, Any]) -> Incoming:
    incoming = read(update, NOW)
    assert isinstance(incoming, Incoming)
    return incoming


def test_text_with_its_sender() -> None:
    assert said(message(text="B17-FF 146", reply_to_message={"message_id": 3})) == Incoming(
        channel="telegram",
        chat="101",
        sender="101",
        sent_at=SENT,
        message_id="7",
        text="B17-FF 146",
        reply_to="3",
        name="Ravi Kumar",
        language="en",
        username="rv",
    )


def test_in_a_group_the_chat_and_the_sender_differ() -> None:
    incoming = said(message(text="/pending", chat=GROUP))
    assert (incoming.chat, incoming.sender, incoming.is_private) == ("-500", "101", False)


@pytest.mark.parametrize(
    ("fields", "own"),
    [
        ({"contact": {"phone_number": "447700900101", "first_name": "Ravi", "user_id": 101}}, True),
        ({"contact": {"phone_number": "447700900101", "first_name": "Ravi", "user_id": 102}}, False),
        ({"contact": {"phone_number": "447700900101", "first_name": "Ravi"}}, False),
        (
            {
                "contact": {"phone_number": "447700900101", "first_name": "Ravi", "user_id": 101},
                "forward_origin": {"type": "user"},
            },
            False,
        ),
    ],
)
def test_a_contact_is_own_only_when_telegram_proves_it(fields: dict[str, Any], own: bool) -> None:  # noqa: FBT001 - expected
    contact = said(message(**fields)).contact
    assert contact is not None
    assert contact.is_senders_own is own


def test_the_largest_photo_that_may_be_downloaded() -> None:
    sizes = [
        {"file_id": "s", "width": 90, "height": 90, "file_size": 1000},
        {"file_id": "m", "width": 900, "height": 900, "file_size": 100_000},
        {"file_id": "xl", "width": 9000, "height": 9000, "file_size": 21 << 20},
    ]
    incoming = said(message(photo=sizes, caption="B17-FF 146", media_group_id="al"))
    assert incoming.media is not None
    assert (incoming.media.file_id, incoming.media.kind, incoming.text, incoming.album) == (
        "m",
        "photo",
        "B17-FF 146",
        "al",
    )


@pytest.mark.parametrize(
    ("mime", "kind"), [("image/jpeg", "photo"), ("application/vnd.ms-excel", "document"), ("", "document")]
)
def test_an_image_sent_as_a_file_is_a_photo(mime: str, kind: str) -> None:
    incoming = said(message(document={"file_id": "d", "file_name": "x", "mime_type": mime}))
    assert incoming.media is not None
    assert incoming.media.kind == kind


def test_an_edited_message_keeps_the_time_it_was_sent() -> None:
    incoming = said(message("edited_message", text="147", edit_date=int(NOW.timestamp())))
    assert (incoming.edited, incoming.sent_at) == (True, SENT)


def test_a_press_carries_the_token_and_its_message() -> None:
    press = {"id": "99", "from": RAVI, "data": "token", "message": {"message_id": 5, "chat": PRIVATE, "date": 0}}
    incoming = said({"update_id": 1, "callback_query": press})
    assert (incoming.press, incoming.press_id, incoming.pressed_message_id, incoming.sent_at) == (
        "token",
        "99",
        "5",
        NOW,
    )
    assert incoming.text is None


@pytest.mark.parametrize(("status", "reachable"), [("kicked", False), ("member", True)])
def test_blocked_and_back(status: str, reachable: bool) -> None:  # noqa: FBT001 - expected
    update = {
        "update_id": 1,
        "my_chat_member": {"chat": PRIVATE, "from": RAVI, "date": 1, "new_chat_member": {"status": status}},
    }
    assert read(update, NOW) == Reachability("101", reachable)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "poll": {"id": "1"}},
        {"update_id": 1, "callback_query": {"id": "1", "from": RAVI, "data": "inline message, no chat"}},
        {"update_id": 1, "message": {"message_id": 1, "chat": GROUP, "date": 1}},
    ],
)
def test_what_is_not_understood_is_kept_and_not_answered(update: dict[str, Any]) -> None:
    assert read(update, NOW) is None
    assert arrival("700", update, NOW).payload == update


def test_the_same_update_has_the_same_key_and_a_restarted_count_another() -> None:
    first, again = arrival("700", message(text="a"), NOW), arrival("700", message(text="a"), NOW)
    restarted = arrival("700", message(text="b", date=int(NOW.timestamp())), NOW)
    other_bot = arrival("701", message(text="a"), NOW)
    assert first == again
    assert len({first.dedupe_key, restarted.dedupe_key, other_bot.dedupe_key}) == 3
    assert (first.chat, first.sent_at) == ("101", SENT)
