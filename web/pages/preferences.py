"""How this device shows the site: language and type size, kept in two cookies."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.locale import LOCALES
from web.forms import blank_form, read_form
from web.redirects import came_from, redirect_to, safe_path
from web.templating import render
from web.visit import LOCALE_COOKIE, TYPE_COOKIE, YEAR, is_large, keep_cookie, locale_of

_TYPES = ("normal", "large")


async def preferences(request: Request) -> Response:
    form = blank_form(
        request,
        {
            "locale": locale_of(request),
            "type": "large" if is_large(request) else "normal",
            "next": came_from(request),
        },
    )
    return render(request, "preferences.html", {"form": form})


async def change_preferences(request: Request) -> Response:
    """Keeps what was chosen and goes back; a choice that does not exist changes nothing."""
    form = await read_form(request)
    response = redirect_to(request, safe_path(form.value("next")))
    if form.value("locale") in LOCALES:
        keep_cookie(request, response, LOCALE_COOKIE, form.value("locale"), YEAR)
    if form.value("type") in _TYPES:
        keep_cookie(request, response, TYPE_COOKIE, form.value("type"), YEAR)
    return response


routes: list[BaseRoute] = [
    Route("/preferences", preferences, name="preferences"),
    Route("/preferences", change_preferences, methods=["POST"], name="change_preferences"),
]
