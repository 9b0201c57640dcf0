"""The news that a payment did not go through, looked at again at the moment of sending."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Reply
from bot.flows.bill_card import pay_row
from bot.texts import pay_page as texts
from domain.attempts import BEING_CHECKED, AttemptState
from jobs.failed_payments import KIND
from storage import bill_cards, bill_views, payment_attempts, people

if TYPE_CHECKING:
    from bot.i18n import Translator
    from jobs.ports import Notice
    from jobs.work import Work
    from storage.bill_views import BillView
    from storage.payment_attempts import Attempt

_NO_LONGER = BEING_CHECKED | {AttemptState.PAID}


@announces(KIND)
async def payment_failed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """With the way to pay; not once the bill is paid, nor while another payment is under way."""
    attempt = await payment_attempts.get(work.conn, int(notice.source_id))
    if attempt is None or attempt.state in _NO_LONGER or notice.person_id is None:
        return None
    view = await _owed(work, notice.person_id, notice.chat_id, attempt)
    pay = await pay_row(work, t, view, notice.person_id) if view else ()
    if view is None or not pay:
        return None
    amount = Decimal(notice.payload["amount"])
    return Reply(texts.failed(t, notice.payload["provider"], amount, view.flat_code), pay)


async def _owed(work: Work, person_id: int, chat_id: int, attempt: Attempt) -> BillView | None:
    """The bill through which the flat is paid, while it is theirs and nothing may be on its way."""
    if not await people.is_chat_of(work.conn, chat_id, person_id):
        return None
    if await payment_attempts.under_way(work.conn, [attempt.flat_id]):
        return None
    bill_id = await bill_cards.newest_bill(work.conn, attempt.flat_id)
    return await bill_views.owned_bill(work.conn, person_id, bill_id) if bill_id else None
