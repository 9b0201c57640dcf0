"""What the Cloud API pushes: a batch into rows of the inbox, a stored row into channel-neutral words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bot.channels.base import GivenUp, Receipt
from bot.channels.whatsapp import errors
from bot.channels.whatsapp.account import CHANNEL
from bot.conversation import Incoming, MediaRef, SharedContact
from jobs.ports import LateFailure
from storage.inbox import RECEIPTS, Arrival

Json = Mapping[str, Any]

SAY: Final = "say:"
"""A reply key with this before its id stands for words that the person did not want to type."""
_LONGEST_REASON: Final = 300
_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")
_PHONE: Final = re.compile(r"[0-9]{6,20}")
_SCOPED: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")
_STATES: Final = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
_SILENT: Final = frozenset({"system", "revoke", "order", "reaction"})
"""Kinds of messages that nobody waits for an answer to."""
_NEW_NUMBER: Final = frozenset({"user_changed_number", "customer_changed_number"})


def is_scoped(address: str) -> bool:
    """Whether this is a business-scoped id and not a number."""
    return _SCOPED.fullmatch(address) is not None


def arrivals(payload: Json, phone_number_id: str, now: datetime) -> list[Arrival]:
    """Every message and every status of every entry and change, each a row; what is not understood is kept whole.

    What another number of the same account was sent is left out.
    """
    rows: list[Arrival] = []
    for change in _changes(payload):
        value = _table(change.get("value"))
        own = _table(value.get("metadata")).get("phone_number_id")
        if change.get("field") != "messages" or own is None:
            rows.append(_event(change, now))
        elif own == phone_number_id:
            rows.extend(_of_messages(value, now))
    return rows


def read(payload: Json, received_at: datetime) -> Incoming | GivenUp | Receipt | None:
    """What a stored row says; `None` where there is nothing to answer."""
    if "receipt" in payload:
        return _receipt(payload["receipt"], received_at)
    if _tells_new_number(payload):
        return GivenUp(payload["chat"])
    if "message" in payload:
        return _incoming(payload, received_at)
    return None


def message_id(arrival: Arrival) -> str | None:
    """The platform's id of a message that somebody sent, for marking it read."""
    message = arrival.payload.get("message")
    return str(message["id"]) if message else None


def carries_media(arrival: Arrival) -> bool:
    """Whether working on it takes long enough to say so."""
    message = arrival.payload.get("message") or {}
    return message.get("type") in {"image", "document"}


def _changes(payload: Json) -> Iterator[Json]:
    """Those of all entries; a payload without any is one event."""
    found = [change for entry in _list(payload.get("entry")) for change in _list(_table(entry).get("changes"))]
    if not found:
        yield payload
    for change in found:
        yield change if isinstance(change, Mapping) else {"change": change}


def _of_messages(value: Json, now: datetime) -> Iterator[Arrival]:
    contacts = [contact for contact in _list(value.get("contacts")) if isinstance(contact, Mapping)]
    messages, statuses = _list(value.get("messages")), _list(value.get("statuses"))
    for message in messages:
        yield _message_row(message, contacts, now) or _event({"message": message}, now)
    for status in statuses:
        yield _status_row(status, now) or _event({"status": status}, now)
    if not messages and not statuses:
        yield _event(value, now)


def _message_row(message: object, contacts: Sequence[Json], now: datetime) -> Arrival | None:
    """None where it has no id or nobody sent it, as far as can be seen."""
    if not isinstance(message, Mapping) or not _is_id(message.get("id")) or message.get("group_id"):
        return None
    phone, scoped = _ids(message.get("from"), message.get("from_user_id"))
    contact = _contact_of(contacts, phone, scoped)
    their_phone, their_scoped = _ids(contact.get("wa_id"), contact.get("user_id"))
    phone, scoped = phone or their_phone, scoped or their_scoped
    address = phone or scoped
    if address is None:
        return None
    payload = {"chat": address, "phone": phone, "scoped_id": scoped, "message": message, "contact": contact}
    return Arrival(CHANNEL, message["id"], address, payload, _moment(message.get("timestamp"), now))


def _ids(*given: object) -> tuple[str | None, str | None]:
    """The number and the business-scoped id among them, in whichever field they came."""
    words = [text for text in given if isinstance(text, str)]
    phone = next((text for text in words if _PHONE.fullmatch(text)), None)
    return phone, next((text for text in words if is_scoped(text)), None)


def _contact_of(contacts: Sequence[Json], phone: str | None, scoped: str | None) -> Json:
    """The sender's among the contacts; of the only one where the message names nobody."""
    for contact in contacts:
        their_phone, their_scoped = _ids(contact.get("wa_id"), contact.get("user_id"))
        if (phone and phone == their_phone) or (scoped and scoped == their_scoped):
            return contact
    return contacts[0] if len(contacts) == 1 and not (phone or scoped) else {}


def _status_row(status: object, now: datetime) -> Arrival | None:
    """In an order of its own: one about another message must not wait for it, nor a person's words for either."""
    if not isinstance(status, Mapping) or not _is_id(status.get("id")) or not _is_id(status.get("status")):
        return None
    name = f"{status['id']}:{status['status']}"
    return Arrival(
        CHANNEL, name, f"{RECEIPTS}{status['id']}", {"receipt": status}, _moment(status.get("timestamp"), now)
    )


