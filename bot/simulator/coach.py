"""The one line that says what to try next, and moves on when it was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.simulator.world import Change, ChangeKind


@dataclass(frozen=True, slots=True)
class Step:
    """`done` looks at one change and the key of the phone it happened on. `phone` is the one to look at."""

    text: str
    phone: str
    done: Callable[[Change, str], bool]


def sent_reading(phone: str) -> Callable[[Change, str], bool]:
    """A text or a photo with a number in its words; or the bot saved what a photo without words shows."""
    saved = received(phone, SAVED_WORD)

    def done(change: Change, key: str) -> bool:
        message = change.message
        if key != phone or change.kind is not ChangeKind.SENT or message is None or message.from_bot:
            return saved(change, key)
        return any(letter.isdigit() for letter in _text(change))

    return done


def got_bill(phone: str) -> Callable[[Change, str], bool]:
    """A bill that is to be paid came; one of before that is paid has no such button."""
    return lambda change, key: key == phone and change.kind is ChangeKind.SENT and _is_owed(change)


def pressed_under_bill(phone: str) -> Callable[[Change, str], bool]:
    """A press on any button of a bill that is to be paid."""
    return lambda change, key: key == phone and change.kind is ChangeKind.PRESSED and _is_owed(change)


def _is_owed(change: Change) -> bool:
    """Whether it is a message of the bot with a button that names an amount."""
    if change.message is None or not change.message.from_bot:
        return False
    rows = change.message.shown.get("reply_markup", {}).get("inline_keyboard", [])
    return any("₹" in button["text"] for row in rows for button in row)


def _text(change: Change) -> str:
    shown = {} if change.message is None else change.message.shown
    return str(shown.get("text") or shown.get("caption") or "")


def received(phone: str, *words: str) -> Callable[[Change, str], bool]:
    """A message of the bot, new or edited, that contains one of the words."""

    def done(change: Change, key: str) -> bool:
        message = change.message
        if key != phone or message is None or not message.from_bot:
            return False
        return change.kind in {ChangeKind.SENT, ChangeKind.EDITED} and any(word in _text(change) for word in words)

    return done


SAVED_WORD = "saved"
"""What the answer to a reading says."""
RECEIPT_WORDS = ("Received ₹", "मिल गए")
"""What a receipt says in English and in Hindi, and nothing else does."""

DEMO_STEPS = (
    Step(
        "Tap a sample meter photo on Ravi's phone, then Send: a meter has been read.",
        "ravi",
        sent_reading("ravi"),
    ),
    Step(
        "Ravi's reading is stored. On Rekha's phone, open it and look at the whole sum.",
        "rekha",
        received("rekha", "Total"),
    ),
    Step(
        "Rekha sees the sum before anything is issued. Press Approve on her card.",
        "rekha",
        got_bill("sharma"),
    ),
    Step(
        "The bill is on Mr Sharma's phone, in Hindi. Press a button under it.",
        "sharma",
        pressed_under_bill("sharma"),
    ),
    Step(
        "Now pay it: the first button under the bill brings the address of its page. Pay there at the made-up bank.",
        "sharma",
        received("sharma", *RECEIPT_WORDS),
    ),
    Step(
        "From the meter to the money in a minute. Now send a photo without words, type a reading, or try the switches.",
        "",
        lambda _change, _key: False,
    ),
)


class Coach:
    """Steps are done in order, but whoever runs ahead is not held back."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self.position = 0

    def see(self, change: Change, key: str) -> bool:
        """Whether the line moved."""
        for index in range(len(self._steps) - 1, self.position - 1, -1):
            if self._steps[index].done(change, key):
                self.position = min(index + 1, len(self._steps) - 1)
                return True
        return False

    def shown(self) -> dict[str, object]:
        if not self._steps:
            return {"text": "", "phone": "", "position": 0, "count": 0}
        step = self._steps[self.position]
        count = len(self._steps) - 1
        return {"text": step.text, "phone": step.phone, "position": self.position, "count": count}
