"""Forms come from our own pages: a signed token in each form, and the browser's own word about where a request began."""

from starlette.requests import Request
from starlette.responses import Response

from marketplace.kernel.addresses import host_of
from marketplace.kernel.vault import new_token
from web.refusals import FormIsForeign, FormIsStale
from web.visit import SESSION_COOKIE, VISIT_COOKIE, house_of, keep_cookie

FIELD = "csrf"
_PURPOSE = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def token_for(request: Request) -> str:
    """The token for forms of this visit. A visitor without any cookie gets one when the answer is sent."""
    secret = _secret_of(request)
    if secret is None:
        secret = new_token()
        request.state.new_visit = secret
    return house_of(request).vault.sign(secret, _PURPOSE)


def keep_visit(request: Request, response: Response) -> None:
    """Sends the visit cookie that ``token_for`` relied upon, when it is a new one."""
    secret = getattr(request.state, "new_visit", None)
    if secret is not None:
        keep_cookie(request, response, VISIT_COOKIE, secret)


def check_token(request: Request, token: str) -> None:
    """Raises FormIsStale unless ``token`` was made for this visit."""
    secret = _secret_of(request)
    if secret is None or not house_of(request).vault.is_signed(secret, token, _PURPOSE):
        raise FormIsStale()


def check_origin(request: Request) -> None:
    """Raises FormIsForeign when a browser says that a change was asked for by another site.

    Programs send neither header; what they may do rests on their token, not on cookies that a browser adds by itself.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise FormIsForeign()
        return
    origin = request.headers.get("origin")
    if origin is not None and host_of(origin) != request.headers.get("host"):
        raise FormIsForeign()


def _secret_of(request: Request) -> str | None:
    return (
        request.cookies.get(SESSION_COOKIE)
        or request.cookies.get(VISIT_COOKIE)
        or getattr(request.state, "new_visit", None)
    )
