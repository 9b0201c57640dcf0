"""What the buttons of an account and of its corrections bind, as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self

from bot.conversation import Action, Button
from bot.i18n import Translator
from bot.texts import admin
from jobs.ask_correction import Asked, Deed


@dataclass(frozen=True, slots=True)
class Begun:
    """A correction being put together in one card. `bill` is the bill whose account was opened; `token` names it."""

    asked: Asked
    card: str
    token: str
    bill: int | None = None

    def data(self) -> dict[str, Any]:
        """For an Action or a dialogue's state."""
        asked = self.asked
        return {
            "deed": asked.deed.value,
            "flat": asked.flat,
            "subject": asked.subject,
            "amount": None if asked.amount is None else str(asked.amount),
            "reason": asked.reason,
            "owed": None if asked.owed is None else str(asked.owed),
            "card": self.card,
            "token": self.token,
            "bill": self.bill,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `data`."""
        amount, owed = _rupees(data["amount"]), _rupees(data["owed"])
        asked = Asked(Deed(data["deed"]), data["flat"], data["subject"], amount, data["reason"], owed)
        return cls(asked, data["card"], data["token"], data["bill"])

    def with_(self, **facts: Any) -> Self:  # noqa: ANN401 - the facts of `Asked`
        """The same with more of it known."""
        return replace(self, asked=replace(self.asked, **facts))

    def action(self, name: str) -> Action:
        """A button's action that goes on from here."""
        return Action(name, self.data())

    def cancel(self, t: Translator) -> Button:
        """Back to the account, nothing done."""
        return Button(admin.cancel(t), account_action(self.asked.flat, self.card, self.bill))


def account_action(flat: str, card: str | None, bill: int | None = None) -> Action:
    """Shows the account: in its card, or as a new message."""
    return Action("account.show", {"flat": flat, "card": card, "bill": bill})


def _rupees(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
