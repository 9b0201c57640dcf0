"""What a setting may be: each function turns the text somebody typed into a value, or says what is wrong with it.

All raise ValueError with half a sentence that follows the name of the setting: "must be …".
"""

import os
import re
import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from bot.i18n import LANGUAGES
from jobs.phones import normalise_phone

ROOT: Final = Path(__file__).resolve().parent.parent
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_BOT_TOKEN: Final = re.compile(r"\d+:[\w-]+", re.ASCII)
_WEBHOOK_SECRET: Final = re.compile(r"[\w-]{1,256}", re.ASCII)
_STRIPE_KEY: Final = re.compile(r"[rs]k_(live|test)_\w+", re.ASCII)
_RAZORPAY_KEY: Final = re.compile(r"rzp_(live|test)_\w+", re.ASCII)
_SHORTEST_HOOK_SECRET: Final = 8
_UPI_ADDRESS: Final = re.compile(r"[\w.-]{2,256}@[A-Za-z][A-Za-z0-9.-]{1,63}", re.ASCII)
_DOMAIN: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.ASCII)
_WHATSAPP_ID: Final = re.compile(r"\d{5,32}", re.ASCII)
_WHATSAPP_TOKEN: Final = re.compile(r"[\w|.-]{16,1000}", re.ASCII)
_OPENAI_MODEL: Final = re.compile(r"[\w.:/-]{2,100}", re.ASCII)
_HOURS: Final = re.compile(r"(\d{1,2})(?::00)?\s*[-–]\s*(\d{1,2})(?::00)?", re.ASCII)
_LAST_HOUR: Final = 24


def unquoted(text: str) -> str:
    """Without spaces around it and the quotes that `set X="…"` and Docker's env files leave in the value."""
    text = text.strip()
    return text[1:-1] if text[:1] in ("'", '"') and text[-1:] == text[:1] and len(text) > 1 else text


def bot_token(text: str) -> str:
    if not _BOT_TOKEN.fullmatch(text):
        raise ValueError("must be the number, the colon and the letters that @BotFather sent")
    return text


def webhook_secret(text: str) -> str:
    if not _WEBHOOK_SECRET.fullmatch(text):
        raise ValueError("must be 1 to 256 letters, digits, _ or -; Telegram takes nothing else")
    return text


def whatsapp_id(text: str) -> str:
    if not _WHATSAPP_ID.fullmatch(text):
        raise ValueError("must be the long number that Meta shows under API Setup, not the phone number")
    return text


def whatsapp_token(text: str) -> str:
    if not _WHATSAPP_TOKEN.fullmatch(text):
        raise ValueError("must be the token that Meta showed for your system user, without spaces")
    return text


def web_address(text: str) -> str:
    """https, or http on this machine only; without the slash at its end."""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address that begins with https://")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://; plain http is for this machine only")
    if parts.query or parts.fragment:
        raise ValueError("must end before ? and #")
    return text.rstrip("/")


def discord_address(text: str) -> str:
    parts = _split(ping_address(text))
    if not re.fullmatch(r"/api/(v\d+/)?webhooks/\d+/[\w-]+", parts.path, re.ASCII):
        raise ValueError("must be the address that Discord shows under Integrations, Webhooks, Copy Webhook URL")
    return text


def ping_address(text: str) -> str:
    """https, or http on this machine only, with whatever follows."""
    parts = _split(text)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("must be a web address that begins with https://")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://; plain http is for this machine only")
    return text


def api_token(text: str) -> str:
    if len(text) < _SHORTEST_HOOK_SECRET or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must have at least 8 letters, digits and signs, without spaces")
    return text


def openai_model(text: str) -> str:
    if not _OPENAI_MODEL.fullmatch(text):
        raise ValueError("must be a model's name as OpenAI writes it, without spaces")
    return text


def auth0_domain(text: str) -> str:
    """The bare name, however it was copied."""
    name = text.removeprefix("https://").rstrip("/").lower()
    if not _DOMAIN.fullmatch(name):
        raise ValueError("must be the domain that Auth0 shows, without https:// before it")
    return name


def issuer_address(text: str) -> str:
    """As it was typed: tokens name it to the letter, a slash at its end included."""
    web_address(text)
    return text


