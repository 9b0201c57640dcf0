"""Messages out to Telegram: sent or edited in place, and the platform's answer as an outcome."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TelegramError

from bot.channels import markup
from bot.channels.telegram.http import FloodError, MaybeSentError
from jobs.ports import (
    Key,
    Keyboard,
    Message,
    NotSent,
    Outcome,
    Parcel,
    Paused,
    Refused,
    Sent,
    Stopped,
    Unknown,
    Unreachable,
    plain,
)
from jobs.secrecy import mask

TEXT: Final = 4096
CAPTION: Final = 1024
COPY: Final = 256
PLACEHOLDER: Final = 64
_DESCRIPTION: Final = 256
_FILES_REMEMBERED: Final = 2_000

_NOT_MODIFIED = ("message is not modified",)
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "there is no text in the message to edit",
    "there is no caption in the message to edit",
    "message identifier is not specified",
    "message_id_invalid",
)
_NOBODY = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "user is deactivated",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "bot was kicked",
    "group chat was upgraded",
)
_BAD_MARKUP = ("can't parse entities", "can't find end tag", "unsupported start tag")
_STALE_FILE = ("wrong file identifier", "wrong remote file", "invalid file_id", "file reference")


class Outgoing:
    """Sends what the outbox holds. Photos are uploaded once, then named by Telegram's id for them."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._files: OrderedDict[int, str] = OrderedDict()

    async def deliver(self, parcel: Parcel) -> Outcome:
        """What came of it; raises nothing that Telegram or the network does."""
        try:
            return Sent(await self._post(parcel))
        except TelegramError as error:
            return outcome(error)

    async def _post(self, parcel: Parcel) -> str | None:
        message = parcel.message
        if message.commands is not None:
            await self._menu(parcel.chat, message.commands)
            return None
        try:
            return await self._edited(parcel) or await self._sent(parcel, ParseMode.HTML)
        except BadRequest as error:
            if _says(error, _STALE_FILE) and self._files.pop(message.photo_id or 0, ""):
                return await self._sent(parcel, ParseMode.HTML)
            if not _says(error, _BAD_MARKUP):
                raise
            return await self._edited(parcel, None) or await self._sent(parcel, None)

    async def _menu(self, chat: str, commands: tuple[tuple[str, str], ...]) -> None:
        scope = BotCommandScopeChat(int(chat))
        if commands:
            listed = [BotCommand(name, about[:_DESCRIPTION]) for name, about in commands]
            await self._bot.set_my_commands(listed, scope=scope)
        else:
            await self._bot.delete_my_commands(scope=scope)

    async def _edited(self, parcel: Parcel, mode: str | None = ParseMode.HTML) -> str | None:
        """The id of the message that was edited; `None` where a new one has to be sent."""
        posted, message = parcel.edits, parcel.message
        if posted is None or message.document or message.keyboard or message.remove_keyboard:
            return None
        has_photo = posted.photo_id is not None
        if markup.length(message.text) > (CAPTION if has_photo or message.photo_id else TEXT):
            return None
        try:
            await self._edit(parcel, posted.external_id, _worded(message.text, mode), mode, has_photo=has_photo)
        except BadRequest as error:
            if _says(error, _GONE):
                return None
            if not _says(error, _NOT_MODIFIED):
                raise
        return posted.external_id

    async def _edit(self, parcel: Parcel, message_id: str, text: str, mode: str | None, *, has_photo: bool) -> None:
        keys = inline_keyboard(parcel.message.keys)
        where: dict[str, Any] = {"chat_id": int(parcel.chat), "message_id": int(message_id), "reply_markup": keys}
        new_photo = parcel.message.photo_id
        if new_photo is not None and parcel.edits and new_photo != parcel.edits.photo_id:
            media = InputMediaPhoto(await self._photo(parcel), caption=text, parse_mode=mode)
            self._remember(new_photo, await self._bot.edit_message_media(media, **where))
        elif has_photo:
            await self._bot.edit_message_caption(caption=text, parse_mode=mode, **where)
        else:
            await self._bot.edit_message_text(text, parse_mode=mode, **where)

    async def _sent(self, parcel: Parcel, mode: str | None) -> str:
        message = parcel.message
        where = _where(parcel)
        if message.photo_id is not None:
            return await self._with_photo(parcel, where, mode)
        if message.document is not None:
            return await self._with_document(message, where, mode)
        return await self._texts(message, where, mode)

    async def _with_photo(self, parcel: Parcel, where: dict[str, Any], mode: str | None) -> str:
        message, photo = parcel.message, await self._photo(parcel)
        if not photo:
            return await self._texts(message, where, mode)
        fits = markup.length(message.text) <= CAPTION
        caption = _worded(message.text, mode) if fits else None
        keys = _keys(message, is_private=parcel.is_private) if fits else None
        sent = await self._bot.send_photo(
            photo=photo, caption=caption, parse_mode=mode if fits else None, reply_markup=keys, **where
        )
        self._remember(message.photo_id, sent)
        return str(sent.message_id) if fits else await self._texts(message, where, mode)

    async def _with_document(self, message: Message, where: dict[str, Any], mode: str | None) -> str:
        caption, *rest = markup.pieces(message.text, CAPTION)
        sent = await self._bot.send_document(
            document=message.document or b"",
            filename=message.document_name,
            caption=_worded(caption, mode) or None,
            parse_mode=mode,
            reply_markup=_keys(message, is_private=where["chat_id"] > 0),
            **where,
        )
        for piece in rest:
            await self._bot.send_message(text=_worded(piece, mode), parse_mode=mode, **where)
        return str(sent.message_id)

    async def _texts(self, message: Message, where: dict[str, Any], mode: str | None) -> str:
        """In as many messages as it takes; the last carries the keys and is the one to edit."""
        *first, last = markup.pieces(message.text or "…", TEXT)
        for piece in first:
            await self._bot.send_message(text=_worded(piece, mode), parse_mode=mode, **where)
        keys = _keys(message, is_private=where["chat_id"] > 0)
        sent = await self._bot.send_message(text=_worded(last, mode), parse_mode=mode, reply_markup=keys, **where)
        return str(sent.message_id)

    async def _photo(self, parcel: Parcel) -> str | bytes:
        """Telegram's id for the photo, or its content; empty when it is gone."""
        known = self._files.get(parcel.message.photo_id or 0)
        return known or (await parcel.photo() if parcel.photo else None) or b""

    def _remember(self, photo_id: int | None, sent: TelegramMessage | object) -> None:
        if photo_id is None or not isinstance(sent, TelegramMessage) or not sent.photo:
            return
        self._files[photo_id] = sent.photo[-1].file_id
        if len(self._files) > _FILES_REMEMBERED:
            self._files.popitem(last=False)


