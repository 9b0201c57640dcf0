"""What the API is made from, and its routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.web.api.callers import Gate
from bot.web.api.description import described
from bot.web.api.metrics import Metrics
from bot.web.api.pace import Pace, Rate
from bot.web.api.readings import ReadingDesk

if TYPE_CHECKING:
    from aiohttp import web

    from bot.service import Service
    from bot.web.api.photos import PhotoDesk


@dataclass(frozen=True, slots=True)
class Api:
    """Who may call and how fast, and who fetches photos. Without anybody in the gate every call is refused."""

    gate: Gate = field(default_factory=Gate)
    rate: Rate = field(default_factory=Rate)
    photos: PhotoDesk | None = None
    metrics_token: str | None = field(default=None, repr=False)

    def add(self, app: web.Application, service: Service) -> None:
        """Adds the routes."""
        readings = ReadingDesk(service, self.gate, Pace(self.rate), self.photos)
        app.router.add_post("/webhook/meter-reading", readings.post)
        app.router.add_get("/metrics", Metrics(service, self.metrics_token).get)
        app.router.add_get("/openapi.json", described)
