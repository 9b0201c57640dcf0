"""What every job is given: the transaction it works in, who asks, when, and the society's rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.period import local_date

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from domain.metering import ReadingMode
    from domain.roles import Role
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Society:
    """The settings that the jobs need, read once at start."""

    name: str
    zone: ZoneInfo
    reading_mode: ReadingMode
    due_days: int
    delivery_hours: tuple[int, int]
    grace_days: int
    single_admin: bool
    languages: tuple[str, ...]
    reading_target: int | None = None
    public_url: str | None = None
    upi_vpa: str | None = None
    upi_name: str | None = None
    office_contact: str | None = None
    """Where and when owners find the office, in its own words."""
    admin_phones: tuple[str, ...] = ()
    undo_seconds: int = 60
    admins_log_in: bool = False
    """Whether an admin's chat has rights only while a login has bound it."""
    office_channel: bool = False
    """Whether there is a channel (Discord) for notices to the office; without one they are only logged."""
    reads_photos: bool = False
    """Whether somebody looks at photos; without, they are kept for people to look at."""
    ai_wording: bool = False
    """Whether bills and reminders begin with a friendlier sentence that was written outside the house."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. Rights are what the database said in this transaction, never what a chat remembers."""

    person_id: int | None
    name: str
    roles: frozenset[Role] = frozenset()
    is_machine: bool = False
    """A caller of the HTTP API: its token says what it may do, and no reading counts as its own."""


@dataclass(frozen=True, slots=True)
class Work:
    """One use case in one transaction. `now` is aware; `ref` is the short reference shown to people."""

    conn: Connection
    now: datetime
    society: Society
    actor: Actor
    ref: str

    @property
    def login_at(self) -> datetime | None:
        """Where admins log in, the moment at which their logins are judged; None: an invite is enough."""
        return self.now if self.society.admins_log_in else None

    @property
    def today(self) -> date:
        """The day in the society's time zone."""
        return local_date(self.now, self.society.zone)
