"""The ways out of a reading that is billed: its bill, its account, its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation import Action, Button
from bot.flows.admin.binding import Shown
from bot.flows.admin.correction_binding import Begun, account_action
from bot.texts import admin_asks, admin_corrections
from jobs.ask_correction import Asked, Deed

if TYPE_CHECKING:
    from bot.i18n import Translator
    from storage.readings import Reading


def bill_row(t: Translator, flat: str, bill_id: int) -> tuple[Button, ...]:
    """Void the bill, or see the account it stands on."""
    void = Begun(Asked(Deed.VOID, flat, bill_id), f"account:asked:{bill_id}", f"asked:{bill_id}", bill_id)
    return (
        Button(admin_corrections.void_button(t), void.action("correct.begin")),
        Button(admin_corrections.account_button(t), account_action(flat, None, bill_id)),
    )


def see_button(t: Translator, reading: Reading) -> Button:
    """Its card, as a message of its own."""
    shown = Shown(reading.id, f"reading:{reading.id}")
    return Button(admin_asks.reading_button(t), Action("review.show", shown.data()))
