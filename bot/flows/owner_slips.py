"""Receipts and notes as PDF, at a press below the message that told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.router import press
from bot.slip_document import PRINTED, file_name, slip_pdf
from bot.texts import slips as texts
from bot.texts.documents import pdf_button
from domain.roles import Permission
from jobs.documents import DocumentError
from storage import account_lines, people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.i18n import Translator
    from bot.visit import Visit
    from storage.account_lines import AccountLine
    from storage.payments import Payment

_MOST_BUTTONS = 6


def slip_row(t: Translator, entry_id: int, label: str | None = None) -> tuple[Button, ...]:
    """The button for this entry's paper; with a label where the message is about something else."""
    return (Button(label or pdf_button(t), Action("owner.slip", {"entry": entry_id})),)


def slip_rows(t: Translator, paid: Sequence[Payment]) -> tuple[tuple[Button, ...], ...]:
    """Buttons for the papers of the newest payments that still count, by day; three rows of two."""
    newest = [one for one in paid if not one.undone][:_MOST_BUTTONS]
    buttons = [
        Button(texts.of_day_button(t, one.value_date), Action("owner.slip", {"entry": one.entry_id})) for one in newest
    ]
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))


@press("owner.slip", permission=Permission.SEE_OWN_BILLS)
async def slip_pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The paper of an entry of a flat that is the person's now and was when it was booked."""
    line = await _own(visit, data["entry"])
    reply = await _printed(visit, line) if line else Reply(texts.not_yours(visit.t))
    return Turn((reply,), keep_state=True)


async def _own(visit: Visit, entry_id: int) -> AccountLine | None:
    conn, person = visit.work.conn, visit.work.actor.person_id
    line = await account_lines.line(conn, entry_id)
    if line is None or person is None or line.kind not in PRINTED:
        return None
    return line if await people.owned_at(conn, person, line.flat_id, line.recorded_at) else None


async def _printed(visit: Visit, line: AccountLine) -> Reply:
    if line.undone:
        return Reply(texts.taken_back(visit.t, line))
    try:
        content = await slip_pdf(visit.work, visit.t, line)
    except DocumentError:
        return Reply(texts.failed(visit.t, line))
    return Reply(texts.sent(visit.t, line), document_name=file_name(line), document=content)
