"""Whether people want to be written to first, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jobs.trail import write_down
from storage import chats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.work import Work
    from storage.people import ChatIdentity

THE_PERSON: Final = "the person, by START"
OPTED_OUT: Final = "the person wants no messages here (STOP)"
"""Why a queued message was not sent."""
SHOWN_ON_REQUEST: Final = "asked"
"""Set in the facts of a message that its person asked to see."""

PROACTIVE: Final = frozenset(
    {
        "ask_office",
        "batch_issued",
        "batch_not_issued",
        "bill",
        "bill_void",
        "chat_replaced",
        "correction",
        "dead_message",
        "flat_parked",
        "flat_relinked",
        "job_failed",
        "lock_asked",
        "login_needed",
        "motor_shares_owed",
        "payment_claimed",
        "payment_reminder",
        "payment_unanswered",
        "payment_undone",
        "payments_differ",
        "photo.contradicts",
        "photo.contradicts_decided",
        "queue_changed",
        "queue_moved",
        "reading_corrected",
        "reading_decided",
        "reading_reminder",
        "reading_returned",
        "reading_waiting",
        "replacement_asked",
        "receipt",
        "refund_failed",
        "restored",
        "rights_taken",
        "role_changed",
        "round_finished",
        "stray_payment",
    }
)
"""What nobody asked for: not said to whoever wrote STOP."""
ANSWERS: Final = frozenset(
    {
        "claim_refused",
        "job_ended",
        "lock_decided",
        "logged_in",
        "message_failed",
        "office_answer",
        "office_answered",
        "payment_failed",
        "photo.looked",
        "photo.proposed",
        "replacement_answer",
        "replacement_decided",
        "run_listed",
        "run_progress",
    }
)
"""What came of something that the person did here: said to everybody."""

BY_DAY: Final = frozenset(
    {"bill", "bill_void", "claim_refused", "correction", "payment_failed", "payment_undone", "receipt"}
)
"""What owners are told within the delivery hours, however long it waited; reminders look at the clock themselves."""


def is_for_daytime(kind: str, facts: Mapping[str, Any] | None) -> bool:
    """Whether a message that was planned for the delivery hours is not to be sent outside them."""
    return kind in BY_DAY and not (facts or {}).get(SHOWN_ON_REQUEST)


def is_unasked(kind: str, facts: Mapping[str, Any] | None) -> bool:
    """Whether a queued message of this kind is one that its reader did not ask for."""
    return kind in PROACTIVE and not (facts or {}).get(SHOWN_ON_REQUEST)


async def stop(work: Work, chat: ChatIdentity) -> None:
    """From now on the chat is answered, and never written to first."""
    if await chats.opt_out(work.conn, chat.id, work.now):
        await write_down(work, "chat.opted_out", "chat", str(chat.id))


async def resume(work: Work, chat: ChatIdentity) -> bool:
    """The person wants messages here again; false where they had not ended them."""
    resumed = chat.opted_out_at is not None and await chats.opt_in(work.conn, chat.id, THE_PERSON, work.now)
    if resumed:
        await write_down(work, "chat.opted_in", "chat", str(chat.id), after={"by": THE_PERSON})
    return resumed


async def choose(work: Work, chat: ChatIdentity) -> None:
    """The person wants what we write first in this chat, even if they had ended it here."""
    await resume(work, chat)
    await chats.prefer(work.conn, chat.id, work.now)
    await write_down(work, "chat.chosen", "chat", str(chat.id))
