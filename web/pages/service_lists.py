"""Service lists for everybody: what buyers mean to buy, in editions; commented on, compared, and followed item by item."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db.session import Session
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import queries as organisations
from marketplace.procurement import buyers, policy
from marketplace.procurement.lists import comment_queries, comments, follows, item_queries, queries
from marketplace.procurement.lists.differences import compare
from marketplace.procurement.lists.drafts import CommentDraft, HideDraft
from marketplace.procurement.lists.queries import EditionRow, ListFilters, ListRow
from marketplace.procurement.lists.states import EditionState
from marketplace.procurement.tenders import planned
from web import area_picker, list_words
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.list_timeline import timeline
from web.redirects import redirect
from web.templating import here, render
from web.visit import house_of, locale_of, page_request, path_id, today_of, translator, viewer_of

_FEW = 3


async def list_lists(request: Request) -> Response:
    query, viewer = request.query_params, viewer_of(request)
    filters = ListFilters(
        area_code=area_of(request),
        category_code=query.get("category") or None,
        year=_year(query.get("year")),
    )
    async with house_of(request).database.reading() as session:
        page = await queries.page(session, viewer, filters, page_request(request))
        groups = await filter_groups(request, session, await queries.years(session, viewer))
    context = {
        "page": page,
        "groups": groups,
        "chosen": chosen_of(request, groups),
        "is_first": "after" not in query,
    }
    return render(request, "lists/lists.html", context)


async def show_list(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        of = await queries.one(session, viewer, path_id(request, "list_id"))
        shown = of.current
        items = await item_queries.of_editions(session, viewer, [shown.id]) if shown else {}
        discussed = _discussed(of)
        said = (
            await comment_queries.of_edition(session, viewer, discussed.id, PageRequest(_FEW))
            if discussed
            else None
        )
        told = await planned.of_list(session, viewer, of.id)
        tenders = await planned.tenders_of_items(session, viewer, [story.item_id for story in told.stories])
    rows = items.get(shown.id, []) if shown else []
    context: dict[str, Any] = {
        "list": of,
        "edition": shown,
        "items": rows,
        "timeline": timeline([row.content for row in rows], of.starts_on, of.ends_on, today_of(request)),
        "discussed": discussed,
        "comments": said,
        "told": told,
        "tenders": tenders,
    }
    return render(request, "lists/list.html", context)


async def show_edition(request: Request) -> Response:
    return await _show_edition(request, path_id(request, "list_id"), _number(request), blank_form(request))


async def comment_on_list(request: Request) -> Response:
    _ = translator(request)
    form, viewer = await read_form(request), viewer_of(request)
    edition_id = path_id(request, "edition_id")
    async with house_of(request).database.reading() as session:
        of, edition = await queries.edition(session, viewer, edition_id)
    with form.catching():
        given = form.given("text", "item_id", "organisation_id")
        draft = read(CommentDraft, {**given, "idempotency_key": form.key})
        async with house_of(request).database.unit_of_work() as session:
            await comments.comment(session, viewer, edition_id, draft)
        said = _("Thank you. The buyer answers here before the list is final.")
        return redirect(request, "list_edition", said, list_id=of.id, number=edition.number)
    return await _show_edition(request, of.id, edition.number, form)


async def check_hiding(request: Request) -> Response:
    return await _show_hiding(request, blank_form(request))


async def hide_comment(request: Request) -> Response:
    _ = translator(request)
    form, comment_id = await read_form(request), path_id(request, "comment_id")
    with form.catching():
        draft = read(HideDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await comments.hide(session, viewer_of(request), comment_id, draft)
        async with house_of(request).database.reading() as session:
            row = await comment_queries.comment(session, viewer_of(request), comment_id)
            of, edition = await queries.edition(session, viewer_of(request), row.edition_id)
        said = _("The comment is hidden; your reason stands in its place.")
        return redirect(request, "list_edition", said, list_id=of.id, number=edition.number)
    return await _show_hiding(request, form)


async def show_difference(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        of = await queries.one(session, viewer, path_id(request, "list_id"))
        new = of.edition(_number(request))
        since = request.query_params.get("since", "")
        asked = int(since) if since.isascii() and since.isdigit() and len(since) < 5 else None
        old = of.edition(asked) if asked else of.before(new)
        difference = await item_queries.difference(session, viewer, old, new)
        told = await list_words.changed(session, difference, locale_of(request))
    context = {
        "list": of,
        "old": old,
        "new": new,
        "difference": difference,
        "changed": told,
        "compared": [
            (str(one.number), here(request, since=one.number), one == old)
            for one in of.editions
            if one != new
        ],
    }
    return render(request, "lists/difference.html", context)


async def show_item(request: Request) -> Response:
    viewer, item_id = viewer_of(request), path_id(request, "item_id")
    async with house_of(request).database.reading() as session:
        told = await item_queries.history(session, viewer, item_id)
        tenders = (await planned.tenders_of_items(session, viewer, [item_id])).get(item_id, [])
        followed = (await item_queries.followed(session, viewer, [item_id])).get(item_id, [])
        own = [row for row in await organisations.mine(session, viewer) if policy.may_supply(viewer, row.id)]
        changes = [
            (
                edition,
                await list_words.changed(
                    session, compare([before.content], [row.content]), locale_of(request)
                ),
            )
            for (_, before), (edition, row) in zip(told.versions, told.versions[1:], strict=False)
        ]
    edition, row = told.last
    new_tender = (
        f"{path_of(request, 'new_tender')}?item={item_id}"
        if told.list.is_managed and edition.state is EditionState.FINAL
        else None
    )
    context: dict[str, Any] = {
        "list": told.list,
        "told": told,
        "edition": edition,
        "item": row,
        "tenders": tenders,
        "own": own,
        "followed": followed,
        "changes": changes,
        "new_tender": new_tender,
        "is_public": any(one.consultation_opened_at for one, _ in told.versions),
    }
    return render(request, "lists/item.html", context)


async def follow_item(request: Request) -> Response:
    _ = translator(request)
    organisation_id = await _follower(request)
    item_id = path_id(request, "item_id")
    async with house_of(request).database.unit_of_work() as session:
        await follows.follow(session, viewer_of(request), item_id, organisation_id)
    said = _("Your organisation's managers hear when this item changes, is announced or goes to tender.")
    return redirect(request, "list_item", said, item_id=item_id)


async def unfollow_item(request: Request) -> Response:
    _ = translator(request)
    organisation_id = await _follower(request)
    item_id = path_id(request, "item_id")
    async with house_of(request).database.unit_of_work() as session:
        await follows.unfollow(session, viewer_of(request), item_id, organisation_id)
    return redirect(request, "list_item", _("You hear no more of this item."), item_id=item_id)


async def followed_items(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        page = await item_queries.follows(session, viewer_of(request), page_request(request))
    context = {"page": page, "is_first": "after" not in request.query_params}
    return render(request, "lists/followed.html", context)


async def show_buyer(request: Request) -> Response:
    viewer, buyer_id = viewer_of(request), path_id(request, "buyer_id")
    async with house_of(request).database.reading() as session:
        row = await buyers.buyer(session, buyer_id)
        page = await queries.page(session, viewer, ListFilters(buyer_id=buyer_id), page_request(request))
        figures = await planned.of_buyer(session, viewer, buyer_id)
    context = {
        "buyer": row,
        "page": page,
        "figures": figures,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "lists/buyer.html", context)


async def filter_groups(
    request: Request, session: Session, years: list[int] | None = None
) -> list[dict[str, Any]]:
    """What narrows lists and the calendar: the year, the district, the kind of service."""
    _ = translator(request)
    query, locale = request.query_params, locale_of(request)
    offered: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("area", _("District"), await area_picker.districts(session, locale)),
        (
            "category",
            _("Kind of service"),
            [
                (branch.tag.code, tags.name_of(branch.tag, locale))
                for branch in await tags.tree(session, TagKind.CATEGORY)
            ],
        ),
    ]
    if years:
        offered.insert(0, ("year", _("Year"), [(str(year), str(year)) for year in years]))
    groups = []
    for name, title, choices in offered:
        chosen = query.get(name)
        links = [
            (label, here(request, **{name: None if code == chosen else code, "after": None}), code == chosen)
            for code, label in choices
        ]
        groups.append({"title": title, "links": links})
    return groups


def chosen_of(request: Request, groups: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The active filters with the address of the same page without each."""
    return [(label, path) for group in groups for label, path, is_chosen in group["links"] if is_chosen]


