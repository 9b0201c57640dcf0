"""An admin's login: the address sent to their chat, the way to Auth0 and back, and the chat that it binds."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from jobs.consent import SHOWN_ON_REQUEST
from jobs.notify import enqueue
from jobs.trail import write_down
from storage import admin_logins, people, visitors

if TYPE_CHECKING:
    from datetime import datetime

    from jobs.token_ports import Identity
    from jobs.work import Work
    from storage.admin_logins import Applicant

ASKED: Final = "login_needed"
"""The message that asks for a login; its address is made when it is sent, so that it is kept as a hash only."""
LINK_LIFE: Final = timedelta(minutes=15)
LOGIN_TIME: Final = timedelta(minutes=10)
"""How long somebody may take between our button and coming back from Auth0."""
_GREETING: Final = timedelta(seconds=1)
"""The welcome goes first."""
ADMIN: Final = "admin"
"""What the claim says of an admin."""
_LONGEST_SUBJECT: Final = 255


class LoginProblem(StrEnum):
    """Why a login bound nothing."""

    NOT_ADMIN = "the login is no admin's"
    SOMEBODY_ELSES = "the login is another person's"
    ROLE_ENDED = "the role has ended or the chat has changed hands"
    NOT_FROM_HERE = "another browser began it, or it came twice"
    DENIED = "denied at the login"
    NO_ANSWER = "the login service did not answer as it should"
    REFUSED = "the token was refused"


@dataclass(frozen=True, slots=True)
class Begun:
    """One browser's way to Auth0 and back: everything follows from `secret`, which only that browser keeps."""

    secret: str

    @property
    def state(self) -> str:
        """What comes back in the address."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the ID token must hold."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """The proof that who exchanges the code is who asked for it (PKCE)."""
        return self._derived("verifier")

    def _derived(self, name: str) -> str:
        return hmac.new(self.secret.encode("utf-8", "replace"), name.encode(), "sha256").hexdigest()


async def ask(work: Work, chat_id: int, key: str, *, after_greeting: bool = False) -> None:
    """Ask this chat to log in, in answer to the message or press `key`."""
    when = work.now + _GREETING if after_greeting else None
    asked = {SHOWN_ON_REQUEST: True}
    await enqueue(work, ASKED, "visit", f"{chat_id}:{key}", chat_id=chat_id, not_before=when, payload=asked)


async def remind(work: Work, chat_id: int) -> None:
    """In place of what only an admin may read: once a day, however much there is."""
    await enqueue(work, ASKED, "day", f"{chat_id}:{work.today.isoformat()}", chat_id=chat_id)


async def new_link(work: Work, chat_id: int) -> str | None:
    """The token of a new address for this chat; none where a login would give it nothing, or it is open as it is."""
    now = await visitors.standing(work.conn, chat_id, work.login_at)
    chat = await people.chat(work.conn, chat_id)
    if not now.must_log_in or not now.is_private or chat.person_id is None:
        return None
    token = secrets.token_urlsafe(32)
    await admin_logins.add_link(work.conn, token, chat_id, chat.person_id, work.now + LINK_LIFE)
    return token


async def bound_until(work: Work, chat_id: int) -> datetime | None:
    """Until when a login binds the chat to whoever it belongs to; none where none does, or none is needed."""
    return await admin_logins.bound_until(work.conn, chat_id, work.login_at) if work.login_at else None


async def begin(work: Work, token: str) -> Begun | None:
    """Somebody pressed the button of the page; none where its address no longer works."""
    if await admin_logins.behind(work.conn, token, work.now) is None:
        return None
    begun = Begun(secrets.token_urlsafe(32))
    await admin_logins.begin(work.conn, token, begun.state, work.now)
    return begun


async def come_back(work: Work, begun: Begun, state: str) -> Applicant | None:
    """Whose login returns; once only, in the browser that began it, while there is time."""
    if not hmac.compare_digest(state.encode("utf-8", "replace"), begun.state.encode()):
        return None
    return await admin_logins.take_state(work.conn, state, work.now - LOGIN_TIME)


async def bind(work: Work, who: Applicant, identity: Identity, days: int) -> datetime | LoginProblem:
    """Bind the chat to who logged in, and tell it; until when. Logins are judged one after the other."""
    problem = await _problem(work, who, identity)
    if problem is not None:
        await refuse(work, who, problem)
        return problem
    until = work.now + timedelta(days=days)
    await admin_logins.bind(work.conn, who, identity.subject, work.now, until)
    await admin_logins.close_links(work.conn, who.chat_id)
    after = {"person": who.person_id, "login": identity.subject, "until": until.isoformat()}
    await write_down(work, "admin.logged_in", "chat", str(who.chat_id), after=after)
    payload = {"until": until.isoformat()}
    await enqueue(work, "logged_in", "chat", f"{who.chat_id}:{work.ref}", chat_id=who.chat_id, payload=payload)
    return until


async def refuse(work: Work, who: Applicant, problem: LoginProblem) -> None:
    """Nothing is bound; the trail says why."""
    after = {"person": who.person_id, "why": problem.value}
    await write_down(work, "admin.login_refused", "chat", str(who.chat_id), after=after)


async def _problem(work: Work, who: Applicant, identity: Identity) -> LoginProblem | None:
    admins = await people.hold_admins(work.conn)
    if who.person_id not in admins or not await people.is_chat_of(work.conn, who.chat_id, who.person_id):
        return LoginProblem.ROLE_ENDED
    if not is_admin(identity.claim):
        return LoginProblem.NOT_ADMIN
    if len(identity.subject) > _LONGEST_SUBJECT:
        return LoginProblem.REFUSED
    holder = await admin_logins.holder(work.conn, identity.subject)
    return LoginProblem.SOMEBODY_ELSES if holder not in (None, who.person_id) else None


def is_admin(claim: object) -> bool:
    """`true`, the word `admin` in any case, or a list with that word: nothing else, not even a longer word."""
    if isinstance(claim, list):
        return any(_is_the_word(one) for one in claim)
    return claim is True or _is_the_word(claim)


def _is_the_word(value: object) -> bool:
    return isinstance(value, str) and value.strip().casefold() == ADMIN
