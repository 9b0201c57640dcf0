"""What owners paid and used: `/receipts`, `/usage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation import Reply, Turn
from bot.flows.owner_slips import slip_rows
from bot.flows.private import in_private
from bot.router import command
from bot.texts import owner
from bot.texts import owner_records as texts
from domain.roles import Role
from storage import accounts, bill_views, flats, owners, payments

if TYPE_CHECKING:
    from bot.visit import Visit
    from storage.flats import Flat

_OWNER = frozenset({Role.OWNER})


@command("receipts", "रसीद", roles=_OWNER, about=texts.about_receipts, alone=True)
@in_private
async def receipts(visit: Visit, _: str) -> Turn:
    """The last payments of each flat since the person owns it."""
    person = _person(visit)
    replies = []
    for flat in await _flats(visit):
        paid = await payments.latest_for(visit.work.conn, person, flat.id)
        balance = await accounts.balance(visit.work.conn, flat.id)
        text = owner.with_balance(visit.t, texts.receipts(visit.t, flat.code, paid), balance)
        replies.append(Reply(text, slip_rows(visit.t, paid)))
    return Turn(tuple(replies), keep_state=True)


@command("usage", "खपत", roles=_OWNER, about=texts.about_usage, alone=True)
@in_private
async def usage(visit: Visit, _: str) -> Turn:
    """Units of the last twelve months of each flat."""
    person, until = _person(visit), visit.work.today
    replies = []
    for flat in await _flats(visit):
        months = await bill_views.monthly_units(visit.work.conn, person, flat.id, until)
        replies.append(Reply(texts.usage(visit.t, flat.code, months)))
    return Turn(tuple(replies), keep_state=True)


async def _flats(visit: Visit) -> list[Flat]:
    codes = await owners.flat_codes(visit.work.conn, _person(visit))
    return [flat for code in codes if (flat := await flats.get_flat(visit.work.conn, code))]


def _person(visit: Visit) -> int:
    person_id = visit.work.actor.person_id
    if person_id is None:
        raise LookupError(visit.chat.id)
    return person_id
