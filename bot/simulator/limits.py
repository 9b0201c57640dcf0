"""Numbers of the Bot API, and the rates above which Telegram answers 429."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from bot.simulator import errors

TEXT_CHARACTERS = 4096  # Bot API documentation, sendMessage: 1-4096 characters after entities parsing
CAPTION_CHARACTERS = 1024  # Bot API documentation, sendPhoto: 0-1024 characters after entities parsing
RAW_TEXT_BYTES = 1 << 15  # telegram-bot-api Client.cpp get_formatted_text
CALLBACK_DATA_BYTES = 64  # Bot API documentation, InlineKeyboardButton
COPY_TEXT_CHARACTERS = 256  # Bot API documentation, CopyTextButton
PLACEHOLDER_CHARACTERS = 64  # Bot API documentation, ReplyKeyboardMarkup
BUTTONS_PER_ROW = 8  # python-telegram-bot constants InlineKeyboardMarkupLimit
BUTTONS_IN_ALL = 100  # python-telegram-bot constants InlineKeyboardMarkupLimit
ANSWER_CHARACTERS = 200  # Bot API documentation, answerCallbackQuery
ANSWER_SECONDS = 30  # not documented: clients stop waiting after about half a minute
START_PAYLOAD_CHARACTERS = 64  # Telegram documentation, deep linking
ALBUM_ITEMS = range(2, 11)  # Bot API documentation, sendMediaGroup
COMMANDS = 100  # Bot API documentation, setMyCommands
COMMAND_CHARACTERS = 32  # td BotCommand.cpp
DESCRIPTION_CHARACTERS = 256  # td BotCommand.cpp
DOWNLOAD_BYTES = 20 << 20  # telegram-bot-api Client.h MAX_DOWNLOAD_FILE_SIZE
UPLOAD_BYTES = 50 << 20  # Bot API documentation, Sending files
PHOTO_BYTES = 10 << 20  # td FileLoaderUtils.cpp
PHOTO_SIDES = 10_000  # Bot API documentation, sendPhoto: width and height must not exceed 10000 in total
PHOTO_RATIO = 20  # Bot API documentation, sendPhoto
SECRET_CHARACTERS = 256  # Bot API documentation, setWebhook
POLL_SECONDS = 50  # telegram-bot-api Client.h LONG_POLL_MAX_TIMEOUT
UPDATE_LIFETIME_SECONDS = 24 * 3600  # Bot API documentation, Getting updates


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, then `per_second`."""

    per_second: float
    burst: float
    tokens: float
    filled_at: float

    def wait(self, now: float) -> float:
        """Seconds until one more may pass; 0 when it may now."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.per_second


class SendingRates:
    """About one message a second to a chat, 20 a minute to a group, 30 a second in all.

    Source: Bots FAQ, "My bot is hitting limits". Off until the switch "real limits" turns it on.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.enabled = False
        self._now = monotonic
        self._overall = Bucket(30, 30, 30, monotonic())
        self._chats: dict[int, Bucket] = {}

    def spend(self, chat_id: int) -> None:
        """Raises 429 with the seconds to wait when the chat or the bot is over its rate."""
        if not self.enabled:
            return
        now = self._now()
        buckets = (self._overall, self._chats.get(chat_id) or self._open(chat_id, now))
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            raise errors.too_many_requests(ceil(wait))
        for bucket in buckets:
            bucket.tokens -= 1

    def _open(self, chat_id: int, now: float) -> Bucket:
        is_group = chat_id < 0
        bucket = Bucket(20 / 60, 20, 20, now) if is_group else Bucket(1, 3, 3, now)
        return self._chats.setdefault(chat_id, bucket)