def database_address(text: str) -> str:
    parts = _split(text)
    if "[YOUR-PASSWORD]" in text:
        raise ValueError("still says [YOUR-PASSWORD]: put the database's password there")
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("must begin with postgresql://; in Supabase it is under Connect, Session pooler")
    if not (parts.hostname or "host=" in parts.query) or not parts.path.strip("/"):
        raise ValueError("must name a server and a database; write # @ : / in the password as %23 %40 %3A %2F")
    return text


def cloudinary_address(text: str) -> str:
    if not text.startswith("cloudinary://") or "<" in text:
        raise ValueError("must begin with cloudinary://, as Cloudinary's dashboard shows it, with nothing left in < >")
    return text


def stripe_key(text: str) -> str:
    if not _STRIPE_KEY.fullmatch(text):
        raise ValueError("must be a secret or restricted key: it begins with sk_ or rk_, never with pk_")
    return text


def razorpay_key(text: str) -> str:
    if not _RAZORPAY_KEY.fullmatch(text):
        raise ValueError("must be the key id that begins with rzp_live_ or rzp_test_")
    return text


def hook_secret(text: str) -> str:
    if len(text) < _SHORTEST_HOOK_SECRET or not text.isprintable():
        raise ValueError("must have at least 8 characters; the provider's page of webhooks shows it")
    return text


def upi_address(text: str) -> str:
    if not _UPI_ADDRESS.fullmatch(text):
        raise ValueError("must be a UPI address: a name, @, and the bank's handle")
    return text


def folder(text: str | Path) -> Path:
    """One that is not absolute counts from the project's folder, wherever the command was started."""
    return (ROOT / Path(text).expanduser()).resolve()


def usual_data_folder() -> Path:
    """`var` in the project; where that cannot be written, or nothing was unpacked, the user's own data folder."""
    if (ROOT / "start.py").exists() and os.access(ROOT / "var" if (ROOT / "var").exists() else ROOT, os.W_OK):
        return ROOT / "var"
    return _user_data() / "blessings-billing"


def _user_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def zone(text: str | ZoneInfo) -> ZoneInfo:
    try:
        return text if isinstance(text, ZoneInfo) else ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        raise ValueError("must be a time zone as computers name them") from None


def hours(text: str | tuple[int, int]) -> tuple[int, int]:
    """The first hour in which messages may go out, and the hour at which they stop."""
    if not isinstance(text, str):
        return text
    match = _HOURS.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    if not first < last <= _LAST_HOUR:
        raise ValueError("must be two full hours of one day, the earlier first")
    return first, last


def languages(text: str | tuple[str, ...]) -> tuple[str, ...]:
    codes = _parts(text.lower() if isinstance(text, str) else text)
    unknown = [code for code in codes if code not in LANGUAGES]
    if unknown or not codes:
        raise ValueError(f"may hold {', '.join(LANGUAGES)}, with commas between")
    return codes


def phones(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """In E.164; a bare number of ten digits is Indian."""
    numbers = {part: normalise_phone(part) for part in _parts(text)}
    wrong = [part for part, number in numbers.items() if number is None]
    if wrong:
        raise ValueError(f"holds {', '.join(wrong)}, which is no phone number; use commas between several")
    return tuple(filter(None, numbers.values()))


def networks(
    text: str | tuple[IPv4Network | IPv6Network, ...],
) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks; one that holds every address would believe everybody."""
    if not isinstance(text, str):
        return text
    try:
        found = tuple(ip_network(part, strict=False) for part in _parts(text))
    except ValueError:
        raise ValueError("must be addresses or networks of proxies, with commas between") from None
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must not hold every address: anybody could then write where a request came from")
    return found


def _parts(text: str | tuple[str, ...]) -> tuple[str, ...]:
    pieces = text.split(",") if isinstance(text, str) else text
    return tuple(dict.fromkeys(piece.strip() for piece in pieces if piece.strip()))


def _split(text: str) -> SplitResult:
    """urlsplit() puts what it was given, passwords included, into some of its errors."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("is not an address; in passwords write # @ : / [ ] as %23 %40 %3A %2F %5B %5D") from None
    return parts