def _event(event: Json, now: datetime) -> Arrival:
    """Something else about the account: kept, so that nobody sends it for ever."""
    canonical = json.dumps(event, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    return Arrival(CHANNEL, f"event:{hashlib.sha256(canonical).hexdigest()}", "", {"event": event}, now)


def _receipt(status: Json, received_at: datetime) -> Receipt | None:
    state = _STATES.get(status["status"])
    if state is None:
        return None
    return Receipt(
        message_id=status["id"],
        state=state,
        at=_moment(status.get("timestamp"), received_at),
        failure=_failure(status) if state == "failed" else None,
    )


def _failure(status: Json) -> LateFailure:
    error = next((_table(one) for one in _list(status.get("errors"))), {})
    code = error.get("code")
    reason = _table(error.get("error_data")).get("details") or error.get("message") or error.get("title") or ""
    return errors.told_later(code if isinstance(code, int) else None, str(reason)[:_LONGEST_REASON])


def _tells_new_number(payload: Json) -> bool:
    """`from` is the number of before."""
    message = _table(payload.get("message"))
    return message.get("type") == "system" and _table(message.get("system")).get("type") in _NEW_NUMBER


def _incoming(payload: Json, received_at: datetime) -> Incoming | None:
    message = payload["message"]
    kind = message.get("type")
    if kind in _SILENT:
        return None
    edit = _table(message.get("edit")) if kind == "edit" else {}
    body = {**message, **_table(edit.get("message"))} if edit else message
    known = {**_who(payload), "sent_at": _moment(message.get("timestamp"), received_at)}
    if press := _pressed(body):
        return Incoming(**known, press=press, pressed_message_id=_answered(body))
    said = _said_by_key(body)
    return Incoming(
        **known,
        message_id=str(edit.get("original_message_id") or message["id"]),
        text=_text(body) if said is None else said,
        media=_media(body),
        contact=_shared(body, payload),
        reply_to=_answered(message) if said is None else None,
        edited=bool(edit),
    )


def _who(payload: Json) -> dict[str, Any]:
    profile = _table(_table(payload.get("contact")).get("profile"))
    phone = payload.get("phone")
    return {
        "channel": CHANNEL,
        "chat": payload["chat"],
        "sender": payload["chat"],
        "name": _line(profile.get("name")),
        "username": _line(profile.get("username")) or None,
        "phone": f"+{phone}" if phone else None,
        "scoped_id": payload.get("scoped_id"),
    }


def _key(body: Json) -> str | None:
    """The id of the button or row that was chosen."""
    chosen = _table(body.get("interactive"))
    reply = _table(chosen.get("button_reply") or chosen.get("list_reply"))
    given = reply.get("id") or _table(body.get("button")).get("payload")
    return given if isinstance(given, str) else None


def _pressed(body: Json) -> str | None:
    key = _key(body)
    return None if key is None or key.startswith(SAY) else key


def _said_by_key(body: Json) -> str | None:
    key = _key(body)
    return key.removeprefix(SAY) if key is not None and key.startswith(SAY) else None


def _answered(body: Json) -> str | None:
    """The message that this one answers or whose button it is; a forwarded one answers none."""
    named = _table(body.get("context")).get("id")
    return named if isinstance(named, str) and named else None


def _text(body: Json) -> str | None:
    """What was typed, or written below a picture or file."""
    kind = body.get("type")
    words = _table(body.get(kind)).get("body" if kind == "text" else "caption") if isinstance(kind, str) else None
    return words if isinstance(words, str) else None


def _media(body: Json) -> MediaRef | None:
    """Pictures and files; sounds, films and stickers say nothing that could be worked on."""
    kind = body.get("type")
    media = _table(body.get(kind)) if kind in {"image", "document"} else {}
    if not _is_id(media.get("id")):
        return None
    mime = media.get("mime_type")
    mime = mime if isinstance(mime, str) else ""
    is_photo = kind == "image" or mime.startswith("image/")
    return MediaRef(media["id"], "photo" if is_photo else "document", None, _line(media.get("filename")) or None, mime)


def _shared(body: Json, payload: Json) -> SharedContact | None:
    """The first card, the sender's own where the platform says so."""
    card = next((_table(one) for one in _list(body.get("contacts"))), None) if body.get("type") == "contacts" else None
    if card is None:
        return None
    phone = next((_table(one) for one in _list(card.get("phones"))), {})
    name = _line(_table(card.get("name")).get("formatted_name"))
    number = _number(phone)
    return SharedContact(number, name, bool(number) and _is_own(body, card, phone, payload))


def _number(phone: Json) -> str:
    """As the platform knows it; as somebody wrote it into the card where it does not."""
    known, written = phone.get("wa_id"), phone.get("phone")
    if isinstance(known, str) and _PHONE.fullmatch(known):
        return f"+{known}"
    return written[:40] if isinstance(written, str) else ""


def _is_own(body: Json, card: Json, phone: Json, payload: Json) -> bool:
    """The number is the sender's as the platform knows both; or it says that the sender gave it when we asked.

    It marks the latter itself. A card that somebody chose and sent carries the file it was made from, and proves
    nothing.
    """
    known = phone.get("wa_id")
    if _is_forwarded(body) or len(_list(body.get("contacts"))) != 1 or not isinstance(known, str):
        return False
    if payload.get("phone"):
        return bool(known == payload["phone"])
    asked = card.get("origin") == "contact_request" and "vcard" not in card
    return asked and card.get("user_id", payload.get("scoped_id")) == payload.get("scoped_id")


def _is_forwarded(body: Json) -> bool:
    context = _table(body.get("context"))
    return bool(context.get("forwarded") or context.get("frequently_forwarded"))


def _moment(seconds: object, otherwise: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def _is_id(given: object) -> bool:
    return isinstance(given, str) and _ID.fullmatch(given) is not None


def _line(given: object) -> str:
    return given.strip()[:200] if isinstance(given, str) else ""


def _table(given: object) -> Json:
    return given if isinstance(given, Mapping) else {}


def _list(given: object) -> Sequence[Any]:
    return given if isinstance(given, list) else []
