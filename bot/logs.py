"""Logs on standard error: JSON or for the eye, without secrets and with phone numbers masked, whoever wrote them."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from jobs.secrecy import mask

_TALKATIVE = ("httpx", "httpcore", "telegram", "aiohttp.access", "asyncio", "apscheduler", "PIL", "openai", "httpx2")
"""They log addresses, Telegram's hold the bot token, OpenAI's client whole pictures; only their warnings are wanted."""


def set_up_logs(level: str = "INFO", *, as_json: bool = False) -> None:
    """Sends every log line, the libraries' too, through one masked formatter to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_render(as_json=as_json)],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _render(*, as_json: bool) -> list[Processor]:
    if as_json:
        renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
        return [structlog.processors.format_exc_info, _masked(renderer)]
    plain = structlog.dev.plain_traceback
    return [_masked(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain))]


def _masked(renderer: Processor) -> Processor:
    def render(logger: object, name: str, event: MutableMapping[str, Any]) -> str:
        return mask(str(renderer(logger, name, event)))

    return render
