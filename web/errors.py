"""Errors as pages: what is wrong and how to mend it, in the reader's language; the unexpected is masked and logged by id."""

from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ExceptionHandler

from marketplace.kernel.errors import MarketplaceError, NotFound, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.local_forms import sentence
from marketplace.procurement import accesses
from marketplace.procurement.accesses import BidsAreSealed
from web.headers import secure
from web.redirects import came_from, safe_path
from web.refusals import FormIsTooLarge, MethodIsUnknown, RequestIsBad, status_of
from web.templating import environment, render
from web.visit import house_of, locale_of, viewer_of

SIGN_IN_PATH = "/sign-in"
_log = structlog.get_logger(__name__)


def problem_page(request: Request, error: MarketplaceError) -> Response:
    """The page for an expected error."""
    status = status_of(error)
    context = {
        "status": status,
        "code": error.code,
        "said": sentence(locale_of(request), f"error.{error.code}", error.facts),
        "article": error.article,
        "problems": getattr(error, "problems", ()),
    }
    response = render(request, "error.html", context, status)
    if "retry_after" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_after"])
    return response


async def on_marketplace_error(request: Request, error: Exception) -> Response:
    """Everything that a slice refuses and no page caught."""
    assert isinstance(error, MarketplaceError)
    if isinstance(error, SignInNeeded):
        return _lead_to_sign_in(request)
    if isinstance(error, BidsAreSealed):
        await accesses.refused(house_of(request).database, viewer_of(request), error)
    return problem_page(request, error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """What routing and form parsing refuse."""
    assert isinstance(error, HTTPException)
    kinds: dict[int, type[MarketplaceError]] = {404: NotFound, 405: MethodIsUnknown, 413: FormIsTooLarge}
    response = problem_page(request, kinds.get(error.status_code, RequestIsBad)())
    response.headers.update(error.headers or {})
    return response


async def on_unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours. The page tells an id and nothing else; it asks nothing of the database or the visit."""
    error_id = new_id().hex[-12:]
    # The route, not the address: some addresses are secrets, such as a calendar's.
    route = getattr(request.scope.get("route"), "path", None)
    _log.error("unexpected_error", error_id=error_id, route=route, exc_info=error)
    page = environment(locale_of(request)).get_template("broken.html").render(error_id=error_id)
    response = HTMLResponse(page, 500)
    secure(response.headers, house_of(request).settings.site_url)
    return response


def _lead_to_sign_in(request: Request) -> Response:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = safe_path(path) if request.method in {"GET", "HEAD"} else came_from(request)
    return RedirectResponse(f"{SIGN_IN_PATH}?next={quote(wanted, safe='/')}", status_code=303)


HANDLERS: dict[type[Exception], ExceptionHandler] = {
    MarketplaceError: on_marketplace_error,
    HTTPException: on_http_exception,
    Exception: on_unexpected,
}