def outcome(error: TelegramError) -> Outcome:
    """What the platform's refusal means for the message, its chat or the whole channel."""
    reason = mask(str(error))
    match error:
        case FloodError():
            return Paused(error.seconds)
        case MaybeSentError():
            return Unknown(reason)
        case Forbidden() | ChatMigrated():
            return Unreachable(reason)
        case InvalidToken() | Conflict():
            return Stopped(reason)
        case BadRequest():
            return Unreachable(reason) if _says(error, _NOBODY) else Refused(reason)
        case NetworkError():
            return NotSent(reason)
        case _:
            return Refused(reason)


def inline_keyboard(keys: tuple[tuple[Key, ...], ...]) -> InlineKeyboardMarkup | None:
    """Without buttons that Telegram would refuse, because one of them fails the whole message."""
    rows = [[button for key in row if (button := _button(key))] for row in keys]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(key: Key) -> InlineKeyboardButton | None:
    if key.press is not None:
        return InlineKeyboardButton(key.label, callback_data=key.press)
    if key.copy is not None:
        return InlineKeyboardButton(key.label, copy_text=CopyTextButton(key.copy[:COPY]))
    if key.url is not None and key.url.startswith(("https://", "http://", "tg://")):
        return InlineKeyboardButton(key.label, url=key.url)
    return None


def _keys(
    message: Message, *, is_private: bool
) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None:
    if message.keyboard is not None and is_private:
        return _reply_keyboard(message.keyboard)
    if message.remove_keyboard:
        return ReplyKeyboardRemove()
    return inline_keyboard(message.keys)


def _reply_keyboard(keyboard: Keyboard) -> ReplyKeyboardMarkup:
    rows = [
        [KeyboardButton(label, request_contact=label == keyboard.asks_contact) for label in row]
        for row in keyboard.rows
    ]
    placeholder = keyboard.placeholder[:PLACEHOLDER] or None
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, is_persistent=True, input_field_placeholder=placeholder)


def _where(parcel: Parcel) -> dict[str, Any]:
    where: dict[str, Any] = {"chat_id": int(parcel.chat)}
    if parcel.message.reply_to:
        where["reply_parameters"] = ReplyParameters(int(parcel.message.reply_to), allow_sending_without_reply=True)
    return where


def _worded(text: str, mode: str | None) -> str:
    return text if mode else plain(text)


def _says(error: TelegramError, texts: tuple[str, ...]) -> bool:
    message = error.message.casefold()
    return any(text in message for text in texts)
