"""Find organisations by any part of their name, by pinyin, by what they do and where; without words the list is by name."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID

import structlog

from marketplace.areas.codes import Level, level_of
from marketplace.db.session import Session
from marketplace.discovery import cursors
from marketplace.discovery.cursors import Mark, Teller
from marketplace.discovery.documents import Kind, row_id_of, served_in, serves
from marketplace.discovery.marking import Highlight, Marked, highlights_in
from marketplace.discovery.names import Names, look_up, must_be_known
from marketplace.discovery.plan import page_of
from marketplace.discovery.wishes import AreaCode, OptionalCode, Words
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import BlankIsNone, Draft
from marketplace.kernel.pagination import Page, PageRequest, encode_cursor
from marketplace.organisations import queries
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import OrganisationFilters
from matching.index import DEEPEST, AnyOf, Clause, Label, Query, Results, SearchIndex, SearchUnavailable

_ORGANISATIONS = AnyOf(Label.KIND, (Kind.ORGANISATION.value,))
_log = structlog.get_logger(__name__)


class OrganisationWishes(Draft):
    """Which organisations: every wish that is given must hold. They are registered or active in ``area``, or below it."""

    text: Words = None
    field: OptionalCode = None
    area: Annotated[AreaCode | None, BlankIsNone] = None


@dataclass(frozen=True, slots=True)
class FoundOrganisation(Marked):
    """An organisation with the places where the words that were asked for stand."""

    row: Organisation
    highlights: Sequence[Highlight] = ()


@dataclass(frozen=True, slots=True)
class FoundOrganisations:
    """An answer, and the names of the districts and fields it speaks of.

    ``reduced``: the database alone answered, by names, and nothing was counted by district (12-digit codes) and field.
    """

    page: Page[FoundOrganisation]
    names: Names
    by_district: Mapping[str, int] = field(default_factory=dict)
    by_field: Mapping[str, int] = field(default_factory=dict)
    reduced: bool = False
    approximate: bool = False
    cut: bool = False


async def find_organisations(
    session: Session, viewer: Viewer, index: SearchIndex, wishes: OrganisationWishes, request: PageRequest
) -> FoundOrganisations:
    """Organisations that the viewer may see: what is about the words first, else by name.

    Raises InputIsInvalid for a wish that names nothing we know, and CursorIsInvalid.
    """
    names = await look_up(session, wishes.area, [wishes.field] if wishes.field else [], ())
    must_be_known(("field", wishes.field, names.categories), ("area", wishes.area, names.areas))
    search = cursors.fingerprint("organisations", wishes.model_dump_json())
    stand = _Stand(search, cursors.read(request.after, search) if request.after else None, request.first)
    try:
        results, by_district, by_field = await asyncio.to_thread(_ask, index, wishes, stand)
    except SearchUnavailable as error:
        _log.warning("search.reduced", reason=type(error).__name__)
        return FoundOrganisations(await _by_name(session, viewer, wishes, stand), names, reduced=True)
    page = (
        await _by_likeness(session, viewer, wishes.text, results, stand)
        if wishes.text
        else await _by_name(session, viewer, wishes, stand)
    )
    return FoundOrganisations(page, names, by_district, by_field, False, results.approximate, results.cut)


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


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a reader stands in the list of a search, and how many come next; ``mark`` may be of either teller."""

    search: str
    mark: Mark | None
    first: int

    @property
    def seen(self) -> int:
        return self.mark.seen if self.mark else 0


def _ask(
    index: SearchIndex, wishes: OrganisationWishes, stand: _Stand
) -> tuple[Results, Mapping[str, int], Mapping[str, int]]:
    """The page, and how many there would be under each other district and field."""
    query = _query(wishes)
    anywhere = _query(wishes.model_copy(update={"area": None}))
    any_field = _query(wishes.model_copy(update={"field": None}))
    flags = index.search(replace(anywhere, limit=0, facets=(Label.FLAG,))).facets[Label.FLAG]
    districts = {
        code: count
        for flag, count in flags.items()
        if (code := served_in(flag)) is not None and level_of(code) is Level.DISTRICT
    }
    fields = index.search(replace(any_field, limit=0, facets=(Label.TAG,))).facets[Label.TAG]
    # Without words the database lists them; the index only counts.
    results = (
        page_of(index.search, query, stand.mark, stand.first)
        if wishes.text
        else index.search(replace(query, limit=0))
    )
    return results, districts, fields


def _query(wishes: OrganisationWishes) -> Query:
    clauses: list[Clause] = [_ORGANISATIONS]
    if wishes.field is not None:
        clauses.append(AnyOf(Label.TAG, (wishes.field,)))
    if wishes.area is not None:
        clauses.append(AnyOf(Label.FLAG, (serves(wishes.area),)))
    return Query(text=wishes.text or "", clauses=tuple(clauses))


async def _by_likeness(
    session: Session, viewer: Viewer, text: str, results: Results, stand: _Stand
) -> Page[FoundOrganisation]:
    marks = cursors.marks_of(results.hits, stand.seen, session.now())
    listed = [
        (row_id, mark) for mark, hit in zip(marks, results.hits, strict=True) if (row_id := row_id_of(hit.id))
    ]
    rows = await queries.by_ids(session, viewer, [row_id for row_id, _ in listed])
    shown = {row_id: FoundOrganisation(row, highlights_in(row, text)) for row_id, row in rows.items()}
    return cursors.page(listed, shown, results.total, stand.search)


async def _by_name(
    session: Session, viewer: Viewer, wishes: OrganisationWishes, stand: _Stand
) -> Page[FoundOrganisation]:
    """The next rows: after the key of the mark or, when the index made it, after as many as were seen."""
    mark = stand.mark
    goes_on = mark is not None and mark.teller is Teller.DATABASE
    page = await queries.page(
        session,
        viewer,
        OrganisationFilters(wishes.text, wishes.field, wishes.area),
        PageRequest(stand.first, encode_cursor(*map(str, mark.key)) if mark and goes_on else None),
        skip=0 if goes_on else stand.seen,
    )
    rows = [FoundOrganisation(row, highlights_in(row, wishes.text or "")) for row in page.rows]
    ends = [
        Mark(Teller.DATABASE, (row.name, str(row.id)), min(stand.seen + place, DEEPEST), session.now())
        for place, row in enumerate(page.rows, 1)
    ]
    return Page(rows, [cursors.written(end, stand.search) for end in ends], page.has_next, page.total)


def _ids(results: Results) -> list[UUID]:
    return [row_id for hit in results.hits if (row_id := row_id_of(hit.id)) is not None]
