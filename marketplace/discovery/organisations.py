"""Find organisations by any part of their name, by pinyin, by what they do and where; without words the list is by name."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import structlog

from marketplace.db.session import Session
from marketplace.discovery import cursors
from marketplace.discovery.cursors import Mark, Teller
from marketplace.discovery.documents import Kind, row_id_of, served_in, serves
from marketplace.discovery.marking import Highlight, Piece, Place, excerpt, highlights_in, pieces
from marketplace.discovery.wishes import AreaCode, OptionalCode, Words
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import BlankIsNone, Draft
from marketplace.kernel.pagination import CursorIsInvalid, Page, PageRequest
from marketplace.organisations import queries
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import OrganisationFilters
from matching.index import AnyOf, Clause, Key, Label, Query, Results, SearchIndex, SearchUnavailable

_ORGANISATIONS = AnyOf(Label.KIND, (Kind.ORGANISATION.value,))
_log = structlog.get_logger(__name__)


class OrganisationWishes(Draft):
    """Which organisations: every wish that is given must hold. They are registered or active in ``area``, or below it."""

    text: Words = None
    field: OptionalCode = None
    area: Annotated[AreaCode | None, BlankIsNone] = None


@dataclass(frozen=True, slots=True)
class FoundOrganisation:
    """An organisation with the places where the words that were asked for stand."""

    row: Organisation
    highlights: Sequence[Highlight] = ()

    def marked(self, place: Place) -> Sequence[Piece]:
        """One of its texts, cut where marking begins and ends; nothing when nothing in it is marked."""
        return next((pieces(one) for one in self.highlights if one.place == place), ())

    @property
    def excerpt(self) -> Sequence[Piece]:
        """The stretch of what it says about itself in which most is marked."""
        return next((excerpt(one) for one in self.highlights if one.place is Place.DESCRIPTION), ())


@dataclass(frozen=True, slots=True)
class FoundOrganisations:
    """An answer. ``reduced``: the database alone answered, by names, and nothing was counted by district (12-digit codes) and field."""

    page: Page[FoundOrganisation]
    by_district: Mapping[str, int] = field(default_factory=dict)
    by_field: Mapping[str, int] = field(default_factory=dict)
    reduced: bool = False
    approximate: bool = False
    cut: bool = False


async def find_organisations(
    session: Session, viewer: Viewer, index: SearchIndex, wishes: OrganisationWishes, request: PageRequest
) -> FoundOrganisations:
    """Organisations that the viewer may see: what is about the words first, else by name. Raises CursorIsInvalid."""
    search = cursors.fingerprint("organisations", wishes.model_dump_json())
    mark = cursors.read(request.after, search) if wishes.text and request.after else None
    query = _query(wishes, request.first if wishes.text else 0, mark)
    try:
        results, counts = await asyncio.to_thread(_ask, index, wishes, query)
    except SearchUnavailable as error:
        _log.warning("search.reduced", reason=type(error).__name__)
        return FoundOrganisations(await _by_name(session, viewer, wishes, request), reduced=True)
    page = (
        await _by_likeness(session, viewer, wishes, results, (mark, search))
        if wishes.text
        else await _by_name(session, viewer, wishes, request)
    )
    return FoundOrganisations(
        page, counts[Label.FLAG], counts[Label.TAG], False, results.approximate, results.cut
    )


async def matching_organisations(
    session: Session, viewer: Viewer, index: SearchIndex, text: str, most: int
) -> Sequence[Organisation]:
    """At most ``most`` organisations that exactly ``text`` is about, best first, as far as the viewer may see them.

    None where only something similar was found, or while the index cannot answer: they are an addition to a list of needs.
    """
    query = Query(text=text, clauses=(_ORGANISATIONS,), limit=most)
    try:
        found = await asyncio.to_thread(index.search, query)
    except SearchUnavailable:
        return []
    ids = _ids(found)
    if not ids or found.approximate:
        return []
    rows = await queries.by_ids(session, viewer, ids)
    return [rows[row_id] for row_id in ids if row_id in rows]


def _ask(
    index: SearchIndex, wishes: OrganisationWishes, query: Query
) -> tuple[Results, Mapping[Label, Mapping[str, int]]]:
    """The page, and how many there would be under each other district and field."""
    anywhere = Query(
        text=query.text,
        clauses=_clauses(wishes.model_copy(update={"area": None})),
        limit=0,
        facets=(Label.FLAG,),
    )
    any_field = Query(
        text=query.text,
        clauses=_clauses(wishes.model_copy(update={"field": None})),
        limit=0,
        facets=(Label.TAG,),
    )
    flags = index.search(anywhere).facets[Label.FLAG]
    districts = {
        code: count
        for flag, count in flags.items()
        if (code := served_in(flag)) is not None and code.endswith("000000")
    }
    return index.search(query), {
        Label.FLAG: districts,
        Label.TAG: index.search(any_field).facets[Label.TAG],
    }


def _query(wishes: OrganisationWishes, limit: int, mark: Mark | None) -> Query:
    query = Query(text=wishes.text or "", clauses=_clauses(wishes), limit=limit)
    if mark is None:
        return query
    match mark.key:
        case (None | int() | float() as value, str(id_)):
            return Query(
                text=query.text, clauses=query.clauses, limit=limit, after=Key(value, id_), seen=mark.seen
            )
    raise CursorIsInvalid()


def _clauses(wishes: OrganisationWishes) -> tuple[Clause, ...]:
    clauses: list[Clause] = [_ORGANISATIONS]
    if wishes.field is not None:
        clauses.append(AnyOf(Label.TAG, (wishes.field,)))
    if wishes.area is not None:
        clauses.append(AnyOf(Label.FLAG, (serves(wishes.area),)))
    return tuple(clauses)


async def _by_likeness(
    session: Session,
    viewer: Viewer,
    wishes: OrganisationWishes,
    results: Results,
    place: tuple[Mark | None, str],
) -> Page[FoundOrganisation]:
    mark, search = place
    seen = mark.seen if mark else 0
    rows = await queries.by_ids(session, viewer, _ids(results))
    shown: list[FoundOrganisation] = []
    ends: list[str] = []
    for number, hit in enumerate(results.hits, seen + 1):
        row = rows.get(row_id) if (row_id := row_id_of(hit.id)) is not None else None
        if row is not None:
            shown.append(FoundOrganisation(row, highlights_in(row, wishes.text or "")))
            end = Mark(Teller.INDEX, (hit.key.value, hit.key.id), number, session.now())
            ends.append(cursors.written(end, search))
    hidden = len(results.hits) - len(shown)
    has_next = bool(shown) and seen + len(results.hits) < results.total
    return Page(shown, ends, has_next, results.total - hidden)


async def _by_name(
    session: Session, viewer: Viewer, wishes: OrganisationWishes, request: PageRequest
) -> Page[FoundOrganisation]:
    filters = OrganisationFilters(wishes.text, wishes.field, wishes.area)
    page = await queries.page(session, viewer, filters, request)
    rows = [FoundOrganisation(row, highlights_in(row, wishes.text or "")) for row in page.rows]
    return Page(rows, page.cursors, page.has_next, page.total)


def _ids(results: Results) -> list[UUID]:
    return [row_id for hit in results.hits if (row_id := row_id_of(hit.id)) is not None]
