"""Scorecards for everybody: a provider's own page, the directory by the sound of names, and at most four side by side."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.delivery.scorecards import queries, voices
from marketplace.delivery.scorecards.queries import CellCard, ProviderCards, ServiceCount
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import searchable
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import Page
from web import area_picker
from web.find_filters import Choice
from web.forms import blank_form
from web.templating import here, render
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of


async def scorecard(request: Request) -> Response:
    """Two statements at most: the cards with trend and facts, and the newest words."""
    organisation_id = path_id(request, "organisation_id")
    async with house_of(request).database.reading() as session:
        found = await queries.provider_cards(session, viewer_of(request), organisation_id)
        cell = _chosen(found, request.query_params.get("type"))
        said = await voices.newest(session, cell.newest) if cell is not None and cell.newest else ()
    context = {
        "provider": found.provider,
        "cells": found.cells,
        "cell": cell,
        "voices": said,
    }
    return render(request, "scorecards/card.html", context)


async def scorecards(request: Request) -> Response:
    """The directory: which services there are, and of a chosen one who offers it, never by what they scored."""
    service_type, area_code = _asked(request, "type"), _asked(request, "area")
    async with house_of(request).database.reading() as session:
        known = await queries.services(session, viewer_of(request), area_code)
        districts = await area_picker.districts(session, locale_of(request))
        page: Page[Any] | None = None
        if service_type is not None:
            page = await queries.directory(
                session, viewer_of(request), service_type, page_request(request), area_code
            )
    context = {
        "services": known,
        "area": area_code,
        "service": next((one.service for one in known if one.service.code == service_type), None),
        "groups": _groups(request, known, districts, service_type, area_code),
        "page": page,
        "chosen": _chosen_ids(request)[: queries.MOST_COMPARED],
        "most": queries.MOST_COMPARED,
        "is_first": "after" not in request.query_params,
    }
    return render(request, "scorecards/directory.html", context)


async def compare_scorecards(request: Request) -> Response:
    """At most four side by side on one scale. Too many, or none: the page says how to choose."""
    form = blank_form(request)
    service_type = _asked(request, "type") or ""
    ids = _chosen_ids(request)
    rows: Any = ()
    with form.catching():
        async with house_of(request).database.reading() as session:
            rows = await queries.compare(session, viewer_of(request), service_type, ids)
    service = next((one.card or one.facts for one in rows if one.card or one.facts), None)
    context = {
        "rows": rows,
        "service": service.service if service is not None else None,
        "service_type": service_type,
        "prior": next((one.card.prior for one in rows if one.card), None),
        "names": DIMENSIONS,
        "most": queries.MOST_COMPARED,
        "chosen": [("with", str(one)) for one in ids[: queries.MOST_COMPARED]],
        "form": form,
    }
    return render(request, "scorecards/compare.html", context, form.status)


def _chosen(found: ProviderCards, code: str | None) -> CellCard | None:
    """The service type that the address names, or the first."""
    named = next((one for one in found.cells if one.service.code == code), None)
    return named or next(iter(found.cells), None)


def _chosen_ids(request: Request) -> list[UUID]:
    """Whom the address names to be compared."""
    return [one for one in map(parse_id, request.query_params.getlist("with")) if one is not None]


def _asked(request: Request, name: str) -> str | None:
    return searchable(request.query_params.get(name, "")) or None


def _groups(
    request: Request,
    known: Any,
    districts: Any,
    service_type: str | None,
    area_code: str | None,
) -> list[Mapping[str, Any]]:
    """What narrows the directory, as links."""
    _ = translator(request)

    def name(one: ServiceCount) -> str:
        return one.service.name_en if locale_of(request) == EN else one.service.name_zh

    of_services = [
        Choice(
            name(one),
            one.providers,
            here(request, type=None if one.service.code == service_type else one.service.code, after=None),
            one.service.code == service_type,
        )
        for one in known
    ]
    of_districts = [
        Choice(
            label,
            None,
            here(request, area=None if code == area_code else code, after=None),
            code == area_code,
        )
        for code, label in districts
    ]
    groups = [
        {"title": _("Kind of service"), "rows": of_services},
        {"title": _("District"), "rows": of_districts},
    ]
    return [one for one in groups if one["rows"]]


routes: list[BaseRoute] = [
    Route("/scorecards", scorecards, name="scorecards"),
    Route("/scorecards/compare", compare_scorecards, name="compare_scorecards"),
    Route("/organisations/{organisation_id:uuid}/scorecard", scorecard, name="scorecard"),
]
