"""Tags: proposed by people who miss a word, decided by moderators."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries
from marketplace.catalogue.drafts import TagDraft
from marketplace.catalogue.models import TagKind
from marketplace.identity import governance
from marketplace.identity.drafts import ReasonDraft
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, translator, viewer_of


async def propose(request: Request) -> Response:
    return await _propose_page(request, blank_form(request, {"kind": TagKind.TOPIC}))


async def save_proposal(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        given = form.given("kind", "name_zh", "name_en", "parent_code")
        words = [
            word.strip() for word in form.value("synonyms").replace("，", ",").replace("、", ",").split(",")
        ]
        draft = read(TagDraft, {**given, "synonyms": [word for word in words if word]})
        async with house_of(request).database.unit_of_work() as session:
            await governance.propose_tag(session, viewer_of(request), draft)
        return redirect(
            request, "propose_tag", _("Thank you. A moderator looks at it; then everybody can use it.")
        )
    return await _propose_page(request, form)


async def desk_tags(request: Request) -> Response:
    return await _desk_page(request, blank_form(request))


async def approve_tag(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await governance.approve_tag(session, viewer_of(request), request.path_params["code"])
    return redirect(request, "desk_tags", _("The tag can be used from now on."))


async def refuse_tag(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await governance.refuse_tag(session, viewer_of(request), request.path_params["code"], draft)
        return redirect(request, "desk_tags", _("The tag is not taken up."))
    return await _desk_page(request, form)


async def retire_tag(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ReasonDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await governance.retire_tag(session, viewer_of(request), form.value("code"), draft)
        return redirect(request, "desk_tags", _("The tag is retired. What carries it keeps it."))
    return await _desk_page(request, form)


async def _propose_page(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        tree = await queries.tree(session, TagKind.CATEGORY)
    broad = [(branch.tag.code, queries.name_of(branch.tag, locale_of(request))) for branch in tree]
    context = {"form": form, "kinds": list(TagKind), "broad": broad}
    return render(request, "catalogue/propose.html", context, form.status)


async def _desk_page(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        page = await governance.proposed_tags(session, viewer_of(request), page_request(request))
        synonyms = await queries.synonyms_of(session, [tag.code for tag in page.rows])
        used = await queries.tags_of(session, *TagKind)
    context = {
        "form": form,
        "page": page,
        "synonyms": synonyms,
        "used": [(tag.code, queries.name_of(tag, locale_of(request))) for tag in used],
        "is_first": "after" not in request.query_params,
        "refused_code": request.path_params.get("code"),
    }
    return render(request, "catalogue/desk.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/tags/propose", propose, name="propose_tag"),
    Route("/tags/propose", save_proposal, methods=["POST"], name="save_proposal"),
    Route("/desk/tags", desk_tags, name="desk_tags"),
    Route("/desk/tags/retire", retire_tag, methods=["POST"], name="retire_tag"),
    Route("/desk/tags/{code}/approve", approve_tag, methods=["POST"], name="approve_tag"),
    Route("/desk/tags/{code}/refuse", refuse_tag, methods=["POST"], name="refuse_tag"),
]
