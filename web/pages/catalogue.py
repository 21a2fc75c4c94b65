"""The shared catalogue: tags proposed by people and decided by moderators; rules with their articles, read by everybody."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries, rules
from marketplace.catalogue.drafts import RuleDraft, TagDraft
from marketplace.catalogue.models import Rule, TagKind
from marketplace.identity import governance, policy
from marketplace.identity.drafts import ReasonDraft
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, now_of, page_request, translator, viewer_of

_LONGEST_VALUE = 2_000


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


async def list_rules(request: Request) -> Response:
    now, viewer = now_of(request), viewer_of(request)
    async with house_of(request).database.reading() as session:
        history = await rules.history(session)
    shown = []
    for rows in history.values():
        begun = [row for row in rows if row.in_force_from <= now]
        shown.append(
            {"now": begun[0], "before": begun[1:], "coming": [row for row in rows if row.in_force_from > now]}
        )
    context = {"rules": shown, "may_change": policy.may_change_rules(viewer)}
    return render(request, "catalogue/rules.html", context)


async def edit_rule(request: Request) -> Response:
    row = await _newest_rule(request)
    value = orjson.dumps(row.value, option=orjson.OPT_INDENT_2).decode()
    initial = {"value": value, "article": row.article, "source": row.source}
    return render(request, "catalogue/rule.html", {"form": blank_form(request, initial), "rule": row})


async def save_rule(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    row = await _newest_rule(request)
    with form.catching():
        given = {**form.given("article", "source", "reason"), **form.moments("in_force_from")}
        draft = read(RuleDraft, {**given, "code": row.code, "value": _value(form.value("value"))})
        async with house_of(request).database.unit_of_work() as session:
            await governance.change_rule(session, viewer_of(request), draft)
        return redirect(request, "rules", _("The rule is changed, and it is on record."))
    return render(request, "catalogue/rule.html", {"form": form, "rule": row}, form.status)


async def _newest_rule(request: Request) -> Rule:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not policy.may_change_rules(viewer):
        raise NotPermitted()
    async with house_of(request).database.reading() as session:
        rows = (await rules.history(session)).get(request.path_params["code"])
    if not rows:
        raise NotFound()
    return rows[0]


def _value(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text[:_LONGEST_VALUE])
    except orjson.JSONDecodeError:
        raise InputIsInvalid.of("value", "not_json") from None
    if not isinstance(value, dict):
        raise InputIsInvalid.of("value", "not_json")
    return value


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
    Route("/rules", list_rules, name="rules"),
    Route("/desk/rules/{code}", edit_rule, name="edit_rule"),
    Route("/desk/rules/{code}", save_rule, methods=["POST"], name="save_rule"),
]
