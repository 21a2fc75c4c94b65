"""The weights of the ranking, for the city's officers: what holds and held, a proposal with its preview, and a second one's decision."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.recommendations import previews, weights
from marketplace.recommendations.drafts import RankingKind, RefusalDraft, WeightsDraft
from marketplace.recommendations.policy import must_govern_ranking
from matching.weights import Weights
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of

_PREFIX = "points."


async def list_weights(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await weights.history(session, viewer_of(request))
    kinds = [(kind, [row for row in rows if row.kind is kind]) for kind in RankingKind]
    return render(request, "weights/list.html", {"kinds": kinds})


async def propose_weights(request: Request) -> Response:
    standing = await _standing(request, _kind(request))
    initial = {f"{_PREFIX}{name}": points for name, points in standing.points.items()}
    return await _show(request, blank_form(request, initial))


async def save_weights(request: Request) -> Response:
    """Previewed first; written, with what the preview found, when that is confirmed."""
    _ = translator(request)
    form = await read_form(request)
    viewer, kind = viewer_of(request), _kind(request)
    must_govern_ranking(viewer)
    if form.has("again"):
        return await _show(request, form)
    with form.catching():
        draft = read(WeightsDraft, {**form.given("reason"), "kind": kind, "points": _points(form)})
        async with house_of(request).database.reading() as session:
            preview = previews.as_json(await previews.preview(session, viewer, draft))
        if not form.has("confirmed"):
            return await _show(request, form, draft=draft, preview=preview)
        async with house_of(request).database.unit_of_work() as session:
            weights_id = await weights.propose(session, viewer, draft, preview)
        return redirect(request, "weights", _("Proposed. A second officer decides."), weights_id=weights_id)
    return await _show(request, form)


async def show_weights(request: Request) -> Response:
    return await _show_one(request, blank_form(request))


async def approve_weights(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    weights_id = path_id(request, "weights_id")
    async with house_of(request).database.unit_of_work() as session:
        await weights.approve(session, viewer_of(request), weights_id)
    return redirect(request, "weights", _("In force from now on."), weights_id=weights_id)


async def refuse_weights(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(RefusalDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await weights.refuse(session, viewer_of(request), path_id(request, "weights_id"), draft)
        return redirect(
            request,
            "weights",
            _("Refused, with the reason on record."),
            weights_id=path_id(request, "weights_id"),
        )
    return await _show_one(request, form)


async def _show(request: Request, form: Form, **more: Any) -> Response:
    kind = _kind(request)
    standing = await _standing(request, kind)
    context = {"form": form, "kind": kind, "now": _points_of(standing, kind), "preview": None} | more
    return render(request, "weights/propose.html", context, form.status)


async def _show_one(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        row = await weights.one(session, viewer_of(request), path_id(request, "weights_id"))
        standing = await weights.in_force(session, row.kind)
    context = {
        "form": form,
        "row": row,
        "now": _points_of(standing, row.kind),
        "version_now": standing.version,
    }
    return render(request, "weights/show.html", context, form.status)


async def _standing(request: Request, kind: RankingKind) -> Weights:
    must_govern_ranking(viewer_of(request))
    async with house_of(request).database.reading() as session:
        return await weights.in_force(session, kind)


def _points_of(standing: Weights, kind: RankingKind) -> Mapping[str, int]:
    """In the order in which factors are told; a column of JSON keeps none."""
    return {name: standing.points[name] for name in weights.FACTORS[kind]}


def _points(form: Form) -> dict[str, str]:
    return {
        name.removeprefix(_PREFIX): form.value(name)
        for name in form.values
        if name.startswith(_PREFIX) and form.value(name).strip()
    }


def _kind(request: Request) -> RankingKind:
    try:
        return RankingKind(request.path_params["ranking"])
    except ValueError:
        raise NotFound() from None


_ONE = "/desk/weights/{weights_id:uuid}"
routes: list[BaseRoute] = [
    Route("/desk/weights", list_weights, name="list_weights"),
    Route("/desk/weights/propose/{ranking}", propose_weights, name="propose_weights"),
    Route("/desk/weights/propose/{ranking}", save_weights, methods=["POST"], name="save_weights"),
    Route(_ONE, show_weights, name="weights"),
    Route(f"{_ONE}/approve", approve_weights, methods=["POST"], name="approve_weights"),
    Route(f"{_ONE}/refuse", refuse_weights, methods=["POST"], name="refuse_weights"),
]
