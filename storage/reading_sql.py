"""A reading with all that a card shows of it, as one row."""

from typing import Final

from storage.courses import COURSE, course_sql, previous_sql
from storage.meters import METER_SQL

READING_SQL: Final = (
    """
    select r.id, r.state, r.version, r.reading_value, r.motor_share, r.reading_date, r.consumption, r.flags,
           r.confirmed, r.submitted_by, s.name as submitter, r.submitted_at, r.chat_id, r.chat_message_id,
           r.decided_by, d.name as decider, r.decided_at, r.returned_reason, r.approval_batch, r.terms,
           p.id as previous_id, p.reading_value as previous_value, p.reading_date as previous_date,
           p.consumption as previous_consumption, p.state as previous_state, p.confirmed as previous_confirmed,
           array(select rp.photo_id from reading_photos rp
                 where rp.reading_id = r.id and rp.photo_id is not null order by rp.id) as photo_ids,
           array(select rp.url from reading_photos rp
                 where rp.reading_id = r.id and rp.url is not null order by rp.id) as photo_urls, """
    + COURSE.format(reading="r", name="w")
    + """, m.*
    from readings r join ("""
    + METER_SQL
    + """) m on m.meter_id = r.meter_id
    left join people s on s.id = r.submitted_by
    left join people d on d.id = r.decided_by"""
    + previous_sql("r")
    + course_sql("r")
    + "\n"
)
"""One row a reading, in the columns that `reading_of` reads."""
