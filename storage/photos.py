"""Photos: kept in the database, linked to readings, and on their way to the local folder and the outside store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asyncpg import BitString

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime, timedelta

    from storage.database import Connection


_NEAR = 24
"""Bits of 256 in which two fingerprints of one picture may differ.

Measured on drawn meters: copies made smaller or packed again differ in up to 14, cut by one per cent in 15 (27 at
most), lighter or darker in 13 (30); of 4,350 pairs of other photos of one meter, held by hand, one differs in less;
of 21,611 pairs of photos of different meters none does.
"""
_RECENT = 100
"""Days in which somebody may send a picture of another meter once more."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A photo that lacks its file in the local folder; `meter_id` is 0 while it belongs to no reading."""

    photo_id: int
    meter_id: int
    taken_on: date
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo that waits for the outside store. `attempts` counts this one too; it is also the lease's number."""

    photo_id: int
    jpeg: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What a photo's pixels and file say by themselves: see `PreparedPhoto`. `fingerprint` is 32 bytes, or empty."""

    codes: tuple[str, ...] = ()
    fingerprint: bytes = b""
    traits: tuple[str, ...] = ()
    taken_on: date | None = None


_NO_MARKS = Marks()


async def store(
    conn: Connection,
    sha256: bytes,
    jpeg: bytes,
    width: int,
    height: int,
    *,
    by: int | None,
    at: datetime,
    marks: Marks = _NO_MARKS,
) -> int:
    """Keep a photo and return its id; the same file (`sha256` of what was sent) is kept once, or again if forgotten.

    One that is known stays as it is; what was kept before anybody looked for marks gets its own.
    """
    sql = """
        insert into photos (sha256, content, width, height, cloud_state, cloud_next_at, created_by, created_at,
                            codes, fingerprint, traits, taken_on)
        values ($1, $2, $3, $4, 'waiting', $6, $5, $6, $7, $8, $9, $10)
        on conflict (sha256) do update set content = coalesce(photos.content, excluded.content), forgotten_at = null,
            file_name = case when photos.forgotten_at is null then photos.file_name end,
            cloud_state = case when photos.forgotten_at is null then photos.cloud_state else 'waiting' end,
            cloud_next_at = case when photos.forgotten_at is null then photos.cloud_next_at else $6 end,
            created_at = case when photos.forgotten_at is null then photos.created_at else $6 end,
            codes = case when photos.codes = '{}' then excluded.codes else photos.codes end,
            fingerprint = coalesce(photos.fingerprint, excluded.fingerprint),
            traits = case when photos.traits = '{}' then excluded.traits else photos.traits end,
            taken_on = coalesce(photos.taken_on, excluded.taken_on)
        returning id"""
    bits = BitString.frombytes(marks.fingerprint) if marks.fingerprint else None
    facts = (list(marks.codes), bits, list(marks.traits), marks.taken_on)
    photo_id: int = await conn.fetchval(sql, sha256, jpeg, width, height, by, at, *facts)
    return photo_id


async def jpeg(conn: Connection, photo_id: int) -> bytes:
    """The photo itself; `LookupError` when there is none, or none any more."""
    content: bytes | None = await conn.fetchval("select content from photos where id = $1", photo_id)
    if content is None:
        raise LookupError(photo_id)
    return content


async def attach(conn: Connection, reading_id: int, photo_id: int) -> bool:
    """Link a photo to a reading, so that it waits for none any more; false when it was linked already."""
    await conn.execute("delete from loose_photos where photo_id = $1", photo_id)
    sql = """
        insert into reading_photos (reading_id, photo_id) values ($1, $2)
        on conflict (reading_id, photo_id) do nothing returning id"""
    if await conn.fetchval(sql, reading_id, photo_id) is None:
        return False
    await _note_alike(conn, photo_id)
    return True


