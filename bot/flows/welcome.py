"""What somebody is shown first in each role; every flow registers its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from bot.conversation import Reply
from bot.visit import Visit
from domain.roles import Role

Welcome = Callable[[Visit], Awaitable[tuple[Reply, ...]]]

_WELCOMES: dict[Role, Welcome] = {}
_ORDER = (Role.ADMIN, Role.ENGINEER, Role.OWNER)


def welcomes(role: Role) -> Callable[[Welcome], Welcome]:
    """Registers what somebody who has this role sees on joining and on /start."""

    def register(welcome: Welcome) -> Welcome:
        _WELCOMES[role] = welcome
        return welcome

    return register


async def welcome(visit: Visit, roles: Collection[Role]) -> tuple[Reply, ...]:
    """The welcomes of all the roles, the office's first; `visit.work.actor` is the person welcomed."""
    replies: tuple[Reply, ...] = ()
    for role in _ORDER:
        if role in roles and role in _WELCOMES:
            replies += await _WELCOMES[role](visit)
    return replies
