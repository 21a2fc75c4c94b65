"""Stop e-mails by the address that each of them carries: a page that asks, and one click for mail programs (RFC 8058).

The address itself proves that the mail was theirs, so there is no sign-in and no form token; opening it changes nothing, because
mail scanners open every link.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.notices import unsubscribing
from marketplace.notices.unsubscribing import Subscription
from web.templating import render
from web.visit import house_of


async def unsubscribe(request: Request) -> Response:
    return _show(request, _subscription(request), stopped=None)


async def unsubscribe_now(request: Request) -> Response:
    """From our page or from a mail program: whatever the body says, the address says what is to stop."""
    subscription = _subscription(request)
    async with house_of(request).database.unit_of_work() as session:
        await unsubscribing.stop_kind(session, subscription)
    return _show(request, subscription, stopped="kind")


async def unsubscribe_all(request: Request) -> Response:
    subscription = _subscription(request)
    async with house_of(request).database.unit_of_work() as session:
        await unsubscribing.stop_all(session, subscription)
    return _show(request, subscription, stopped="all")


def _subscription(request: Request) -> Subscription:
    return unsubscribing.read_token(house_of(request).vault, request.path_params["token"])


def _show(request: Request, subscription: Subscription, *, stopped: str | None) -> Response:
    context = {
        "kind": subscription.kind,
        "token": request.path_params["token"],
        "stopped": stopped,
    }
    response = render(request, "notices/unsubscribe.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


routes: list[BaseRoute] = [
    Route("/unsubscribe/{token}", unsubscribe, name="unsubscribe"),
    Route("/unsubscribe/{token}", unsubscribe_now, methods=["POST"], name="unsubscribe_now"),
    Route("/unsubscribe/{token}/all", unsubscribe_all, methods=["POST"], name="unsubscribe_all"),
]
