"""A page and the form on it share an address: one door shows, the other saves."""

from typing import Any

from starlette.routing import BaseRoute, Route


def both(path: str, show: Any, save: Any, name: str, save_name: str) -> list[BaseRoute]:
    """The two doors of an address, each under its name."""
    return [Route(path, show, name=name), Route(path, save, methods=["POST"], name=save_name)]
