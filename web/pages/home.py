"""The home page, what Wushe is, and the small files that programs ask for."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from web.templating import render, static

_ROBOTS = "User-agent: *\nDisallow: /my/\nDisallow: /desk\nDisallow: /sign-in\nDisallow: /graphql\n"


async def home(request: Request) -> Response:
    return render(request, "home.html")


async def about(request: Request) -> Response:
    return render(request, "about.html")


async def robots(_request: Request) -> Response:
    return PlainTextResponse(_ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


async def favicon(_request: Request) -> Response:
    """Browsers ask for this address whatever the page says."""
    return RedirectResponse(static("logo.svg"), status_code=301)


routes: list[BaseRoute] = [
    Route("/", home, name="home"),
    Route("/about", about, name="about"),
    Route("/robots.txt", robots, name="robots"),
    Route("/favicon.ico", favicon, name="favicon"),
]
