"""Every refusal the simulated Bot API can speak, word for word, and where each text was found.

`telegram-bot-api` and `td` are the two public repositories of the real server (tdlib on GitHub). A text that comes
from Telegram's closed servers names the documentation that states the limit or a public report that quotes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

_CLIENT = "telegram-bot-api Client.cpp"
_MANAGER = "telegram-bot-api ClientManager.cpp"
_WEBHOOK = "telegram-bot-api WebhookActor.cpp"
_CONTENT = "td MessageContent.cpp"
_MESSAGES = "td MessagesManager.cpp"
_MARKUP = "td ReplyMarkup.cpp"
_ENTITY = "td MessageEntity.cpp"
_LINK = "td LinkManager.cpp check_link_impl, HttpUrl.cpp parse_url"
_FILES = "td FileLoaderUtils.cpp"
_COMMAND = "td BotCommand.cpp"
_DOCS = "Bot API documentation"


class BotApiError(Exception):
    """The Bot API answers {code}: {description}."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to say no; its placeholders are filled by name."""

    code: int
    template: str
    source: str

    def error(self, **facts: object) -> BotApiError:
        return BotApiError(self.code, self.template.format(**facts))

    def refuse(self, **facts: object) -> NoReturn:
        """Raises it."""
        raise self.error(**facts) from None


UNAUTHORIZED = Refusal(401, "Unauthorized", _CLIENT)
INVALID_TOKEN = Refusal(401, "Unauthorized: invalid token specified", _MANAGER)
METHOD_NOT_FOUND = Refusal(404, "Not Found: method not found", _CLIENT)
NOT_FOUND = Refusal(404, "Not Found", "telegram-bot-api HttpConnection.cpp")
REQUEST_TOO_LARGE = Refusal(413, "Request Entity Too Large", "td HttpHeaderCreator.cpp")
BAD_GATEWAY = Refusal(502, "Bad Gateway", "td HttpHeaderCreator.cpp")

CONFLICT_OTHER_POLL = Refusal(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    f"{_CLIENT} abort_long_poll",
)
CONFLICT_SET_WEBHOOK = Refusal(409, "Conflict: terminated by setWebhook request", f"{_CLIENT} abort_long_poll")
CONFLICT_WEBHOOK = Refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    f"{_CLIENT} process_get_updates_query",
)
WEBHOOK_URL_INVALID = Refusal(400, "Bad Request: invalid webhook URL specified", f"{_CLIENT} do_set_webhook")
SECRET_TOO_LONG = Refusal(400, "Bad Request: secret token is too long", f"{_CLIENT} do_set_webhook")
SECRET_CHARACTERS = Refusal(400, "Bad Request: secret token contains unallowed characters", f"{_CLIENT} do_set_webhook")
WEBHOOK_UNREACHABLE = Refusal(
    400,
    "Bad Request: bad webhook: Failed to resolve host: the simulator reaches loopback addresses only",
    f"{_WEBHOOK}; the reason after the colon is the simulator's own",
)

CHAT_ID_EMPTY = Refusal(400, "Bad Request: chat_id is empty", f"{_CLIENT} check_chat")
CHAT_NOT_FOUND = Refusal(400, "Bad Request: chat not found", f"{_CLIENT} TdOnCheckChatCallback")
BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user", f"{_CLIENT} fail_query_with_error, USER_IS_BLOCKED")
CANNOT_INITIATE = Refusal(
    403,
    "Forbidden: bot can't initiate conversation with a user",
    f"{_MESSAGES} process_send_message_fail_error",
)

PARAMETER_REQUIRED = Refusal(400, 'Bad Request: parameter "{name}" is required', f"{_CLIENT} get_required_string_arg")
MESSAGE_TEXT_EMPTY = Refusal(400, "Bad Request: message text is empty", f"{_CLIENT} get_input_message_text")
TEXT_NON_EMPTY = Refusal(400, "Bad Request: text must be non-empty", f"{_ENTITY} fix_formatted_text")
MESSAGE_TOO_LONG = Refusal(400, "Bad Request: message is too long", _CONTENT)
CAPTION_TOO_LONG = Refusal(400, "Bad Request: message caption is too long", _CONTENT)
TEXT_TOO_LONG = Refusal(400, "Bad Request: text is too long", f"{_CLIENT} get_formatted_text")
UNSUPPORTED_PARSE_MODE = Refusal(
    400, "Bad Request: unsupported parse_mode", f"{_CLIENT} get_formatted_text; here for Markdown too"
)
CANNOT_PARSE_ENTITIES = Refusal(
    400, "Bad Request: can't parse entities: {reason}", f"td Requests.cpp parseTextEntities, {_ENTITY}"
)
ENTITY_BEYOND_END = Refusal(
    400,
    "Bad Request: entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end}",
    _ENTITY,
)

