"""Why a meter could not be read on a walk."""

from enum import StrEnum


class Reason(StrEnum):
    """What kept the engineer from reading; `OTHER` comes with words of theirs."""

    LOCKED = "locked"
    NO_DISPLAY = "no_display"
    BLOCKED = "blocked"
    UNSAFE = "unsafe"
    NOT_FOUND = "not_found"
    OTHER = "other"
