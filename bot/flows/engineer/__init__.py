"""What engineers do: send readings in one message or step by step, mend them, take them back, add photos."""

from bot.flows.engineer import (  # imported for what they register
    announcements,
    fix,
    guide,
    message,
    overview,
    photo,
    steps,
    steps_press,
    undo,
    verdict,
)

__all__ = [
    "announcements", "fix", "guide", "message", "overview", "photo", "steps", "steps_press", "undo", "verdict",
]  # fmt: skip
