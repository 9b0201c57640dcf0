"""What WhatsApp's refusals mean for the message, its chat or the whole channel."""

from __future__ import annotations

import random
from typing import Final

from bot.channels.whatsapp.api import GraphError, MaybeSentError, NotConnectedError
from jobs.ports import (
    LateFailure,
    NotSent,
    Outcome,
    Paused,
    Postponed,
    Refused,
    Stopped,
    TemplateWanted,
    Unknown,
    Unreachable,
)
from jobs.secrecy import mask

Failure = GraphError | NotConnectedError | MaybeSentError
FAILURES: Final = (GraphError, NotConnectedError, MaybeSentError)

NOT_NOW: Final = 131047
"""The person last wrote more than a day ago: only a template is taken."""
TOO_MANY_COMPLAINTS: Final = 131048
"""People blocked us or reported spam: the number may write to few for a while."""

_SECOND: Final = 1.0
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0

_RATE: Final = {130429: _SECOND, 80007: _MINUTE, 4: _MINUTE, 80008: _MINUTE, 613: _MINUTE}
"""Too much for the number, the account or the app; seconds of a first pause."""
_LATER: Final = {131056: 6 * _SECOND, TOO_MANY_COMPLAINTS: _HOUR, 131049: 6 * _HOUR}
"""Too much for this person, or too many complaints; seconds after which the message is tried again."""
_UNAPPROVED: Final = "WhatsApp does not have the approved template: hand it in by billing whatsapp templates"
_UNPAID: Final = "Meta takes no messages that cost something: see the payment method in the WhatsApp Manager"
_TO_MEND: Final = {131042: _UNPAID} | dict.fromkeys((132001, 132007, 132015, 132016, 132068, 132069), _UNAPPROVED)
"""What somebody has to do at Meta; the message is tried again until then."""
_NOBODY: Final = frozenset({131026, 131030, 130497, 130472})
_PASSING: Final = frozenset({1, 2, 131000, 131016, 131057, 133004})
_TOKEN: Final = frozenset({0, 102, 190})
_RIGHTS: Final = frozenset({3, 10, 131005, *range(200, 300)})
_BLOCKED: Final = frozenset({131031, 368})
_NUMBER: Final = frozenset({33, 133010})
_PARAMETER: Final = 100

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_LONGEST_PAUSE: Final = 600.0

_NO_ENTRY: Final = "WhatsApp does not let us in ({code}): make a new access token and set WHATSAPP_ACCESS_TOKEN"
_BAD_RIGHTS: Final = (
    "The access token may not send for this number ({code}): give its system user whatsapp_business_messaging"
    " on this account, and set WHATSAPP_ACCESS_TOKEN"
)
_BAD_NUMBER: Final = (
    "WhatsApp does not know this number ({code}): copy the phone number id from the app's API setup into"
    " WHATSAPP_PHONE_NUMBER_ID, and register the number there"
)
_ACCOUNT: Final = "Meta has blocked this WhatsApp account ({code}): see Account quality in the WhatsApp Manager"


def outcome(error: Failure, before: int = 0) -> Outcome:
    """What came of it. `before`: how many times in a row we were too fast already."""
    match error:
        case NotConnectedError():
            return NotSent(mask(str(error)))
        case MaybeSentError():
            return Unknown(mask(str(error)))
        case GraphError():
            return _refusal(error, before)


def told_later(code: int | None, reason: str) -> LateFailure:
    """What came of a message that was taken, by what a receipt said of it afterwards."""
    error = GraphError(_OK, code, reason, permanent=True)
    if code == NOT_NOW:
        return TemplateWanted(mask(str(error)))
    outcome = _refusal(error, 0)
    return Postponed(outcome.seconds, mask(str(error))) if isinstance(outcome, Paused) else outcome


def _refusal(error: GraphError, before: int) -> Paused | Postponed | Stopped | Unreachable | NotSent | Refused:
    code, reason = error.code, mask(str(error))
    if code in _RATE or (error.status == _TOO_MANY and code not in _LATER):
        return Paused(error.retry_after or _growing(_RATE.get(code or 0, _SECOND), before))
    if code in _LATER:
        return Postponed(error.retry_after or _about(_LATER[code]), reason)
    if mend := _TO_MEND.get(code or 0):
        return Postponed(_about(_HOUR), f"{mend} ({code}). It said: {error.message or error.status}")
    if stopped := _stops(error):
        return Stopped(f"{stopped.format(code=code or error.status)}. It said: {error.message or error.status}")
    if code in _NOBODY:
        return Unreachable(reason)
    return NotSent(reason) if code in _PASSING or not error.permanent else Refused(reason)


def _stops(error: GraphError) -> str:
    """Why nothing at all can be sent; empty: it can."""
    code, status = error.code, error.status
    if code in _TOKEN or (code is None and status == _UNAUTHORIZED):
        return _NO_ENTRY
    if code in _BLOCKED:
        return _ACCOUNT
    if code in _RIGHTS or (code is None and status == _FORBIDDEN):
        return _BAD_RIGHTS
    unknown_object = code == _PARAMETER and "object with id" in error.message.casefold()
    return _BAD_NUMBER if code in _NUMBER or unknown_object or (code is None and status == _NOT_FOUND) else ""


def _growing(seconds: float, before: int) -> float:
    return _about(min(_LONGEST_PAUSE, seconds * 2 ** min(before, 10)))


def _about(seconds: float) -> float:
    """A little more, so that not everything is tried again at the same moment."""
    return seconds * random.uniform(1.0, 1.25)  # noqa: S311 - jitter, not a secret
