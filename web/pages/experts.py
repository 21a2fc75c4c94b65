"""The register of experts, for supervisors: who may be drawn for panels, registered by phone, ended when they leave."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.kernel.input import read
from marketplace.procurement.evaluation import experts
from marketplace.procurement.evaluation.drafts import ExpertDraft
from web import area_picker
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of


async def list_experts(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def register_expert(request: Request) -> Response:
    _ = translator(request)
    form, house = await read_form(request), house_of(request)
    with form.catching():
        async with house.database.unit_of_work() as session:
            area_code = await area_picker.pick(session, form)
            given = form.given("phone", "speciality", "employer", many=["fields"])
            draft = read(ExpertDraft, {**given, "area_code": area_code})
            await experts.register(session, viewer_of(request), draft, house.vault)
        return redirect(request, "experts", _("The expert is registered."))
    return await _show(request, form)


async def end_expert(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await experts.end(session, viewer_of(request), path_id(request, "expert_id"))
    return redirect(request, "experts", _("The expert is drawn no more."))


async def _show(request: Request, form: Form) -> Response:
    wanted = page_request(request)
    async with house_of(request).database.reading() as session:
        page = await experts.page(session, viewer_of(request), wanted)
        known = await tags.tags_of(session, TagKind.CATEGORY)
        options = await area_picker.choices(session, form)
    locale = locale_of(request)
    context = {
        "page": page,
        "form": form,
        "fields": {tag.code: tags.name_of(tag, locale) for tag in known},
        "options": options,
        "is_first": wanted.after is None,
    }
    return render(request, "experts/list.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/desk/supervision/experts", list_experts, name="experts"),
    Route("/desk/supervision/experts", register_expert, methods=["POST"], name="register_expert"),
    Route("/desk/supervision/experts/{expert_id:uuid}/end", end_expert, methods=["POST"], name="end_expert"),
]
