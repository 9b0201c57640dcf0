"""What is kept how long, in one table. Whatever is not named here is kept: the books and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


class Kept(StrEnum):
    """What holds something about people."""

    INBOX = "messages received and worked on, shared contacts in them"
    DEAD = "messages received that could not be worked on"
    SENT = "texts and facts of messages sent"
    DIALOGUES = "unfinished dialogues"
    BUTTONS = "what buttons do"
    GUESSES = "wrong invite codes"
    MACHINES = "keys and answers of the HTTP API"
    LOGINS = "addresses of the admins' login page"
    INVITES = "names and numbers on invites used, taken back or run out"
    STRANGERS = "names of chats that belong to nobody"
    TENANTS = "names and numbers of tenants who left"
    PHOTOS = "photos of meters, with their copies"
    OWNERS = "owners, their numbers, addresses and chats"
    BOOKS = "bills, readings, account entries, payments, what providers told, bank statements"
    TRAIL = "the audit trail"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long after its last use something is kept, in days; None: for good, or until somebody asks. And why."""

    days: int | None
    why: str


RULES: Final[dict[Kept, Rule]] = {
    Kept.INBOX: Rule(30, "a repeated delivery is recognised, a misunderstanding can be looked up"),
    Kept.DEAD: Rule(90, "their sender may try again by a button"),
    Kept.SENT: Rule(180, "who was told what; that a message went out, and when, stays"),
    Kept.DIALOGUES: Rule(30, "a round is picked up later"),
    Kept.BUTTONS: Rule(90, "an approval may be pressed weeks later"),
    Kept.GUESSES: Rule(30, "guessing is limited by the hour"),
    Kept.MACHINES: Rule(30, "a repeated request gets the same answer"),
    Kept.LOGINS: Rule(1, "one works for some minutes, once"),
    Kept.INVITES: Rule(180, "who was let in by whom stays in the trail"),
    Kept.STRANGERS: Rule(365, "an unknown sender may be placed later"),
    Kept.TENANTS: Rule(730, "a dispute about a month may come as long as the photos are there"),
    Kept.PHOTOS: Rule(
        730, "a dispute may come two years after the bill; longer while a bill is unpaid or its flat is set aside"
    ),
    Kept.OWNERS: Rule(None, "until an admin forgets an owner who left (/forget)"),
    Kept.BOOKS: Rule(None, "the law asks for books, and every balance rests on all of them"),
    Kept.TRAIL: Rule(None, "who decided what; a forgotten owner's name goes from it"),
    Kept.LOGS: Rule(None, "written to standard error only, phones masked: whoever runs the service decides"),
}


def kept_since(what: Kept, now: datetime) -> datetime:
    """What was last used before this moment goes. `LookupError` for what is kept for good."""
    days = RULES[what].days
    if days is None:
        raise LookupError(what)
    return now - timedelta(days=days)
