"""Public ratings: a provider's, a single one with its photos, reports about it, the provider's replies, appeals of authors."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries as catalogue
from marketplace.db.session import Session
from marketplace.delivery.ratings import cells, moderation, published, replies
from marketplace.delivery.ratings.care_drafts import AppealDraft, Part, ReplyDraft, ReportDraft
from marketplace.delivery.ratings.errors import OnlyTheAuthorAppeals
from marketplace.delivery.ratings.published import PublishedRating
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.input import read
from marketplace.organisations import queries as organisations
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, page_request, path_id, translator, viewer_of


async def provider_ratings(request: Request) -> Response:
    """What counts, how many are held, and how many more people it takes until numbers show."""
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    wanted = request.query_params.get("type") or None
    async with house_of(request).database.reading() as session:
        organisation = (await organisations.by_ids(session, viewer, [organisation_id])).get(organisation_id)
        if organisation is None:
            raise NotFound()
        counts = await cells.of_provider(session, viewer, organisation_id)
        kind = wanted if wanted in {cell.service_type for cell in counts} else None
        page = await published.of_provider(session, viewer, organisation_id, kind, page_request(request))
        services = await catalogue.by_codes(session, [cell.service_type for cell in counts])
    context = {
        "organisation": organisation,
        "cells": counts,
        "page": page,
        "kind": kind,
        "services": services,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "ratings/of_provider.html", context)


async def public_rating(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        row = await published.rating(session, viewer_of(request), path_id(request, "rating_id"))
        services = await services_of(session, [row])
    return render(request, "ratings/rating.html", {"row": row, "services": services})


async def rating_photo(request: Request) -> Response:
    house = house_of(request)
    async with house.database.reading() as session:
        shown = await published.photo(
            session, viewer_of(request), house.rating_photos, path_id(request, "photo_id")
        )
    headers = {
        "Content-Disposition": f'inline; filename="photo.{shown.content_type.rpartition("/")[2]}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        # A picture may be hidden tomorrow.
        "Cache-Control": "private, no-cache",
    }
    return Response(shown.content, media_type=shown.content_type, headers=headers)


async def ratings_to_answer(request: Request) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not viewer.organisations_of(Role.ORGANISATION_MANAGER):
        raise NotPermitted()
    async with house_of(request).database.reading() as session:
        page = await published.to_answer(session, viewer, page_request(request))
        services = await services_of(session, page.rows)
    context = {"page": page, "services": services, "is_first": "after" not in request.query_params}
    return render(request, "ratings/mine.html", context)


async def report_rating(request: Request) -> Response:
    viewer_of(request).signed_in()
    return await _show(request, "ratings/report.html", blank_form(request), _may_report)


async def save_rating_report(request: Request) -> Response:
    _ = translator(request)
    form, rating_id = await read_form(request), path_id(request, "rating_id")
    with form.catching():
        draft = read(ReportDraft, form.given("what", "text"))
        async with house_of(request).database.unit_of_work() as session:
            await moderation.report(session, viewer_of(request), rating_id, draft)
        said = _("Thank you. The moderators will look at it.")
        return redirect(request, "public_rating", said, rating_id=rating_id)
    return await _show(request, "ratings/report.html", form, _may_report)


async def reply_to_rating(request: Request) -> Response:
    viewer_of(request).signed_in()
    return await _show(request, "ratings/reply.html", blank_form(request), _may_answer)


async def save_rating_reply(request: Request) -> Response:
    """The first word, or the one update: the button says which was meant."""
    _ = translator(request)
    form, rating_id = await read_form(request), path_id(request, "rating_id")
    with form.catching():
        draft = read(ReplyDraft, form.given("text"))
        write: Callable[[Session, Viewer, UUID, ReplyDraft], Awaitable[UUID]] = (
            replies.update if form.value("step") == "update" else replies.reply
        )
        async with house_of(request).database.unit_of_work() as session:
            await write(session, viewer_of(request), rating_id, draft)
        said = _("Your reply is public, beside the rating.")
        return redirect(request, "public_rating", said, rating_id=rating_id)
    return await _show(request, "ratings/reply.html", form, _may_answer)


async def appeal_hiding(request: Request) -> Response:
    viewer_of(request).signed_in()
    return await _show_appeal(request, blank_form(request))


async def save_hiding_appeal(request: Request) -> Response:
    _ = translator(request)
    form, hiding_id = await read_form(request), path_id(request, "hiding_id")
    with form.catching():
        draft = read(AppealDraft, form.given("text"))
        async with house_of(request).database.unit_of_work() as session:
            rating_id = await moderation.appeal(session, viewer_of(request), hiding_id, draft)
        said = _("Your appeal is with another moderator.")
        return redirect(request, "public_rating", said, rating_id=rating_id)
    return await _show_appeal(request, form)


async def services_of(session: Session, rows: Iterable[PublishedRating]) -> dict[str, Any]:
    """The names of the services that the ratings are about."""
    return dict(await catalogue.by_codes(session, {row.service_type for row in rows}))


def _may_report(viewer: Viewer, row: PublishedRating) -> None:
    """Raises NotFound where nothing can be read, and so not be reported."""
    if not any(row.has(part.value) for part in Part):
        raise NotFound()


def _may_answer(viewer: Viewer, row: PublishedRating) -> None:
    if not viewer.holds_in_organisation(row.organisation_id, Role.ORGANISATION_MANAGER):
        raise NotPermitted()


async def _show(
    request: Request, template: str, form: Form, must: Callable[[Viewer, PublishedRating], None]
) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row = await published.rating(session, viewer, path_id(request, "rating_id"))
        if not form.is_refused:
            must(viewer, row)
        services = await services_of(session, [row])
    context = {"row": row, "services": services, "form": form, "parts": list(Part)}
    return render(request, template, context, form.status)


async def _show_appeal(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        row, hiding = await published.of_hiding(session, viewer, path_id(request, "hiding_id"))
        services = await services_of(session, [row])
    if hiding.explanation is None and not form.is_refused:
        raise OnlyTheAuthorAppeals()
    context = {"row": row, "hiding": hiding, "services": services, "form": form}
    return render(request, "ratings/appeal.html", context, form.status)


_ONE = "/ratings/{rating_id:uuid}"

routes: list[BaseRoute] = [
    Route("/ratings/of/{organisation_id:uuid}", provider_ratings, name="provider_ratings"),
    Route("/ratings/mine", ratings_to_answer, name="ratings_to_answer"),
    Route("/ratings/photos/{photo_id:uuid}", rating_photo, name="rating_photo"),
    Route("/ratings/hidings/{hiding_id:uuid}/appeal", appeal_hiding, name="appeal_hiding"),
    Route(
        "/ratings/hidings/{hiding_id:uuid}/appeal",
        save_hiding_appeal,
        methods=["POST"],
        name="save_hiding_appeal",
    ),
    Route(_ONE, public_rating, name="public_rating"),
    Route(_ONE + "/report", report_rating, name="report_rating"),
    Route(_ONE + "/report", save_rating_report, methods=["POST"], name="save_rating_report"),
    Route(_ONE + "/reply", reply_to_rating, name="reply_to_rating"),
    Route(_ONE + "/reply", save_rating_reply, methods=["POST"], name="save_rating_reply"),
]
