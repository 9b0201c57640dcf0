"""Numbers of the Cloud API, and the rates above which Meta refuses."""

from collections.abc import Callable
from math import ceil

from bot.simulator.limits import Bucket
from bot.simulator.whatsapp import errors

TEXT_CHARACTERS = 4096  # Cloud API documentation, Text messages
CAPTION_CHARACTERS = 1024  # Cloud API documentation, Image messages and Document messages
BODY_CHARACTERS = 1024  # Cloud API documentation, Interactive reply buttons messages
LIST_BODY_CHARACTERS = 4096  # Cloud API documentation, Interactive list messages
HEADER_CHARACTERS = 60  # Cloud API documentation, Interactive list messages
FOOTER_CHARACTERS = 60  # Cloud API documentation, Interactive reply buttons messages
REPLY_BUTTONS = 3  # Cloud API documentation, Interactive reply buttons messages
TITLE_CHARACTERS = 20  # Cloud API documentation, Interactive reply buttons messages
BUTTON_ID_CHARACTERS = 256  # Cloud API documentation, Interactive reply buttons messages
ROWS = 10  # Cloud API documentation, Interactive list messages: in all sections together
ROW_TITLE_CHARACTERS = 24  # Cloud API documentation, Interactive list messages
ROW_DESCRIPTION_CHARACTERS = 72  # Cloud API documentation, Interactive list messages
ROW_ID_CHARACTERS = 200  # Cloud API documentation, Interactive list messages
TEMPLATE_BODY_CHARACTERS = 1024  # Cloud API documentation, Template components
TEMPLATE_BUTTON_CHARACTERS = 25  # Cloud API documentation, Template components
TEMPLATE_NAME_CHARACTERS = 512  # Cloud API documentation, Template components
IMAGE_BYTES = 5 << 20  # Cloud API documentation, Media: image
DOCUMENT_BYTES = 100 << 20  # Cloud API documentation, Media: document
MEDIA_URL_SECONDS = 300  # Cloud API documentation, Media: addresses are valid for 5 minutes
WINDOW_SECONDS = 24 * 3600  # Cloud API documentation, Customer service windows
_TIERS = {"TIER_250": 250, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000}  # Messaging limits
HOOK_CHANGES = 100  # Webhooks documentation says up to 1,000 updates a request


class SendingRates:
    """80 messages a second in all, one per 6 seconds to the same person after a burst of 45, new people a day by tier.

    Source: Cloud API documentation, "Throughput", "Pair rate limits", "Messaging limits". Off until the switch
    "real limits" turns it on.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.enabled = False
        self.tier = "TIER_250"
        self.tiers = dict(_TIERS)
        self._now = monotonic
        self._overall = Bucket(80, 80, 80, monotonic())
        self._pairs: dict[int, Bucket] = {}
        self._first_written: dict[int, float] = {}

    def spend(self, chat_id: int) -> None:
        """Raises 130429 or 131056."""
        if not self.enabled:
            return
        now = self._now()
        pair = self._pairs.setdefault(chat_id, Bucket(1 / 6, 45, 45, now))
        if self._overall.wait(now) > 0:
            errors.THROUGHPUT.refuse(
                "Message failed to send because there were too many messages sent from this number"
            )
        if (wait := pair.wait(now)) > 0:
            errors.PAIR_RATE.refuse(f"Too many messages sent to this person: wait {ceil(wait)} s")
        for bucket in (self._overall, pair):
            bucket.tokens -= 1

    def open_conversation(self, chat_id: int, now: float) -> None:
        """A template to a person whose window is closed. Raises 131048 where the day's new people are used up."""
        self._first_written = {chat: at for chat, at in self._first_written.items() if now - at < WINDOW_SECONDS}
        if self.enabled and chat_id not in self._first_written and len(self._first_written) >= self.tiers[self.tier]:
            errors.SPAM_RATE.refuse("The messaging limit of this number is reached for today")
        self._first_written.setdefault(chat_id, now)
