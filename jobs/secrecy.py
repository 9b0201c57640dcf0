"""What must never be written down: secrets and people's phone numbers, in logs, errors and the database alike."""

import hashlib
import hmac
import re

_PHONE = re.compile(r"(?<![\w.])(\+?\d{2})[\d ]{5,11}(\d{3})(?![\w.])")
_FEWEST_DIGITS = 10
_TOKEN = re.compile(r"(\bBearer\s+)[^\s'\"]+|\beyJ[\w-]{8,}(?:\.[\w-]*)+", re.IGNORECASE)
"""What callers show us to be let in; libraries put a bad header into their errors."""

_secrets: set[str] = set()


def hide(*secrets: str | None) -> None:
    """From now on these never appear in what `mask` returns."""
    _secrets.update(secret for secret in secrets if secret)


def mask(text: str) -> str:
    """The text without secrets (and NULs, which no text column takes); of phones the first and last digits stay."""
    text = text.replace("\0", "")
    for secret in _secrets:
        text = text.replace(secret, "•••")
    return _PHONE.sub(_masked, _TOKEN.sub(lambda found: f"{found[1] or ''}•••", text))


def _masked(match: re.Match[str]) -> str:
    if sum(character.isdigit() for character in match[0]) < _FEWEST_DIGITS:
        return match[0]
    return f"{match[1]}•••{match[2]}"


def same(given: str, wanted: str | None) -> bool:
    """Compared in constant time; a secret that is not set is nobody's."""
    if not given or not wanted:
        return False
    one, other = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, wanted))
    return hmac.compare_digest(one, other)
