"""What the failures of OpenAI's client mean: whether to try again, when, and what to tell the installer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jobs.ask_ai import AnswerError

if TYPE_CHECKING:
    from openai import APIStatusError

_NOT_ALLOWED: Final = timedelta(hours=1)
_NO_CREDIT: Final = timedelta(hours=6)
_OUTAGE: Final = timedelta(minutes=1)
_BUSY: Final = timedelta(seconds=20)
_LONGEST_BUSY: Final = timedelta(hours=1)
_SERVER_ERROR: Final = 500
_NO_CONNECTION: Final = frozenset({"ConnectError", "ConnectTimeout"})


def cost_nothing(error: Exception) -> bool:
    """Whether it is certain that nothing was charged: it was refused, or never got there."""
    from openai import APIStatusError

    return isinstance(error, APIStatusError) or type(error.__cause__).__name__ in _NO_CONNECTION


def failure_of(error: Exception) -> AnswerError:
    """The failure in our words, without what was asked."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, TimeoutError | APITimeoutError):
        return AnswerError("OpenAI did not answer in time", pause=_OUTAGE)
    if isinstance(error, APIStatusError):
        return _refused(error)
    if isinstance(error, APIConnectionError):
        return AnswerError("OpenAI cannot be reached", pause=_OUTAGE)
    return AnswerError("OpenAI's answer makes no sense", permanent=True)


def _refused(error: APIStatusError) -> AnswerError:
    from openai import AuthenticationError, NotFoundError, PermissionDeniedError, RateLimitError

    if isinstance(error, AuthenticationError | PermissionDeniedError):
        return AnswerError("OpenAI refuses the key (OPENAI_API_KEY)", pause=_NOT_ALLOWED)
    if error.code == "insufficient_quota":
        return AnswerError("OpenAI's account has no credit left", pause=_NO_CREDIT)
    if isinstance(error, RateLimitError):
        return AnswerError("OpenAI asks us to go slower", pause=_asked_pause(error))
    if isinstance(error, NotFoundError) or error.param == "model":
        return AnswerError("OpenAI does not know the model (OPENAI_MODEL) or the address", pause=_NOT_ALLOWED)
    if error.status_code >= _SERVER_ERROR:
        return AnswerError("OpenAI is out of order", pause=_OUTAGE)
    return AnswerError(f"OpenAI does not take the question ({error.status_code})", permanent=True)


def _asked_pause(error: APIStatusError) -> timedelta:
    """As the answer says, in whole seconds, within reason."""
    said = error.response.headers.get("retry-after", "")
    return min(timedelta(seconds=max(1, int(said[:9]))), _LONGEST_BUSY) if said.isdecimal() else _BUSY
