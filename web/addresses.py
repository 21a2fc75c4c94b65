"""Addresses of pages by name. A list of fifty cards asks for fifty of them, so a name is looked up, not searched for."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, NoMatchFound, Route


def path_of(request: Request, name: str, **params: Any) -> str:
    """The path of the page called ``name``. Raises NoMatchFound for a name or a parameter that it does not know."""
    route = _by_name(request.app).get(name)
    if route is None:
        raise NoMatchFound(name, params)
    return str(route.url_path_for(name, **params))


def has_page(request: Request, name: str) -> bool:
    """Whether a page goes by that name."""
    return name in _by_name(request.app)


def _by_name(app: Starlette) -> dict[str, BaseRoute]:
    """All named pages; where two share a name, the one that is tried first. Made once an application."""
    known: dict[str, BaseRoute] | None = getattr(app.state, "pages_by_name", None)
    if known is None:
        known = {route.name: route for route in reversed(app.routes) if isinstance(route, Route)}
        app.state.pages_by_name = known
    return known
