"""In which order the month's meters are walked: onward from where one stands, then what was put off, then in vain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class Stop:
    """A meter on the walk. `place` is its flat or motor; `is_read`: nothing is to be done there any more."""

    meter_id: int
    place: str
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class PutAside:
    """Meters that do not come in their turn.

    `put_off` come after all others, the one put off first before the rest. `in_vain` could not be read: they come once
    more at the very end, in this order; `given_up` not again. `elsewhere` somebody else is asked for at this moment.
    """

    put_off: Sequence[int] = ()
    in_vain: Sequence[int] = ()
    given_up: Collection[int] = ()
    elsewhere: Collection[int] = ()


def ahead(walk: Sequence[Stop], place: str | None, aside: PutAside) -> list[Stop]:
    """What is still to be read, the next one first.

    `walk` are all meters in walking order. It goes on at `place`, which comes itself while it is unread, to the last
    one and on from the first; from the first where the place is none or not on the walk.
    """
    start = next((n for n, stop in enumerate(walk) if stop.place == place), 0)
    unread = {stop.meter_id: stop for stop in (*walk[start:], *walk[:start]) if not stop.is_read}
    later = _later(unread, aside)
    now = [stop for stop in unread.values() if stop.meter_id not in later and stop.meter_id not in aside.given_up]
    free = [stop for stop in now if stop.meter_id not in aside.elsewhere]
    taken = [stop for stop in now if stop.meter_id in aside.elsewhere]
    return [*free, *taken, *(unread[meter_id] for meter_id in later)]


def _later(unread: Collection[int], aside: PutAside) -> list[int]:
    """The unread ones that come last, each once; what was in vain is not put off as well."""
    vain = [one for one in dict.fromkeys(aside.in_vain) if one in unread and one not in aside.given_up]
    off = [one for one in dict.fromkeys(aside.put_off) if one in unread and one not in {*vain, *aside.given_up}]
    return [*off, *vain]
