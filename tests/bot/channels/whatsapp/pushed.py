"""What Meta pushes, as its pages show it: messages and statuses, in batches, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from bot.channels.whatsapp import Account

OUR_ID = "106540352242922"
APP_SECRET = "a-made-up-app-secret"
VERIFY_TOKEN = "a-made-up-verify-token"
SHARMA = "447700900105"
SHARMA_ID = "GB.13491208655302741918"
SENT = datetime(2026, 11, 2, 4, tzinfo=UTC)


def account(api: str = "http://127.0.0.1:9", **changes: Any) -> Account:
    """Ours; at an address where nobody listens, unless one is given."""
    known = {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, **changes}
    return Account(OUR_ID, "EAAG-a-made-up-token", api, **known)


def message(kind: str = "text", number: int = 1, sender: str | None = SHARMA, **fields: Any) -> dict[str, Any]:
    """One message; `fields` beside its kind's own body."""
    known = {} if sender is None else {"from": sender}
    stamp = str(int(SENT.timestamp()))
    return {**known, "id": f"wamid.{number:04}==", "timestamp": stamp, "type": kind, **fields}


def text(body: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    return message(number=number, text={"body": body}, **fields)


def status(state: str, wamid: str = "wamid.OUT==", **fields: Any) -> dict[str, Any]:
    stamp = str(int(SENT.timestamp()))
    return {"id": wamid, "status": state, "timestamp": stamp, "recipient_id": SHARMA, **fields}


def contact(name: str = "Mr Sharma", wa_id: str | None = SHARMA, user_id: str | None = SHARMA_ID) -> dict[str, Any]:
    ids = {"wa_id": wa_id, "user_id": user_id}
    return {"profile": {"name": name}, **{name: value for name, value in ids.items() if value}}


def change(*messages: Any, statuses: Any = (), contacts: Any = (), number_id: str = OUR_ID) -> dict[str, Any]:
    """One change of the field `messages`; without what is empty, as Meta leaves it out."""
    parts = {"messages": list(messages), "statuses": list(statuses), "contacts": list(contacts)}
    metadata = {"display_phone_number": "447700900999", "phone_number_id": number_id}
    value = {
        "messaging_product": "whatsapp",
        "metadata": metadata,
        **{name: part for name, part in parts.items() if part},
    }
    return {"field": "messages", "value": value}


def batch(*changes: Any) -> dict[str, Any]:
    """Each change in an entry of its own."""
    entries = [{"id": "102290129340398", "changes": [one]} for one in changes]
    return {"object": "whatsapp_business_account", "entry": entries}


def encoded(payload: Any) -> bytes:
    """As Meta does: not ASCII, slashes escaped."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def signature(body: bytes, secret: str = APP_SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
