"""Methods by which the bot gets its updates."""

import re
from urllib.parse import urlsplit

from bot.simulator import errors, limits
from bot.simulator.account import Account
from bot.simulator.calls import Call
from bot.simulator.webhook import Address, is_loopback

_DEFAULT_CONNECTIONS = 40  # Bot API documentation, setWebhook
_MOST_CONNECTIONS = 100


def _allow(account: Account, call: Call) -> None:
    if call.text("allowed_updates"):
        account.updates.allow(call.parsed("allowed_updates", errors.MARKUP_NOT_JSON))


async def get_updates(account: Account, call: Call) -> object:
    if account.webhook.address is not None:
        errors.CONFLICT_WEBHOOK.refuse()
    _allow(account, call)
    limit = min(max(call.integer("limit", 100), 1), 100)
    seconds = min(max(call.integer("timeout"), 0), limits.POLL_SECONDS)
    return await account.updates.poll(call.integer("offset"), limit, seconds)


async def set_webhook(account: Account, call: Call) -> object:
    url, secret = call.text("url"), call.text("secret_token")
    if not url:
        return await delete_webhook(account, call)
    _check_webhook(url, secret)
    if call.flag("drop_pending_updates"):
        account.updates.clear()
    _allow(account, call)
    account.updates.interrupt(errors.CONFLICT_SET_WEBHOOK.error())
    connections = min(max(call.integer("max_connections", _DEFAULT_CONNECTIONS), 1), _MOST_CONNECTIONS)
    await account.webhook.set(Address(url, secret, connections))
    return True


def _check_webhook(url: str, secret: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        errors.WEBHOOK_URL_INVALID.refuse()
    if len(secret) > limits.SECRET_CHARACTERS:
        errors.SECRET_TOO_LONG.refuse()
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        errors.SECRET_CHARACTERS.refuse()
    if not is_loopback(url):
        errors.WEBHOOK_UNREACHABLE.refuse()


async def delete_webhook(account: Account, call: Call) -> object:
    if call.flag("drop_pending_updates"):
        account.updates.clear()
    await account.webhook.delete()
    return True


async def get_webhook_info(account: Account, call: Call) -> object:
    del call
    allowed = account.updates.allowed
    return account.webhook.info(None if allowed is None else sorted(allowed))
