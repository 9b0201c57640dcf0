"""Templates that a platform has to approve before anybody may be written to first, as the commands see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

MISSING: Final = "MISSING"
PENDING: Final = "PENDING"
APPROVED: Final = "APPROVED"
_FINE: Final = frozenset({APPROVED, PENDING, "IN_APPEAL"})


@dataclass(frozen=True, slots=True)
class Standing:
    """One template at the account. `status` is the platform's word, or `MISSING`; `reason` why it was rejected.

    `differs` names the parts that are not as we would submit them; `fits`: it can be sent with our parameters all
    the same.
    """

    name: str
    language: str
    status: str
    reason: str = ""
    differs: tuple[str, ...] = ()
    fits: bool = True

    @property
    def ok(self) -> bool:
        """Approved or under review, and fit to be sent."""
        return self.status in _FINE and self.fits


class Desk(Protocol):
    """Our templates at the platform. Each call raises ApprovalError."""

    async def standings(self) -> list[Standing]:
        """Of every template that we send."""

    async def submit(self, missing: Standing) -> Standing:
        """Hands one in for review; what the platform says of it at once."""

    async def close(self) -> None:
        """Lets go of the connections."""


class ApprovalError(Exception):
    """The platform could not be asked about templates: {why}.

    `token`: it does not know ours. `unsure`: what was being handed in may have arrived.
    """

    def __init__(self, why: str, *, token: bool = False, unsure: bool = False) -> None:
        super().__init__(why)
        self.token = token
        self.unsure = unsure
