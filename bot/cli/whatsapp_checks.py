"""What the doctor says of WhatsApp: which settings are there, and what the others would add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.cli.checks import Check, Status
from storage.invocation import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings

_NAME: Final = "WhatsApp"
_WHERE: Final = (
    "both stand at developers.facebook.com, your app, WhatsApp, API setup; a lasting token is made in Meta's Business "
    "settings, System users"
)
_KEPT: Final = (
    "Meta repeats what did not get through for days, payment hooks are repeated too; only Telegram's messages are lost "
    "where the service is down for over 24 hours"
)


def of_whatsapp(using: Settings) -> Iterator[Check]:
    """Whether it sends, whether it receives, and whether its templates can be looked after."""
    yield _account(using)
    if using.whatsapp_phone_number_id and using.whatsapp_access_token:
        yield _templates(using)


def _account(using: Settings) -> Check:
    given = {
        "WHATSAPP_PHONE_NUMBER_ID": using.whatsapp_phone_number_id,
        "WHATSAPP_ACCESS_TOKEN": using.whatsapp_access_token,
    }
    lacking = [name for name, value in given.items() if value is None]
    if len(lacking) == len(given):
        return Check(_NAME, Status.OK, "not configured (WHATSAPP_…): nobody is written to there")
    if lacking:
        message = f"{lacking[0]} is missing: it stays off"
        return Check(_NAME, Status.WARNING, message, f"put {lacking[0]} into .env; {_WHERE}")
    return _hook(using)


def _hook(using: Settings) -> Check:
    """With the number and the token alone, people can be written to and not heard."""
    given = {
        "WHATSAPP_APP_SECRET": (using.whatsapp_app_secret, "the app secret (your app, App settings, Basic)"),
        "WHATSAPP_VERIFY_TOKEN": (using.whatsapp_verify_token, "any 40 letters and digits"),
    }
    lacking = {name: what for name, (value, what) in given.items() if value is None}
    if lacking:
        message = f"sends templates, receives nothing: {' and '.join(lacking)} missing, so there is no hook"
        put = " and ".join(f"{what} into {name}" for name, what in lacking.items())
        mend = f"put {put} in .env; then enter the hook in your app: {_hook_at(using)}"
        return Check(_NAME, Status.WARNING, message, mend)
    if not _is_public(using):
        message = "sends templates, receives nothing: its hook needs a public https address"
        return Check(_NAME, Status.WARNING, message, "put your https address into PUBLIC_URL in .env")
    message = f"configured; your app's webhook (field messages) must be {_hook_at(using)}. {_KEPT}"
    return Check(_NAME, Status.OK, message)


def _templates(using: Settings) -> Check:
    name = "WhatsApp templates"
    tried = command("whatsapp templates --check")
    if using.whatsapp_business_account_id is None:
        message = "nobody is written to first until Meta approves them; WHATSAPP_BUSINESS_ACCOUNT_ID hands them in"
        return Check(name, Status.WARNING, message, "put it into .env; it stands beside the phone number id")
    return Check(name, Status.OK, f"{tried} says what became of their review")


def _hook_at(using: Settings) -> str:
    address = (using.public_url or "").rstrip("/") if _is_public(using) else "https://your-address"
    return f"{address}/webhook/whatsapp"


def _is_public(using: Settings) -> bool:
    return (using.public_url or "").startswith("https://")
