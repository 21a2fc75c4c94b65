"""Publish a need, one thing at a time on a phone; complete and publish what a resident raised; edit what is public."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotPermitted
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.volunteering import needs, queries
from marketplace.volunteering.drafts import ReasonDraft
from marketplace.volunteering.errors import InsuranceIsMissing, RisksAreNotStated
from marketplace.volunteering.policy import AREA_ORGANISERS, ORGANISATION_ORGANISERS
from web import area_picker, need_form
from web.forms import Form, blank_form, read_form
from web.need_form import STEPS
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, path_id, translator, viewer_of

_STEP_NAMES = tuple(STEPS)


async def new_need(request: Request) -> Response:
    """The first step, with the area and organisation that the viewer speaks for filled in."""
    viewer = _publisher(request)
    async with house_of(request).database.reading() as session:
        known = await area_picker.initial(session, _own_area(viewer), locale_of(request))
    own = viewer.organisations_of(*ORGANISATION_ORGANISERS)
    form = blank_form(request, known | ({"organisation_id": own[0]} if len(own) == 1 else {}))
    return await _show_step(request, form, _STEP_NAMES[0])


async def save_new_need(request: Request) -> Response:
    """One step on or back; from the last, the need is published."""
    _publisher(request)
    form = await read_form(request)
    step = form.value("step") if form.value("step") in STEPS else _STEP_NAMES[0]
    go = form.value("go")
    if go == "publish":
        return await _publish(request, form)
    if go in STEPS:
        return await _show_step(request, form, go)
    at = _STEP_NAMES.index(step)
    if go == "back":
        return await _show_step(request, form, _STEP_NAMES[max(at - 1, 0)])
    if await _is_wrong(request, form, step):
        return await _show_step(request, form, step)
    return await _show_step(request, form, _STEP_NAMES[min(at + 1, len(_STEP_NAMES) - 1)])


async def edit_need(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        details = await queries.need(session, viewer_of(request), path_id(request, "need_id"))
        form = blank_form(request, await need_form.initial(session, details, locale_of(request)))
    return await _show_whole(request, form)


async def save_need(request: Request) -> Response:
    """Publishes a raised need, or changes a public one."""
    _ = translator(request)
    form = await read_form(request)
    need_id, viewer = path_id(request, "need_id"), viewer_of(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await need_form.draft(session, form)
            is_public = (await queries.need(session, viewer, need_id)).row.need.published_at is not None
            if is_public:
                await needs.edit(session, viewer, need_id, draft)
            else:
                await needs.publish_raised(session, viewer, need_id, draft)
        said = _("The need is changed.") if is_public else _published(_)
        return redirect(request, "manage_need", said, need_id=need_id)
    return await _show_whole(request, form)


async def check_declining(request: Request) -> Response:
    return await _show_declining(request, blank_form(request))


async def decline_need(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await needs.decline(session, viewer_of(request), path_id(request, "need_id"), draft)
        return redirect(request, "raised_needs", _("The need is declined; whoever raised it reads why."))
    return await _show_declining(request, form)


async def _publish(request: Request, form: Form) -> Response:
    _ = translator(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            draft = await need_form.draft(session, form)
            need_id = await needs.publish(session, viewer_of(request), draft, parse_id(form.key))
        return redirect(request, "manage_need", _published(_), need_id=need_id)
    return await _show_step(request, form, _step_to_mend(form.error))


def _published(_: Any) -> str:
    return str(_("The need is public. Now plan when people can help."))


def _step_to_mend(error: MarketplaceError | None) -> str:
    if isinstance(error, InputIsInvalid):
        return need_form.step_of(error.problems) or "check"
    return "risks" if isinstance(error, RisksAreNotStated | InsuranceIsMissing) else "check"


async def _is_wrong(request: Request, form: Form, step: str) -> bool:
    """Whether this step's own fields need mending; what other steps lack is not told yet."""
    async with house_of(request).database.reading() as session:
        try:
            draft = await need_form.draft(session, form)
            if step == "risks":
                await needs.check_rules(session, draft)
        except InputIsInvalid as error:
            problems = need_form.problems_on(step, error)
            if problems:
                form.refuse(InputIsInvalid(problems))
        except MarketplaceError as error:
            form.refuse(error)
    return form.is_refused


async def _show_step(request: Request, form: Form, step: str) -> Response:
    async with house_of(request).database.reading() as session:
        choices = await need_form.choices(session, viewer_of(request), form)
        if step == "check":
            await _settle_area(session, form)
    kept: Mapping[str, Any] = {
        name: form.values.get(name, ()) for other, fields in STEPS.items() if other != step for name in fields
    }
    context = {
        "form": form,
        "choices": choices,
        "step": step,
        "steps": _STEP_NAMES,
        "kept": kept,
        "notices": need_form.NOTICE_MINUTES,
    }
    return render(request, "manage/publish.html", context, form.status)


async def _settle_area(session: Any, form: Form) -> None:
    """The last step shows the area in full, however it was typed."""
    try:
        code = await area_picker.pick(session, form)
    except InputIsInvalid:
        return
    form.values = {**form.values, "area_code": [code], "area_said": [form.value("area")]}


async def _show_whole(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        details = await queries.need(session, viewer_of(request), path_id(request, "need_id"))
        if not details.is_managed:
            raise NotPermitted()
        choices = await need_form.choices(session, viewer_of(request), form)
    context = {"form": form, "choices": choices, "details": details, "notices": need_form.NOTICE_MINUTES}
    return render(request, "manage/edit.html", context, form.status)


async def _show_declining(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        details = await queries.need(session, viewer_of(request), path_id(request, "need_id"))
    if not details.is_managed:
        raise NotPermitted()
    return render(request, "manage/decline.html", {"form": form, "details": details}, form.status)


def _publisher(request: Request) -> Viewer:
    """Somebody who may publish somewhere. Raises SignInNeeded, NotPermitted."""
    viewer = viewer_of(request)
    viewer.signed_in()
    if not (viewer.areas_of(*AREA_ORGANISERS) or viewer.organisations_of(*ORGANISATION_ORGANISERS)):
        raise NotPermitted()
    return viewer


def _own_area(viewer: Viewer) -> str | None:
    areas = viewer.areas_of(*AREA_ORGANISERS)
    return areas[0] if len(areas) == 1 else None


routes: list[BaseRoute] = [
    Route("/manage/needs/new", new_need, name="new_need"),
    Route("/manage/needs/new", save_new_need, methods=["POST"], name="save_new_need"),
    Route("/needs/{need_id:uuid}/edit", edit_need, name="edit_need"),
    Route("/needs/{need_id:uuid}/edit", save_need, methods=["POST"], name="save_need"),
    Route("/needs/{need_id:uuid}/decline", check_declining, name="check_declining"),
    Route("/needs/{need_id:uuid}/decline", decline_need, methods=["POST"], name="decline_need"),
]
