"""Facts into words at the moment of sending: one registered function for each kind of announcement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from bot.conversation import Reply
from bot.i18n import Translator
from bot.posting import as_message
from bot.texts import engine as texts
from domain.roles import Permission, Role, allowed
from jobs import admin_login
from jobs.ports import Message, Notice
from jobs.work import Work
from storage import conversations, outbox, visitors

Announcer = Callable[[Work, Notice, Translator], Awaitable[Reply | None]]

ANNOUNCERS: dict[str, Announcer] = {}


def announces(kind: str, *, permission: Permission | None = None) -> Callable[[Announcer], Announcer]:
    """Registers the function that words `kind`. It looks again at what it is about; `None` cancels the message.

    What is said to somebody because of a right names the `permission`: whoever the chat belongs to when it is sent
    must have it still. A chat that only lacks an admin's login is asked to log in instead.
    """

    def register(announcer: Announcer) -> Announcer:
        if kind in ANNOUNCERS:
            raise ValueError(f"two functions announce {kind}")
        ANNOUNCERS[kind] = _while_allowed(announcer, permission) if permission else announcer
        return announcer

    return register


def _while_allowed(announcer: Announcer, permission: Permission) -> Announcer:
    @wraps(announcer)
    async def guarded(work: Work, notice: Notice, t: Translator) -> Reply | None:
        now = await visitors.standing(work.conn, notice.chat_id, work.login_at)
        if allowed(now.roles, permission):
            return await announcer(work, notice, t)
        if now.must_log_in and allowed({Role.ADMIN}, permission):
            await admin_login.remind(work, notice.chat_id)
        return None

    return guarded


class Announcements:
    """The port `Wording`: words a fact in the recipient's language and binds its buttons to the recipient's chat."""

    async def word(self, work: Work, notice: Notice) -> Message | None:
        t = Translator(await conversations.language_of(work.conn, notice.chat_id))
        reply = await ANNOUNCERS[notice.kind](work, notice, t)
        if reply is None and notice.payload.get(outbox.AGAIN):
            reply = Reply(texts.settled_since(t))
        return await as_message(work.conn, notice.chat_id, reply, t.language) if reply else None