async def _show_edition(request: Request, list_id: UUID, number: int, form: Form) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        of = await queries.one(session, viewer, list_id)
        edition = of.edition(number)
        items = (await item_queries.of_editions(session, viewer, [edition.id])).get(edition.id, [])
        said = await comment_queries.of_edition(session, viewer, edition.id, page_request(request))
        since = await item_queries.since_consultation(session, viewer, edition)
        told = await list_words.changed(session, since, locale_of(request)) if since else []
        own = await organisations.mine(session, viewer)
    context: dict[str, Any] = {
        "list": of,
        "edition": edition,
        "items": items,
        "numbers": {row.id: row.content for row in items},
        "comments": said,
        "since": since,
        "changed": told,
        "item_choices": [(str(row.id), f"{row.content.number}. {row.content.title}") for row in items],
        "own_choices": [(str(row.id), row.name) for row in own],
        "form": form,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "lists/edition.html", context, form.status)


async def _show_hiding(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await comment_queries.comment(session, viewer, path_id(request, "comment_id"))
        of, edition = await queries.edition(session, viewer, row.edition_id)
    if not row.may_hide:
        raise NotPermitted()
    context = {"form": form, "comment": row, "list": of, "edition": edition}
    return render(request, "lists/hide.html", context, form.status)


async def _follower(request: Request) -> UUID:
    form = await read_form(request)
    viewer_of(request).signed_in()
    # An organisation that nobody has: the command refuses it as it refuses a foreign one.
    return parse_id(form.value("organisation_id")) or UUID(int=0)


def _discussed(of: ListRow) -> EditionRow | None:
    """The edition whose comments belong on the list's page: the one before the public, else the one in force."""
    under_way = of.under_way
    if under_way is not None and under_way.state is not EditionState.DRAFT:
        return under_way
    return of.in_force


def _number(request: Request) -> int:
    number: int = request.path_params["number"]
    return number


def area_of(request: Request) -> str | None:
    """The area's code that ``?area=`` names; anything else narrows nothing."""
    text = request.query_params.get("area", "")
    return text if len(text) == 12 and text.isascii() and text.isdigit() else None


def _year(text: str | None) -> int | None:
    return (
        int(text) if text and len(text) == 4 and text.isascii() and text.isdigit() and text > "1900" else None
    )


_LIST = "/buying/lists/{list_id:uuid}"
_EDITION = _LIST + "/editions/{number:int}"
_ITEM = "/buying/items/{item_id:uuid}"
_HIDE = "/buying/comments/{comment_id:uuid}/hide"
routes: list[BaseRoute] = [
    Route("/buying/lists", list_lists, name="service_lists"),
    Route(_LIST, show_list, name="service_list"),
    Route(_EDITION, show_edition, name="list_edition"),
    Route(f"{_EDITION}/diff", show_difference, name="list_difference"),
    Route(
        "/buying/editions/{edition_id:uuid}/comments",
        comment_on_list,
        methods=["POST"],
        name="comment_on_list",
    ),
    Route(_HIDE, check_hiding, name="check_hiding_comment"),
    Route(_HIDE, hide_comment, methods=["POST"], name="hide_list_comment"),
    Route(_ITEM, show_item, name="list_item"),
    Route(f"{_ITEM}/follow", follow_item, methods=["POST"], name="follow_item"),
    Route(f"{_ITEM}/unfollow", unfollow_item, methods=["POST"], name="unfollow_item"),
    Route("/supplier/items", followed_items, name="followed_items"),
    Route("/buying/buyers/{buyer_id:uuid}", show_buyer, name="buyer"),
]
