"""What should be known about settings that are not wrong: misspelt names, names without effect."""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

_OURS: Final = ("TELEGRAM_", "WHATSAPP_", "CLOUDINARY_", "DISCORD_", "UPI_", "STRIPE_", "RAZORPAY_", "AUTH0_")
_OF_THE_SYSTEM: Final = frozenset({"LANGUAGE"})  # what Unix calls its own, however alike
_LIKENESS: Final = 0.85


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The names in a `.env`, those of them with a value, and the numbers of the lines that make no sense."""

    names: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    bad_lines: tuple[int, ...] = ()


def read_env_file(path: Path) -> EnvFile:
    """Raises OSError, and UnicodeDecodeError where it is not UTF-8."""
    with path.open(encoding="utf-8-sig") as stream:
        entries = list(parse_stream(stream))
    return EnvFile(
        frozenset(entry.key.upper() for entry in entries if entry.key),
        frozenset(entry.key.upper() for entry in entries if entry.key and entry.value),
        tuple(entry.original.line for entry in entries if entry.error or (entry.key and entry.value is None)),
    )


def misspelt(names: Collection[str], known: Collection[str], *, all_ours: bool) -> Iterator[str]:
    """`all_ours`: the names come from our own file, so each unknown one is worth a word."""
    for name in sorted(set(names) - set(known) - _OF_THE_SYSTEM):
        meant = difflib.get_close_matches(name, known, n=1, cutoff=_LIKENESS)
        if meant:
            yield f"{name} is not a setting; did you mean {meant[0]}?"
        elif all_ours or name.startswith(_OURS):
            yield f"{name} is not a setting of this service and has no effect."


def without_effect(names: Collection[str]) -> Iterator[str]:
    if "SUPABASE_KEY" in names:
        yield "SUPABASE_KEY is not used and can be removed: the database is reached through DATABASE_URL."
    if "SUPABASE_URL" in names and "DATABASE_URL" in names:
        yield "SUPABASE_URL is not used and can be removed: the database is reached through DATABASE_URL."
