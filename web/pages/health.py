"""What machines ask: is the process alive, may requests be let in, and how is it doing."""

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from marketplace import health
from marketplace.outbox.figures import Figures, figures
from web.metrics import Metrics
from web.visit import house_of

_FRESH = {"Cache-Control": "no-store"}


async def livez(_request: Request) -> Response:
    """This process answers. It asks nothing of anybody, so that a slow database never gets it restarted."""
    return PlainTextResponse("ok\n", headers=_FRESH)


async def readyz(request: Request) -> Response:
    """Each check by name, well or not and why; 503 unless all are well. An index that is not is made anew from this moment on."""
    found = await health.readiness(house_of(request))
    if any(check.name == "search" and not check.is_ok for check in found):
        await house_of(request).upkeep.heal_now()
    is_ready = all(check.is_ok for check in found)
    body = {
        "ready": is_ready,
        "checks": {check.name: {"ok": check.is_ok, "why": check.why} for check in found},
    }
    return JSONResponse(body, 200 if is_ready else 503, headers=_FRESH)


async def metrics(request: Request) -> Response:
    """For Prometheus. Answers also when the database does not."""
    kept: Metrics = request.app.state.metrics
    kept.note(await _figures(request))
    return Response(kept.text(), media_type=CONTENT_TYPE_LATEST, headers=_FRESH)


async def _figures(request: Request) -> Figures | None:
    try:
        async with house_of(request).database.reading() as session:
            return await figures(session)
    except Exception:
        return None


routes: list[BaseRoute] = [
    Route("/livez", livez, name="livez"),
    Route("/readyz", readyz, name="readyz"),
    Route("/metrics", metrics, name="metrics"),
]
