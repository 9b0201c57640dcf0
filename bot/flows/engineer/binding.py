"""What a button or a dialogue remembers of a reading that is not stored yet: JSON and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.conversation import Action, Button, Reply
from bot.visit import Visit
from domain.reading_text import ReadingLine
from jobs.submit_reading import Submission, day_of
from jobs.work import Work
from storage.readings import Reading


def submission_of(visit: Visit, line: ReadingLine, place: int = 0, photo_ids: Sequence[int] = ()) -> Submission:
    """One line of the message in hand; the key is the line's, so that it never stores twice."""
    return Submission(
        target=line.target,
        value=line.value,
        motor_share=line.motor_share,
        on=line.on,
        key=f"{visit.key}:{place}:{line.target}",
        sent_at=visit.incoming.sent_at,
        chat_id=visit.chat.id,
        message_id=visit.incoming.message_id,
        photo_ids=tuple(photo_ids),
    )


def bound(work: Work, submission: Submission) -> dict[str, Any]:
    """The submission as JSON; the day is fixed now, so that a press tomorrow means the same."""
    return {
        "target": submission.target,
        "value": str(submission.value),
        "share": None if submission.motor_share is None else str(submission.motor_share),
        "on": day_of(work, submission).isoformat(),
        "key": submission.key,
        "sent_at": submission.sent_at.isoformat(),
        "message_id": submission.message_id,
        "photos": list(submission.photo_ids),
    }


def unbound(visit: Visit, data: Mapping[str, Any], target: str | None = None) -> Submission:
    """Inverse of `bound`, in the chat of the visit; `target` takes the place of what was typed."""
    return Submission(
        target=target or data["target"],
        value=Decimal(data["value"]),
        motor_share=None if data["share"] is None else Decimal(data["share"]),
        on=date.fromisoformat(data["on"]),
        key=data["key"],
        sent_at=datetime.fromisoformat(data["sent_at"]),
        chat_id=visit.chat.id,
        message_id=data["message_id"],
        photo_ids=tuple(data["photos"]),
    )


def showing(reading: Reading) -> dict[str, Any]:
    """What a button on a stored reading's card binds."""
    return {"id": reading.id, "version": reading.version}


def card_of(reading: Reading) -> str:
    """Name of the message that shows this version of a reading."""
    return f"reading:{reading.id}:{reading.version}"


def fresh(visit: Visit, name: str) -> str:
    """Name of a message that is not in the chat yet: what is typed is answered below it, however often."""
    return f"{name}:{visit.key}:{visit.work.ref}"


def tied(reply: Reply) -> Reply:
    """The message with its own name in each of its buttons, so that a press redraws the message it was on."""
    if reply.card is None:
        return reply
    return replace(reply, buttons=tuple(tuple(_tied(one, reply.card) for one in row) for row in reply.buttons))


def _tied(button: Button, card: str) -> Button:
    if button.action is None:
        return button
    return replace(button, action=Action(button.action.name, {"card": card, **button.action.data}))