MARKUP_NOT_JSON = Refusal(
    400, "Bad Request: can't parse reply keyboard markup JSON object", f"{_CLIENT} get_reply_markup"
)
MARKUP_NOT_OBJECT = Refusal(400, "Bad Request: object expected as reply markup", _CLIENT)
INLINE_ROWS = Refusal(
    400,
    'Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    f"{_CLIENT} get_reply_markup",
)
KEYBOARD_ROWS = Refusal(400, 'Bad Request: field "keyboard" must be an Array of Arrays', f"{_CLIENT} get_reply_markup")
INLINE_BUTTON = Refusal(400, "Bad Request: can't parse inline keyboard button: {reason}", f"{_CLIENT} get_reply_markup")
INLINE_BUTTON_TEXT_EMPTY = Refusal(400, "Bad Request: inline keyboard button text must be non-empty", _MARKUP)
INLINE_BUTTON_URL = Refusal(
    400, "Bad Request: inline keyboard button URL '{url}' is invalid: {reason}", f"{_MARKUP}, {_LINK}"
)
BUTTON_DATA_INVALID = Refusal(
    400,
    "Bad Request: BUTTON_DATA_INVALID",
    f"{_DOCS}, InlineKeyboardButton (1-64 bytes); python-telegram-bot issue 528",
)
COPY_TEXT_INVALID = Refusal(
    400, "Bad Request: BUTTON_COPY_TEXT_INVALID", f"{_DOCS}, CopyTextButton (1-256); wording ours"
)
PLACEHOLDER_INVALID = Refusal(
    400,
    "Bad Request: INPUT_FIELD_PLACEHOLDER_INVALID",
    f"{_DOCS}, ReplyKeyboardMarkup (1-64); wording ours",
)
MARKUP_TOO_LONG = Refusal(
    400, "Bad Request: reply markup is too long", f"{_CLIENT} fail_query_with_error, REPLY_MARKUP_TOO_LONG"
)
CONTACT_PRIVATE_ONLY = Refusal(400, "Bad Request: phone number can be requested in private chats only", _MARKUP)
INLINE_EXPECTED = Refusal(400, "Bad Request: inline keyboard expected", _MARKUP)

REPLY_NOT_JSON = Refusal(
    400, "Bad Request: can't parse reply parameters JSON object", f"{_CLIENT} get_reply_parameters"
)
REPLY_NOT_FOUND = Refusal(400, "Bad Request: message to be replied not found", f"{_CLIENT} check_reply_parameters")
EDIT_NOT_FOUND = Refusal(400, "Bad Request: message to edit not found", f"{_CLIENT} check_message")
DELETE_NOT_FOUND = Refusal(400, "Bad Request: message to delete not found", f"{_CLIENT} check_message")
REACT_NOT_FOUND = Refusal(400, "Bad Request: message to react not found", f"{_CLIENT} check_message")
PIN_NOT_FOUND = Refusal(400, "Bad Request: message to pin not found", f"{_CLIENT} check_message")
MESSAGE_ID_EMPTY = Refusal(400, "Bad Request: message identifier is not specified", _CLIENT)
CANNOT_EDIT = Refusal(400, "Bad Request: message can't be edited", f"{_MESSAGES} can_edit_message")
NO_TEXT_TO_EDIT = Refusal(400, "Bad Request: there is no text in the message to edit", f"{_MESSAGES} edit_message_text")
NO_CAPTION_TO_EDIT = Refusal(
    400, "Bad Request: there is no caption in the message to edit", f"{_MESSAGES} edit_message_caption"
)
NOT_MODIFIED = Refusal(
    400,
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message",
    f"{_CLIENT} fail_query_with_error, MESSAGE_NOT_MODIFIED",
)

