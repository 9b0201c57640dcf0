"""A phone without a network: says, photographs, presses and edits, and shows what the flows answered.

Each message is one transaction on a real database, as in the engine: state loaded, routed, state and actions stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot import flows
from bot.announcements import ANNOUNCERS
from bot.conversation import Action, Incoming, MediaRef, Reply, SharedContact, State
from bot.i18n import Translator
from bot.posting import as_message
from bot.router import route
from bot.visit import Visit
from jobs.master_workbook import WorkbookError
from jobs.photo_intake import PhotoRefused, PreparedPhoto
from jobs.ports import Message, Notice, plain
from jobs.statement_file import StatementFile
from jobs.work import Actor, Society, Work
from storage import conversations, people, visitors
from storage.conversations import StoredAction, StoredState
from storage.database import Connection, Database
from tests.society import SOCIETY, Resident

flows.load()


@dataclass
class Phone:
    """One person's chat. `now` is the clock of both ends, `language` that of the phone."""

    db: Database
    who: Resident
    now: datetime
    society: Society = SOCIETY
    language: str = "en"
    album: str | None = None
    burst: str | None = None
    backlog: int = 0
    statement: StatementFile | WorkbookError | None = None
    replies: list[Reply] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    cards: dict[str, str] = field(default_factory=dict)
    """External id of the message of each card."""
    count: int = 0

    async def say(self, text: str, **more: Any) -> str:
        """Type a message; the texts answered, joined by blank lines."""
        return await self._send(
            Incoming("telegram", self.who.external_id, self.who.external_id, self.now, text=text), **more
        )

    async def photo(
        self,
        photo: PreparedPhoto | PhotoRefused | None,
        caption: str | None = None,
        *,
        size: int | None = None,
        **more: Any,
    ) -> str:
        """Send a photo, with a caption perhaps."""
        incoming = Incoming(
            "telegram",
            self.who.external_id,
            self.who.external_id,
            self.now,
            text=caption,
            media=MediaRef("file", "photo", size),
            album=self.album,
        )
        return await self._send(incoming, photo=photo, **more)

    async def document(self, mime: str, *, statement: StatementFile | WorkbookError | None = None) -> str:
        """Send a file that is no picture; `statement` is what is read from it."""
        sender, media = self.who.external_id, MediaRef("file", "document", mime=mime)
        self.statement = statement
        return await self._send(Incoming("telegram", sender, sender, self.now, media=media))

    async def edit(self, message_id: str, text: str, **more: Any) -> str:
        """Edit one's own earlier message."""
        incoming = Incoming(
            "telegram",
            self.who.external_id,
            self.who.external_id,
            self.now,
            message_id=message_id,
            text=text,
            edited=True,
        )
        return await self._send(incoming, **more)

    async def contact(self, phone: str, name: str = "Somebody", *, own: bool = True) -> str:
        """Share a contact; `own` is what the platform proves."""
        shared = SharedContact(phone, name, own)
        return await self._send(
            Incoming("telegram", self.who.external_id, self.who.external_id, self.now, contact=shared)
        )

    async def press(self, label: str, *, among: list[Message] | None = None) -> str:
        """Press the first button whose label contains `label`, on the latest messages or those given."""
        keys = [key for message in among or self.messages for row in message.keys for key in row]
        token = next(key.press for key in keys if label in key.label)
        return await self.press_token(token)

    async def press_token(self, token: str | None) -> str:
        """Press a button by its token."""
        incoming = Incoming("telegram", self.who.external_id, self.who.external_id, self.now, press=token)
        return await self._send(incoming)

    async def press_action(self, action: Action) -> str:
        """Press a button of a message that came without asking."""
        async with self.db.transaction() as conn:
            stored = StoredAction(action.name, action.data)
            [token] = await conversations.add_actions(conn, self.who.chat_id, [stored])
        return await self.press_token(token)

    async def announced(self, notice: Notice) -> str:
        """What is told unasked appears in the chat; its text, empty where it is no longer to be said."""
        async with self.db.transaction() as conn:
            work = Work(conn, self.now, self.society, Actor(None, "billing"), "TOLD")
            reply = await ANNOUNCERS[notice.kind](work, notice, Translator(self.language))
            self.replies = [reply] if reply else []
            self.messages = [await as_message(conn, self.who.chat_id, reply) for reply in self.replies]
            await self._show(conn)
        return reply.text if reply else ""

    @property
    def labels(self) -> list[str]:
        """Labels of the latest buttons."""
        return [key.label for message in self.messages for row in message.keys for key in row]

    @property
    def last_id(self) -> str:
        """Id of the latest message that was sent from here."""
        return str(self.count)

    async def _send(
        self,
        incoming: Incoming,
        *,
        photo: PreparedPhoto | PhotoRefused | None = None,
        reply_to: str | None = None,
        late: timedelta = timedelta(),
    ) -> str:
        if incoming.message_id is None:
            self.count += 1
            message_id = None if incoming.press else str(self.count)
            incoming = replace(incoming, message_id=message_id)
        incoming = replace(incoming, reply_to=reply_to)
        async with self.db.transaction() as conn:
            self.replies = list(await self._route(conn, incoming, photo, late))
            self.messages = [await as_message(conn, self.who.chat_id, reply) for reply in self.replies]
            await self._show(conn)
        return "\n\n".join(reply.text or reply.toast or "" for reply in self.replies)

    async def _route(
        self, conn: Connection, incoming: Incoming, photo: PreparedPhoto | PhotoRefused | None, late: timedelta
    ) -> tuple[Reply, ...]:
        stored = await conversations.state(conn, self.who.chat_id, incoming.sender)
        chat = await people.chat(conn, self.who.chat_id)
        sender = await visitors.sender(conn, chat.channel, incoming.sender)
        actor = Actor(sender.person_id, sender.name or self.who.name, sender.roles)
        turn = await route(
            Visit(
                work=Work(conn, self.now + late, self.society, actor, "TEST"),
                incoming=incoming,
                chat=chat,
                t=Translator(chat.language or sender.language or self.language),
                state=State(stored.flow, stored.step, stored.data) if stored else None,
                photo=photo,
                statement=self.statement,
                key=f"telegram:{incoming.chat}:{incoming.message_id or f'press{self.count}'}",
                burst=self.burst,
                backlog=self.backlog,
            )
        )
        if turn.state is not None:
            new = StoredState(turn.state.flow, turn.state.step, turn.state.data)
            await conversations.save_state(conn, self.who.chat_id, incoming.sender, new)
        elif stored is not None and not turn.keep_state:
            await conversations.forget_state(conn, self.who.chat_id, incoming.sender)
        return turn.replies

    async def _show(self, conn: Connection) -> None:
        """The messages appear in the chat: our cards get ids there, as after a delivery."""
        for reply in self.replies:
            if reply.card and reply.card not in self.cards:
                self.cards[reply.card] = f"bot{len(self.cards)}"
                await conn.execute(
                    """insert into notifications (outbox, status, channel, chat_id, kind, source_type, source_id, card,
                       external_id) values (true, 'sent', 'telegram', $1, 'reply', 'inbox', $2, $3, $2)""",
                    self.who.chat_id,
                    self.cards[reply.card],
                    reply.card,
                )
            if reply.card:
                await conn.execute(
                    "update notifications set message = $3 where outbox and chat_id = $1 and external_id = $2",
                    self.who.chat_id,
                    self.cards[reply.card],
                    plain(reply.text),
                )
