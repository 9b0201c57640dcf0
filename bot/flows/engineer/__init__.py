"""What engineers do: send readings in one message or step by step, mend them, take them back, add photos."""

from bot.flows.engineer import (  # imported for what they register
    album_reply,
    announcements,
    cant_read,
    cant_read_photo,
    fix,
    guide,
    message,
    overview,
    photo,
    proposal,
    proposal_press,
    replace,
    rollover,
    round_typed,
    steps,
    steps_press,
    undo,
    verdict,
    walk,
)

__all__ = [
    "album_reply", "announcements", "cant_read", "cant_read_photo", "fix", "guide", "message", "overview", "photo",
    "proposal", "proposal_press", "replace", "rollover", "round_typed", "steps", "steps_press", "undo", "verdict",
    "walk",
]  # fmt: skip
