"""What residents would like more of: their own wishes, what is asked for most in an area, and the drafts that come of it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.areas.codes import CITY, contains
from marketplace.areas.models import Area
from marketplace.catalogue import queries as tags
from marketplace.db.session import Session
from marketplace.delivery.signals import policy, taking_up, wish_queries, wishes
from marketplace.delivery.signals.drafts import ItemOfWishesDraft, NeedOfWishesDraft, ServiceWishDraft
from marketplace.delivery.signals.wish_queries import Asked
from marketplace.identity.models import Person
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.input import read
from marketplace.procurement.lists.drafts import Renewal
from web import area_picker, need_form
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of

_ITEM = (
    "title", "description", "people_served", "budget_fen", "quantity", "unit", "planned_tender_on", "starts_on",
    "ends_on", "renewal", "standards",
)  # fmt: skip
_TOLD_AT = {"ends_before_start": "ends_on", "starts_before_tender": "starts_on"}


async def my_wishes(request: Request) -> Response:
    viewer = viewer_of(request)
    initial: dict[str, Any] = {"service_type": request.query_params.get("kind", "")[:64]}
    if not viewer.is_stranger:
        async with house_of(request).database.reading() as session:
            person = await session.get_one(Person, viewer.signed_in())
            initial |= await area_picker.initial(session, person.home_area_code, locale_of(request))
    return await _show_mine(request, blank_form(request, initial))


async def save_wish(request: Request) -> Response:
    """From the form, or by one tap beside a service, which names the kind alone and means the home."""
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            is_home = not form.value("area").strip() and not form.value("area_code")
            area_code = None if is_home else await area_picker.pick(session, form)
            draft = read(ServiceWishDraft, form.given("service_type", "text") | {"area_code": area_code})
            await wishes.wish(session, viewer_of(request), draft)
        return redirect(request, "wishes", _("Your wish is noted. You are told when it is taken up."))
    return await _show_mine(request, form)


async def withdraw_wish(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await wishes.withdraw(session, viewer_of(request), path_id(request, "wish_id"))
        return redirect(request, "wishes", _("Your wish is withdrawn."))
    return await _show_mine(request, form)


async def asked_for(request: Request) -> Response:
    """Public: the kinds that enough people of an area wish for, in steps, so that nobody can be told apart."""
    viewer, locale = viewer_of(request), locale_of(request)
    code = request.path_params.get("code", CITY)
    async with house_of(request).database.reading() as session:
        area = await _area(session, code)
        above = (await areas.path(session, code))[:-1]
        below = await areas.children(session, code)
        rows, least = await wish_queries.asked_for(session, viewer, code)
    context = {
        "area": area,
        "area_name": areas.name_of(area, locale),
        "above": [(areas.name_of(one, locale), one.code) for one in above],
        "below": [(areas.name_of(one, locale), one.code) for one in below],
        "rows": rows,
        "least": least,
        "may_raise": policy.may_take_up_as_need(viewer, code),
        "may_list": policy.may_take_up_as_item(viewer, code),
    }
    return render(request, "wishes/asked.html", context)


async def raise_wishes(request: Request) -> Response:
    return await _show_need(request, blank_form(request))


async def wishes_into_need(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        given = form.given("title", "description", "place") | _which(request) | {"idempotency_key": form.key}
        draft = read(NeedOfWishesDraft, given)
        async with house_of(request).database.unit_of_work() as session:
            made = await taking_up.as_need(session, viewer_of(request), draft)
        said = _(
            "A draft need is made of the wishes, and those who wished are told. Complete it and publish it."
        )
        return redirect(request, "edit_need", said, need_id=made.need_id)
    return await _show_need(request, form)


async def list_wishes(request: Request) -> Response:
    initial = {"renewal": Renewal.NONE, "edition_id": request.query_params.get("edition", "")[:36]}
    return await _show_item(request, blank_form(request, initial))


async def wishes_into_item(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        which = _which(request)
        item = form.given(*_ITEM) | {
            "category_code": which["service_type"],
            "area_code": which["area_code"],
        }
        given = form.given("edition_id") | {"item": item, "idempotency_key": form.key}
        draft = _read_item(given)
        async with house_of(request).database.unit_of_work() as session:
            await taking_up.as_item(session, viewer_of(request), draft)
        said = _("The item is in the edition, and those who wished are told.")
        return redirect(request, "asked_for_in", said, code=which["area_code"])
    return await _show_item(request, form)


def _read_item(given: dict[str, Any]) -> ItemOfWishesDraft:
    """The item's fields lie on the page itself: what is wrong is told there."""
    try:
        return read(ItemOfWishesDraft, given)
    except InputIsInvalid as error:
        raise InputIsInvalid(
            [
                FieldProblem(
                    _TOLD_AT.get(one.code, one.field.removeprefix("item.").removeprefix("item")) or "form",
                    one.code,
                    one.facts,
                )
                for one in error.problems
            ]
        ) from None


