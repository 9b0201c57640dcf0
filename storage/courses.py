"""What a reading is counted from: the one before it, also of a meter that its own replaced, and what happened since.

A meter and those that were in its place before it are one line of meters (`meter_lines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from domain.register import Course, Swap
from domain.units import NO_UNITS

if TYPE_CHECKING:
    from storage.database import Row

_COUNTS: Final = "earlier.state not in ('withdrawn', 'returned') and earlier.reading_value is not null"


def previous_sql(reading: str, name: str = "p") -> str:
    """A join to `reading` (an alias of `readings`): the one before it, in the line of its meter, as `name`.

    Of the same meter the latest of an earlier date, else the last of the meter that it replaced, `hops` ago.
    """
    return f"""
    left join lateral (
        (select earlier.*, 0 as hops from readings earlier
         where earlier.meter_id = {reading}.meter_id and earlier.reading_date < {reading}.reading_date and {_COUNTS}
         order by earlier.reading_date desc, earlier.id desc limit 1)
        union all
        (select earlier.*, line.hops from meter_lines line join readings earlier on earlier.meter_id = line.earlier_id
         where line.meter_id = {reading}.meter_id and earlier.reading_date <= {reading}.reading_date and {_COUNTS}
         order by line.hops, earlier.reading_date desc, earlier.id desc limit 1)
        order by hops limit 1) {name} on true"""


def course_sql(reading: str, previous: str = "p", name: str = "w") -> str:
    """A join to the same: the replacements since `previous`, oldest first, as arrays of what each meter showed."""
    return f"""
    left join lateral (
        select array_agg(swap.closing order by line.hops desc) as closings,
               array_agg(swap.opening order by line.hops desc) as openings,
               array_agg(swap.closing_rolled_over order by line.hops desc) as turns,
               array_agg(swap.replaced_on order by line.hops desc) as swapped
        from meter_lines line
        join meter_replacements swap on swap.old_meter_id = line.earlier_id and swap.state = 'approved'
        where line.meter_id = {reading}.meter_id and line.hops <= coalesce({previous}.hops, 32767)) {name} on true"""


COURSE: Final = "{reading}.rolled_over, {name}.closings, {name}.openings, {name}.turns, {name}.swapped"
"""The columns that `course_of` reads."""


def course_of(row: Row) -> Course:
    """What happened to the register between a reading and the one before it, from the columns of `COURSE`."""
    columns = [row[name] or () for name in ("closings", "openings", "turns", "swapped")]
    return Course(
        tuple(
            Swap(closing, opening, turn or NO_UNITS, on) for closing, opening, turn, on in zip(*columns, strict=True)
        ),
        row["rolled_over"] or NO_UNITS,
    )


USED: Final = """
    ({reading}.reading_value + coalesce({reading}.rolled_over, 0)
     - coalesce({previous}.reading_value, {name}.closings[1] + coalesce({name}.turns[1], 0), {name}.openings[1])
     + coalesce((select sum(coalesce(c.closing + coalesce(c.turn, 0), {name}.openings[c.nth - 1],
                                     {previous}.reading_value, c.opening) - c.opening)
                 from unnest({name}.closings, {name}.turns, {name}.openings)
                     with ordinality as c (closing, turn, opening, nth)), 0))"""
"""The units of a register between a reading and the one before it; null for a baseline.

A meter whose closing number is not known counted nothing since it was read last.
"""