async def _note_alike(conn: Connection, photo_id: int) -> None:
    """Keep which photos look nearly the same: comparing all of them anew would cost more than a queue may take."""
    near = dict.fromkeys(one.photo_id for one in await alike(conn, photo_id) if one.photo_id != photo_id)
    if near:
        await conn.execute("update photos set alike = $2 where id = $1", photo_id, list(near))


async def detach(conn: Connection, reading_id: int, photo_id: int) -> bool:
    """Unlink a photo from a reading; false when it was not linked."""
    sql = "delete from reading_photos where reading_id = $1 and photo_id = $2 returning id"
    return await conn.fetchval(sql, reading_id, photo_id) is not None


@dataclass(frozen=True, slots=True)
class Alike:
    """A reading with the same picture (`distance` 0), or with one that differs in so many of 256 bits."""

    photo_id: int
    reading_id: int
    distance: int


async def alike(conn: Connection, photo_id: int) -> list[Alike]:
    """Readings with this photo, or with another one that looks nearly the same, the nearest first."""
    return (await alike_many(conn, [photo_id])).get(photo_id, [])


async def alike_many(conn: Connection, photo_ids: Collection[int]) -> dict[int, list[Alike]]:
    """`alike` for many photos at once; the photos' own readings are among them, withdrawn and returned ones are not.

    Others are looked for among all of the meter's photos, and among those of the sender of `_RECENT` days before and
    after: the newer of two may have found its reading first.
    """
    sql = """
        with asked as (select id, fingerprint, created_by, created_at from photos where id = any($1::bigint[])),
        meters_of as (
            select distinct a.id, a.fingerprint, r.meter_id
            from asked a join reading_photos rp on rp.photo_id = a.id join readings r on r.id = rp.reading_id),
        near as (
            select a.id as asked_id, a.id as photo_id, 0 as distance from asked a
            union
            select a.id, p.id, bit_count(p.fingerprint # a.fingerprint)
            from meters_of a join readings r on r.meter_id = a.meter_id
            join reading_photos rp on rp.reading_id = r.id join photos p on p.id = rp.photo_id
            where p.id <> a.id and bit_count(p.fingerprint # a.fingerprint) <= $2
            union
            select a.id, p.id, bit_count(p.fingerprint # a.fingerprint)
            from asked a join photos p on p.created_by = a.created_by
                and p.created_at between a.created_at - make_interval(days => $3)
                    and a.created_at + make_interval(days => $3)
            where p.id <> a.id and bit_count(p.fingerprint # a.fingerprint) <= $2)
        select n.asked_id, n.photo_id, rp.reading_id, n.distance
        from near n join reading_photos rp on rp.photo_id = n.photo_id join readings r on r.id = rp.reading_id
        where r.state not in ('withdrawn', 'returned') order by n.distance, rp.id desc"""
    found: dict[int, list[Alike]] = {}
    for row in await conn.fetch(sql, list(photo_ids), _NEAR, _RECENT):
        one = Alike(row["photo_id"], row["reading_id"], row["distance"])
        found.setdefault(row["asked_id"], []).append(one)
    return found


async def uncopied(conn: Connection, loose_before: datetime, limit: int) -> list[Copy]:
    """Photos without a local file, oldest first; one that belongs to no reading only if older than `loose_before`."""
    sql = """
        select p.id as photo_id, coalesce(r.meter_id, 0) as meter_id,
               coalesce(r.reading_date, p.created_at::date) as taken_on, p.content as jpeg
        from photos p left join lateral (
            select x.meter_id, x.reading_date from reading_photos rp join readings x on x.id = rp.reading_id
            where rp.photo_id = p.id order by rp.id limit 1) r on true
        where p.file_name is null and p.content is not null and (r.meter_id is not null or p.created_at < $1)
        order by p.id limit $2"""
    return [Copy(**row) for row in await conn.fetch(sql, loose_before, limit)]


async def copied(conn: Connection, photo_id: int, file_name: str) -> None:
    """The local folder has the photo under this name."""
    await conn.execute("update photos set file_name = $2 where id = $1", photo_id, file_name)


