"""What a flow is given: one message or press, who sent it, where the chat is, and the transaction to work in."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation import Incoming, State
from bot.i18n import Translator
from domain.roles import Role
from jobs.master_workbook import WorkbookError
from jobs.photo_intake import PhotoRefused, PreparedPhoto
from jobs.statement_file import StatementFile
from jobs.work import Work
from storage.people import ChatIdentity


@dataclass(frozen=True, slots=True)
class Visit:
    """One inbound message while its transaction is open.

    `work.actor` is the sender (in a group not the chat's own person), with rights read in this transaction.
    `work.now` is the time of processing, `incoming.sent_at` the person's. `media` is the content of
    `incoming.media`, or `None` when there is none or the platform no longer has it; `photo` is the same when it is a
    picture, prepared in a thread before the transaction, or why it was refused; `statement` likewise for an admin's
    file. `key` names the press, or the message however often it is edited, for submission keys. `backlog` is how many
    messages of this chat wait behind this one; `burst` is set while more than three arrived together: the same name
    for all of them, to be used as the `card` of one running summary. `must_log_in` is set while the sender would have
    an admin's rights if a login had bound their chat.
    """

    work: Work
    incoming: Incoming
    chat: ChatIdentity
    t: Translator
    state: State | None = None
    media: bytes | None = None
    photo: PreparedPhoto | PhotoRefused | None = None
    statement: StatementFile | WorkbookError | None = None
    key: str = ""
    backlog: int = 0
    burst: str | None = None
    must_log_in: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        return self.work.actor.roles

    @property
    def text(self) -> str:
        """What was typed or captioned, without outer blanks; empty when nothing was."""
        return (self.incoming.text or "").strip()
