"""What the office is told about online payments: what cannot be placed, and what the providers see otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Reply
from bot.flows.admin.strays import stray_card
from bot.texts import admin_online as texts
from domain.roles import Permission
from storage import stray_payments

if TYPE_CHECKING:
    from bot.i18n import Translator
    from jobs.ports import Notice
    from jobs.work import Work


@announces("stray_payment", permission=Permission.RECORD_PAYMENT)
async def stray_payment(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """Money in quarantine, unless it found its account meanwhile."""
    one = await stray_payments.get(work.conn, int(notice.source_id))
    return stray_card(t, one, f"stray:{one.id}") if one is not None and one.state == "open" else None


@announces("refund_failed", permission=Permission.RECORD_PAYMENT)
async def refund_failed(_work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The money of a refund came again."""
    return Reply(texts.refund_failed(t, notice.payload))


@announces("payments_differ", permission=Permission.RECORD_PAYMENT)
async def payments_differ(_work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The night's comparison with the providers."""
    return Reply(texts.payments_differ(t, notice.payload))