def _which(request: Request) -> dict[str, str]:
    """The kind and the area that the path names."""
    return {
        "service_type": request.path_params["service_type"][:64],
        "area_code": request.path_params["code"],
    }


async def _show_mine(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        page = None if viewer.is_stranger else await wish_queries.mine(session, viewer, page_request(request))
        kinds = await need_form.categories(session, locale_of(request))
        options = await area_picker.choices(session, form)
    context = {
        "page": page,
        "kinds": kinds,
        "areas": options,
        "form": form,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "wishes/mine.html", context, form.status)


async def _show_need(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        context = await _taking_up(session, request)
        if not policy.may_take_up_as_need(viewer, context["area"].code):
            raise NotPermitted()
        context["words"] = await wish_queries.words_of(
            session, viewer, context["area"].code, context["kind"].code
        )
    return render(request, "wishes/need.html", context | {"form": form}, form.status)


async def _show_item(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        context = await _taking_up(session, request)
        if not policy.may_take_up_as_item(viewer, context["area"].code):
            raise NotPermitted()
        context["words"] = await wish_queries.words_of(
            session, viewer, context["area"].code, context["kind"].code
        )
        open_ones = await wish_queries.editions_to_edit(session, viewer)
    context["editions"] = [one for one in open_ones if contains(one.area_code, context["area"].code)]
    context["renewals"] = list(Renewal)
    return render(request, "wishes/item.html", context | {"form": form}, form.status)


async def _taking_up(session: Session, request: Request) -> dict[str, Any]:
    """The area, the kind and how many wish for it. Raises NotFound for what is no area or no kind."""
    which, locale = _which(request), locale_of(request)
    area = await _area(session, which["area_code"])
    code = which["service_type"]
    kind = (await tags.by_codes(session, [code])).get(code) if code.isprintable() else None
    if kind is None:
        raise NotFound()
    found: Asked | None = await wish_queries.asked(session, viewer_of(request), area.code, kind.code)
    return {
        "area": area,
        "area_name": areas.name_of(area, locale),
        "kind": kind,
        "kind_name": tags.name_of(kind, locale),
        "asked": found,
    }


async def _area(session: Session, code: str) -> Area:
    area = (
        await areas.current(session, code) if len(code) == 12 and code.isascii() and code.isdigit() else None
    )
    if area is None:
        raise NotFound()
    return area


_KIND = "/wishes/asked/{code}/{service_type}"

routes: list[BaseRoute] = [
    Route("/wishes", my_wishes, name="wishes"),
    Route("/wishes", save_wish, methods=["POST"], name="save_wish"),
    Route("/wishes/{wish_id:uuid}/withdraw", withdraw_wish, methods=["POST"], name="withdraw_wish"),
    Route("/wishes/asked", asked_for, name="asked_for"),
    Route("/wishes/asked/{code}", asked_for, name="asked_for_in"),
    Route(f"{_KIND}/need", raise_wishes, name="raise_wishes"),
    Route(f"{_KIND}/need", wishes_into_need, methods=["POST"], name="wishes_into_need"),
    Route(f"{_KIND}/item", list_wishes, name="list_wishes"),
    Route(f"{_KIND}/item", wishes_into_item, methods=["POST"], name="wishes_into_item"),
]
