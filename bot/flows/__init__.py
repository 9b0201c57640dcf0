"""What people can do, one module a task; each registers its handlers with the router when it is imported."""

import pkgutil
from importlib import import_module


def load() -> None:
    """Imports every flow, so that the registries are complete."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        import_module(module.name)
    import_module("bot.dead_letters")
