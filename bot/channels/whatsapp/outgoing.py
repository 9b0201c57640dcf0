"""Messages out to WhatsApp: freely within a day of what the person last wrote, else as an approved template."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.channels.degrade import Buttons, Link, Photo, Rows, Shown, degraded, formatted
from bot.channels.pace import NoPace, Pace, Pause, WhatsAppPace
from bot.channels.whatsapp import errors, templates
from bot.channels.whatsapp.api import GraphError, MaybeSentError
from bot.channels.whatsapp.bodies import content, envelope, media_of
from bot.channels.whatsapp.uploads import Uploads
from jobs.ports import Outcome, Parcel, Paused, Postponed, Sent, Template
from storage.first_words import FREELY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.channels.degrade import Piece
    from bot.channels.whatsapp.account import Account
    from bot.channels.whatsapp.api import GraphApi
    from bot.channels.whatsapp.errors import Failure

_COOLING: Final = 900.0
"""Seconds in which nobody is written to first after the platform told of complaints."""
_BEGUN_REMEMBERED: Final = 2_000
_MEDIA_REFUSED: Final = frozenset({100, 131009, 131052, 131053})


class _HeldError(Exception):
    """The whole channel waits for {seconds} s."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Outgoing:
    """Sends what the outbox holds. A message of several pieces goes on where it was interrupted, if worded the same."""

    def __init__(
        self, account: Account, api: GraphApi, clock: Callable[[], datetime], *, limiters: bool = True
    ) -> None:
        self._path = f"{account.phone_number_id}/messages"
        self._api = api
        self._clock = clock
        self._pace: Pace = WhatsAppPace() if limiters else NoPace()
        self._pause = Pause()
        self._cooling = Pause()
        self._uploads = Uploads(api, clock)
        self._begun: OrderedDict[int, list[tuple[int, str]]] = OrderedDict()
        self._too_fast = 0

    async def deliver(self, parcel: Parcel) -> Outcome:
        """What came of it; raises nothing that WhatsApp or the network does."""
        try:
            return await self._delivered(parcel)
        except _HeldError as held:
            return Paused(held.seconds)
        except errors.FAILURES as error:
            return self._failed(error)

    async def _delivered(self, parcel: Parcel) -> Outcome:
        pieces = degraded(parcel.message, shown=parcel.edits.photo_id if parcel.edits else None)
        if not pieces:
            return Sent()
        if self._is_open(parcel):
            try:
                return await self._freely(parcel, pieces)
            except GraphError as error:
                if error.code != errors.NOT_NOW:
                    raise
        return await self._as_template(parcel)

    def _is_open(self, parcel: Parcel) -> bool:
        return parcel.heard_at is not None and self._clock() < parcel.heard_at + FREELY

    async def _freely(self, parcel: Parcel, pieces: list[Piece]) -> Sent:
        """The pieces in their order; the last one's id is the message's."""
        read = [_as_read(piece) for piece in pieces]
        sent = self._begun.pop(parcel.row, [])
        if [words for words, _ in sent] != read[: len(sent)]:
            sent = []
        answers = parcel.message.reply_to or (parcel.edits.external_id if parcel.edits else None)
        try:
            for piece, words in list(zip(pieces, read, strict=True))[len(sent) :]:
                sent.append((words, await self._piece(parcel, piece, None if sent else answers)))
        except BaseException:
            self._remember(parcel.row, sent)
            raise
        return Sent(next((one for _, one in reversed(sent) if one), None))

    def _remember(self, row: int, sent: list[tuple[int, str]]) -> None:
        if row and sent:
            self._begun[row] = sent
            if len(self._begun) > _BEGUN_REMEMBERED:
                self._begun.popitem(last=False)

    async def _piece(self, parcel: Parcel, piece: Piece, answers: str | None) -> str:
        """The id it got; empty where nothing of it is left to be shown."""
        media = media_of(piece)
        media_id = await self._uploads.id_of(parcel, media) if media else None
        if isinstance(piece, Shown) and not media_id and not piece.text:
            return ""
        try:
            return await self._post(parcel, content(piece, media_id), answers)
        except GraphError as error:
            stale = isinstance(media, Photo) and error.code in _MEDIA_REFUSED and self._uploads.forget(media.id)
            if media is None or not stale:
                raise
        return await self._post(parcel, content(piece, await self._uploads.id_of(parcel, media)), answers)

    async def _as_template(self, parcel: Parcel) -> Outcome:
        """A newer state of what a template has told already is not told again: its button shows it as it is then."""
        if parcel.edits and parcel.edits.as_template:
            return Sent(parcel.edits.external_id, as_template=True)
        if left := self._cooling.left():
            return Postponed(left, "WhatsApp asked to write to fewer people")
        if parcel.admit and (postponed := await parcel.admit()):
            return postponed
        template = parcel.message.template or _notice(parcel)
        value = templates.sent(template, parcel.message.language)
        return Sent(await self._post(parcel, {"type": "template", "template": value}), as_template=True)

    async def _post(self, parcel: Parcel, what: Mapping[str, Any], answers: str | None = None) -> str:
        """The id of what was sent, at the pace that the platform takes."""
        await self._pace.wait(parcel.chat, is_private=parcel.is_private, bulk=parcel.bulk)
        if left := self._pause.left():
            raise _HeldError(left)
        answer = await self._api.post(self._path, envelope(parcel.chat, what, answers))
        self._too_fast = 0
        return _id_in(answer)

    def _failed(self, error: Failure) -> Outcome:
        outcome = errors.outcome(error, self._too_fast)
        if isinstance(outcome, Paused):
            self._too_fast += 1
            self._pause.begin(outcome.seconds)
        if isinstance(error, GraphError) and error.code == errors.TOO_MANY_COMPLAINTS:
            self._cooling.begin(_COOLING)
        return outcome


def _notice(parcel: Parcel) -> Template:
    """For what has no template of its own: that it is there, its first words, and a button to see it."""
    message = parcel.message
    said = formatted(message.text).strip() or message.document_name or ""
    return Template(templates.NOTICE, (parcel.society, said))


def _as_read(piece: Piece) -> int:
    """The same for pieces that read the same: what is behind their buttons is new with every wording."""
    match piece:
        case Buttons() | Rows():
            return hash(replace(piece, choices=tuple(replace(one, id="") for one in piece.choices)))
        case Link():
            return hash(replace(piece, address=""))
        case _:
            return hash(piece)


def _id_in(answer: Mapping[str, Any]) -> str:
    """Without an id it may have been sent. Raises `MaybeSentError`."""
    messages = answer.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    name = first.get("id") if isinstance(first, dict) else None
    if not isinstance(name, str):
        raise MaybeSentError("WhatsApp's answer names no message")
    return name
