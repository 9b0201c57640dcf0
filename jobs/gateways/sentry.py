"""Sentry: what goes wrong is told there too, without anything about people, without secrets, without variables."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final

from jobs.secrecy import mask

if TYPE_CHECKING:
    from types import TracebackType

    from sentry_sdk.types import Event, Hint

    Trouble = tuple[type[BaseException], BaseException, TracebackType | None]

_SECONDS: Final = 2.0
_NOT_OURS: Final = frozenset({"HttpProcessingError", "BadHttpMessage", "BadStatusLine", "LineTooLong", "InvalidHeader"})
"""Requests that make no sense are the sender's mistake."""
_ABOUT_PEOPLE: Final = ("user", "request", "breadcrumbs", "server_name", "modules")
_DEEPEST: Final = 12


class SentryHandler(logging.Handler):
    """Reports what is logged as an error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises: what cannot be reported was logged all the same."""
        try:
            self._report(record)
        except Exception:  # noqa: BLE001 - see above
            self.handleError(record)

    def _report(self, record: logging.LogRecord) -> None:
        import sentry_sdk

        said = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        trouble = _trouble(record, said)
        if trouble is not None and trouble[0].__name__ in _NOT_OURS:
            return
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("logger", record.name)
            for name in ("ref", "kind", "part", "job", "inbox", "notification", "path", "channel"):
                if name in said:
                    scope.set_tag(name, str(said[name]))
            if trouble is None:
                sentry_sdk.capture_message(str(said.get("event", "")), level="error")
            else:
                sentry_sdk.capture_exception(trouble)


def _trouble(record: logging.LogRecord, said: dict[str, Any]) -> Trouble | None:
    """The exception that was logged, wherever the logger put it."""
    found = record.exc_info or said.get("exc_info")
    if isinstance(found, BaseException):
        return type(found), found, found.__traceback__
    if found is True:
        found = sys.exc_info()
    return found if isinstance(found, tuple) and found[0] is not None else None


def start(dsn: str) -> SentryHandler:
    """Reports every logged error from now on, until `stop`."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="billing",
        before_send=bare,
        shutdown_timeout=_SECONDS,
    )
    handler = SentryHandler(logging.ERROR)
    logging.getLogger().addHandler(handler)
    return handler


def stop(handler: SentryHandler) -> None:
    """Sends what waits, for two seconds at most."""
    import sentry_sdk

    logging.getLogger().removeHandler(handler)
    sentry_sdk.flush(_SECONDS)
    sentry_sdk.get_client().close(0)
    sentry_sdk.get_global_scope().set_client(None)


def bare(event: Event, _: Hint) -> Event:
    """The event without people, with every text masked."""
    kept = {name: value for name, value in event.items() if name not in _ABOUT_PEOPLE}
    found: Event = _masked(kept)
    return found


def _masked(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return mask(value)
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {name: _masked(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one, depth + 1) for one in value]
    return value
