"""Queueing facts for people: rows of the outbox, worded when they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from domain.roles import Role
from jobs.work import Society, Work
from storage import chats, outbox, people
from storage.outbox import Draft


async def enqueue(  # noqa: PLR0913 - each fact is a column
    work: Work,
    kind: str,
    source_type: str,
    source_id: int | str,
    *,
    chat_id: int | None = None,
    person_id: int | None = None,
    sequence: int = 1,
    payload: Mapping[str, Any] | None = None,
    not_before: datetime | None = None,
    bulk: bool = False,
    card: str | None = None,
    bill_id: int | None = None,
    by_right: bool = False,
) -> int:
    """Queues a fact for one chat, or for a person in the chat they chose; committed with the caller's transaction.

    Returns how many messages were queued: 0 says that the person cannot be reached, or that this fact (kind,
    source, recipient, sequence) was queued before. `bulk` rows wait for interactive ones. Rows with the same
    `card` in one chat edit one message: a card stays where it is shown. `by_right`: the person is told because of
    what they may do for the society, so that where admins log in a chat that is logged in goes first.
    """
    draft = Draft(kind, source_type, str(source_id), sequence, payload or {}, card, bulk, not_before, bill_id)
    told = [chat_id] if chat_id is not None else await _chats(work, person_id, draft, chosen=True, by_right=by_right)
    return await outbox.queue(work.conn, [(chat, draft) for chat in told], person_id)


async def enqueue_for_role(
    work: Work,
    role: Role,
    kind: str,
    source_type: str,
    source_id: int | str,
    *,
    sequence: int = 1,
    payload: Mapping[str, Any] | None = None,
    card: str | None = None,
) -> int:
    """Queues a fact for everybody with a staff role, in the chat last heard from: one logged in first."""
    draft = Draft(kind, source_type, str(source_id), sequence, payload or {}, card)
    queued = 0
    for person_id in await people.people_with_role(work.conn, role):
        told = await _chats(work, person_id, draft, chosen=False, by_right=True)
        queued += await outbox.queue(work.conn, [(chat, draft) for chat in told], person_id)
    return queued


def delivery_time(work: Work) -> datetime:
    """When owners may be written to: now within `delivery_hours` (local, last excluded), else when they next begin."""
    return next_delivery(work.society, work.now)


def next_delivery(society: Society, now: datetime) -> datetime:
    """The same at any moment."""
    opens, closes = society.delivery_hours
    local = now.astimezone(society.zone)
    if opens <= local.hour < closes:
        return now
    day = local.date() if local.hour < opens else local.date() + timedelta(days=1)
    return datetime.combine(day, time(opens), society.zone)


async def _chats(work: Work, person_id: int | None, draft: Draft, *, chosen: bool, by_right: bool) -> list[int]:
    if person_id is None:
        raise ValueError("a notification needs a chat or a person")
    login_at = work.login_at if by_right else None
    return await chats.to_write_to(work.conn, person_id, draft, chosen=chosen, login_at=login_at)