NO_PHOTO = Refusal(400, "Bad Request: there is no photo in the request", f"{_CLIENT} process_send_photo")
NO_DOCUMENT = Refusal(400, "Bad Request: there is no document in the request", f"{_CLIENT} process_send_document")
MEDIA_NOT_JSON = Refusal(400, "Bad Request: can't parse media JSON object", f"{_CLIENT} get_input_message_contents")
INPUT_MEDIA_NOT_JSON = Refusal(400, "Bad Request: can't parse input media JSON object", f"{_CLIENT} get_input_media")
MEDIA_NOT_ARRAY = Refusal(400, "Bad Request: expected an Array of InputMedia", _CLIENT)
INPUT_MEDIA = Refusal(400, "Bad Request: can't parse InputMedia: {reason}", f"{_CLIENT} get_input_media")
ALBUM_TOO_LARGE = Refusal(400, "Bad Request: too many messages to send as an album", _CONTENT)
ALBUM_EMPTY = Refusal(400, "Bad Request: there are no messages to send", _CONTENT)
ALBUM_OF_ONE = Refusal(
    400, "Bad Request: group send failed", f"{_DOCS}, sendMediaGroup (2-10 items); telegraf issue 1150"
)
ALBUM_MIXED = Refusal(
    400,
    "Bad Request: can't use the media of the specified type in the album",
    f"{_CLIENT} fail_query_with_error, MEDIA_GROUPED_INVALID",
)
WRONG_FILE = Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified", f"{_MESSAGES} MEDIA_EMPTY")
URL_NOT_FETCHED = Refusal(400, "Bad Request: failed to get HTTP URL content", f"{_CLIENT} fail_query_with_error")
FILE_EMPTY = Refusal(400, "Bad Request: file must be non-empty", _FILES)
PHOTO_TOO_BIG = Refusal(
    400,
    "Bad Request: file of size {size} bytes is too big for a photo; the maximum size is {limit} bytes",
    _FILES,
)
PHOTO_DIMENSIONS = Refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS", f"{_DOCS}, sendPhoto (sum 10000, ratio 20)")
PHOTO_UNREADABLE = Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED", f"{_DOCS}, sendPhoto")
INVALID_FILE_ID = Refusal(400, "Bad Request: invalid file_id", f"{_CLIENT} TdOnCheckRemoteFileIdCallback")
FILE_ID_EMPTY = Refusal(400, "Bad Request: file_id not specified", f"{_CLIENT} check_remote_file_id")
FILE_TOO_BIG = Refusal(400, "Bad Request: file is too big", f"{_CLIENT} do_get_file")

QUERY_TOO_OLD = Refusal(
    400,
    "Bad Request: query is too old and response timeout expired or query ID is invalid",
    f"{_CLIENT} fail_query_with_error, QUERY_ID_INVALID",
)
ANSWER_TOO_LONG = Refusal(400, "Bad Request: MESSAGE_TOO_LONG", f"{_DOCS}, answerCallbackQuery (0-200 characters)")
ANSWER_URL_INVALID = Refusal(400, "Bad Request: URL_INVALID", f"{_DOCS}, answerCallbackQuery url")
WRONG_ACTION = Refusal(
    400, "Bad Request: wrong parameter action in request", f"{_CLIENT} process_send_chat_action_query"
)
REACTIONS_NOT_JSON = Refusal(
    400, "Bad Request: can't parse reaction types JSON object", f"{_CLIENT} get_reaction_types"
)

COMMANDS_NOT_JSON = Refusal(400, "Bad Request: can't parse commands JSON object", _CLIENT)
COMMANDS_NOT_ARRAY = Refusal(400, "Bad Request: expected an Array of BotCommand", _CLIENT)
COMMAND_BROKEN = Refusal(400, "Bad Request: can't parse BotCommand: {reason}", _CLIENT)
COMMAND_EMPTY = Refusal(400, "Bad Request: command must be non-empty", _COMMAND)
COMMAND_LENGTH = Refusal(400, "Bad Request: command length must not exceed {limit}", _COMMAND)
COMMAND_INVALID = Refusal(
    400, "Bad Request: BOT_COMMAND_INVALID", f"{_DOCS}, BotCommand (lower-case letters, digits, _)"
)
DESCRIPTION_EMPTY = Refusal(400, "Bad Request: command description must be non-empty", _COMMAND)
DESCRIPTION_LENGTH = Refusal(400, "Bad Request: command description length must not exceed {limit}", _COMMAND)
COMMANDS_TOO_MANY = Refusal(400, "Bad Request: BOT_COMMANDS_TOO_MUCH", f"{_DOCS}, setMyCommands (at most 100)")
SCOPE_NOT_JSON = Refusal(400, "Bad Request: can't parse BotCommandScope JSON object", _CLIENT)
SCOPE_BROKEN = Refusal(400, "Bad Request: can't parse BotCommandScope: {reason}", _CLIENT)
LANGUAGE_INVALID = Refusal(
    400, "Bad Request: invalid language code specified", "td BotInfoManager.cpp validate_bot_language_code"
)
MENU_BUTTON_BROKEN = Refusal(400, "Bad Request: can't parse menu button JSON object", _CLIENT)


def too_many_requests(retry_after: int) -> BotApiError:
    """Source: telegram-bot-api Query.cpp set_retry_after_error."""
    return BotApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after)


def catalogue() -> Mapping[str, Refusal]:
    """Every refusal by its name in this module."""
    return {name: value for name, value in globals().items() if isinstance(value, Refusal)}
