"""One visit to a page: the house it came to, who is looking, in which language, and what the clock says."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import ZH, catalogue
from marketplace.kernel.pagination import PageRequest

if TYPE_CHECKING:
    from marketplace.bootstrap import House

SESSION_COOKIE = "wushe_session"
VISIT_COOKIE = "wushe_visit"
LOCALE_COOKIE = "locale"
TYPE_COOKIE = "type"
YEAR = 365 * 24 * 3600


def house_of(request: Request) -> "House":
    """The composition root: database, vault, files, clock, settings."""
    return cast("House", request.app.state.house)


def viewer_of(request: Request) -> Viewer:
    """Whoever is looking; the stranger where no valid session came along."""
    return getattr(request.state, "viewer", STRANGER)


def locale_of(request: Request) -> str:
    """The language of this visit's answer."""
    return getattr(request.state, "locale", ZH)


def request_id_of(request: Request) -> str:
    """What ties this visit's answer to its lines in the log."""
    return getattr(request.state, "request_id", None) or new_id().hex


def unread_of(request: Request) -> int:
    """How many notices in the viewer's inbox are new, counted to 100 at most."""
    return getattr(request.state, "unread", 0)


def is_large(request: Request) -> bool:
    """Whether the reader asked for large type (长辈版)."""
    return getattr(request.state, "large_type", False)


def now_of(request: Request) -> datetime:
    return house_of(request).clock.now()


def today_of(request: Request) -> date:
    """Today in Shanghai."""
    return local_day(now_of(request))


def page_request(request: Request, first: int = 20) -> PageRequest:
    """The stretch of a list that ``?after=`` asks for."""
    return PageRequest(first, request.query_params.get("after") or None)


def translator(request: Request) -> Callable[[str], str]:
    """``_ = translator(request)`` in a page, so that ``_("…")`` is extracted and said in the reader's language."""
    gettext = catalogue(locale_of(request)).gettext
    return lambda sentence: str(gettext(sentence))


def keep_cookie(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None
) -> None:
    """Sets a cookie as all of ours are: unseen by scripts, not sent along from other sites, Secure where the house is.

    Without ``seconds`` it lives as long as the browser stays open.
    """
    secure = house_of(request).settings.site_url.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def path_id(request: Request, name: str) -> UUID:
    """The id that the route names so in its address (``{name:uuid}``)."""
    found = request.path_params[name]
    assert isinstance(found, UUID)
    return found
