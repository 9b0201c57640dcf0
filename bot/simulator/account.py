"""The bot's account at the simulated Telegram: everything its methods work on."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.simulator import errors, limits
from bot.simulator.calls import Call, leading_integer
from bot.simulator.limits import SendingRates
from bot.simulator.shapes import Json
from bot.simulator.updates import UpdateQueue
from bot.simulator.webhook import Webhook
from bot.simulator.world import Chat, Message, World

DEMO_TOKEN = "700900:simulator-token-that-opens-nothing-at-all"  # noqa: S105 - made up, opens nothing
_CALLBACKS_KEPT = 10_000


@dataclass(slots=True)
class Callback:
    """A button press that waits for answerCallbackQuery until `expires_at`."""

    chat_id: int
    user_id: int
    expires_at: float
    answered: bool = False


class Account:
    """One bot. `clock` gives dates (seconds since 1970), `monotonic` measures rates.

    `first_id` starts every numbering: updates, messages, files, presses.
    """

    def __init__(
        self, token: str, username: str, clock: Callable[[], float], monotonic: Callable[[], float], first_id: int
    ) -> None:
        self.token = token
        self.clock = clock
        self.world = World(clock, first_id)
        self.updates = UpdateQueue(clock, first_id)
        self.webhook = Webhook(self.updates, clock)
        self.rates = SendingRates(monotonic)
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.menu_buttons: dict[int, Json] = {}
        self.descriptions: dict[str, str] = {}
        self.callbacks: OrderedDict[str, Callback] = OrderedDict()
        self.user: Json = {
            "id": leading_integer(token),
            "is_bot": True,
            "first_name": "Blessings Billing",
            "username": username,
        }
        self._next_callback = 4_000_000_000_000_000 + first_id

    def new_callback(self, chat_id: int, user_id: int) -> str:
        key = str(self._next_callback)
        self._next_callback += 1
        self.callbacks[key] = Callback(chat_id, user_id, self.clock() + limits.ANSWER_SECONDS)
        if len(self.callbacks) > _CALLBACKS_KEPT:
            self.callbacks.popitem(last=False)
        return key

    def chat(self, call: Call) -> Chat:
        """The chat a method names, whether or not the bot may write there."""
        raw = call.text("chat_id")
        if not raw:
            errors.CHAT_ID_EMPTY.refuse()
        chat = None if raw.startswith("@") else self.world.chats.get(leading_integer(raw))
        if chat is None:
            errors.CHAT_NOT_FOUND.refuse()
        return chat

    def writable_chat(self, call: Call) -> Chat:
        """Raises 403 where the person has not started the bot, or blocked it; 429 when it writes too fast."""
        chat = self.chat(call)
        if chat.blocked:
            errors.BLOCKED.refuse()
        if not chat.started:
            errors.CANNOT_INITIATE.refuse()
        self.rates.spend(chat.id)
        return chat

    def message(self, chat: Chat, call: Call, missing: errors.Refusal) -> Message:
        message = chat.messages.get(call.integer("message_id"))
        if message is None:
            missing.refuse()
        return message

    def commands_for(self, chat_id: int, language: str) -> list[Json]:
        """The menu a person sees: Bot API documentation, "Determining list of commands"."""
        scopes = [f"chat:{chat_id}", "all_private_chats" if chat_id > 0 else "all_group_chats", "default"]
        for scope in scopes:
            for spoken in (language, ""):
                if self.commands.get((scope, spoken)):
                    return self.commands[scope, spoken]
        return []