async def lease_uploads(conn: Connection, now: datetime, lease: timedelta, limit: int) -> list[Upload]:
    """Take photos that wait for the outside store; nobody else gets them before `now + lease`."""
    sql = """
        update photos set cloud_attempts = cloud_attempts + 1, cloud_next_at = $1::timestamptz + $2::interval
        where id in (select id from photos where cloud_state = 'waiting' and content is not null and cloud_next_at <= $1
                     order by cloud_next_at limit $3 for update skip locked)
        returning id as photo_id, content as jpeg, cloud_attempts as attempts"""
    return [Upload(**row) for row in await conn.fetch(sql, now, lease, limit)]


async def uploaded(conn: Connection, upload: Upload, url: str) -> None:
    """The outside store has the photo."""
    sql = "update photos set cloud_state = 'stored', cloud_url = $2, cloud_next_at = null where id = $1"
    await conn.execute(sql, upload.photo_id, url)


async def upload_failed(conn: Connection, upload: Upload, again_at: datetime | None) -> None:
    """The outside store did not take the photo: once more at `again_at`, never with `None`.

    Does nothing where somebody else holds the photo by now.
    """
    sql = """
        update photos set cloud_state = case when $3::timestamptz is null then 'failed' else 'waiting' end,
            cloud_next_at = $3
        where id = $1 and cloud_attempts = $2 and cloud_state = 'waiting'"""
    await conn.execute(sql, upload.photo_id, upload.attempts, again_at)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A forgotten photo whose copies are to be deleted: the local file (empty: none), the outside address (or none).

    `attempts` at the outside store count this one too; it is also the lease's number.
    """

    photo_id: int
    file_name: str
    url: str | None
    attempts: int


async def lease_leaving(conn: Connection, now: datetime, lease: timedelta, limit: int) -> list[Leaving]:
    """Take forgotten photos with copies; nobody else gets them before `now + lease`."""
    sql = """
        update photos set cloud_attempts = cloud_attempts + 1, cloud_next_at = $1::timestamptz + $2::interval
        where id in (select id from photos
                     where forgotten_at is not null and (file_name <> '' or cloud_state = 'stored')
                       and coalesce(cloud_next_at, '-infinity') <= $1
                     order by id limit $3 for update skip locked)
        returning id as photo_id, coalesce(file_name, '') as file_name,
            case cloud_state when 'stored' then cloud_url end as url, cloud_attempts as attempts"""
    return [Leaving(**row) for row in await conn.fetch(sql, now, lease, limit)]


async def file_deleted(conn: Connection, photo: Leaving) -> None:
    """The local folder has no copy of the forgotten photo any more."""
    sql = "update photos set file_name = '' where id = $1 and file_name = $2 and forgotten_at is not null"
    await conn.execute(sql, photo.photo_id, photo.file_name)


async def copy_deleted(conn: Connection, photo: Leaving) -> None:
    """The outside store has no copy of the forgotten photo any more."""
    sql = """
        update photos set cloud_state = 'removed', cloud_url = null, cloud_next_at = null
        where id = $1 and forgotten_at is not null"""
    await conn.execute(sql, photo.photo_id)


async def copy_not_deleted(conn: Connection, photo: Leaving, again_at: datetime | None) -> None:
    """The outside store did not delete its copy: once more at `again_at`; with `None` it is kept there, as it says."""
    sql = """
        update photos set cloud_state = case when $3::timestamptz is null then 'kept' else cloud_state end,
            cloud_next_at = $3
        where id = $1 and cloud_attempts = $2 and forgotten_at is not null"""
    await conn.execute(sql, photo.photo_id, photo.attempts, again_at)


async def copies_left(conn: Connection) -> int:
    """Copies of forgotten photos that the outside store holds for good, because it refused to delete them."""
    return int(
        await conn.fetchval("select count(*) from photos where forgotten_at is not null and cloud_state = 'kept'")
    )
