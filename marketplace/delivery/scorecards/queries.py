"""Look up stored scorecards and facts: a provider's page in one statement, the directory by name, a few side by side.

The newest scorecards are those of the last closed period that was computed: a provider of whom nothing is left in the window has none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, exists, func, or_, select, true, union
from sqlalchemy.orm import aliased

from marketplace.areas import pinyin
from marketplace.areas.codes import within
from marketplace.catalogue.models import Tag
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.delivery.ratings.models import RatingPeriod
from marketplace.delivery.scorecards.closings import newest_computed
from marketplace.delivery.scorecards.errors import TooManyToCompare
from marketplace.delivery.scorecards.models import ProviderFacts, Scorecard
from marketplace.delivery.scorecards.rows import FactsRow, ScorecardRow, Service, facts_row, scorecard_row
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.pagination import Page, PageRequest, cut, decode_cursor, encode_cursor
from marketplace.organisations.models import Organisation, OrganisationArea
from marketplace.organisations.policy import visible_to

MOST_COMPARED = 4
MOST_PERIODS = 24
"""How many closings a trend shows."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose scorecard it is."""

    id: UUID
    name: str
    kind: str
    area_code: str


@dataclass(frozen=True, slots=True)
class CellCard:
    """A provider's service type: its newest scorecard, those of before from the oldest on, and its facts; any of them may be missing."""

    service: Service
    newest: ScorecardRow | None
    trend: Sequence[ScorecardRow]
    facts: FactsRow | None


@dataclass(frozen=True, slots=True)
class ProviderCards:
    """All scorecards of a provider, the service types that most people rated first."""

    provider: Provider
    cells: Sequence[CellCard]


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider in the directory, or beside others."""

    provider: Provider
    card: ScorecardRow | None
    facts: FactsRow | None


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """A kind of service, and how many providers have a scorecard of it, published or not."""

    service: Service
    providers: int
    published: int


async def newest(session: Session, organisation_id: UUID) -> Sequence[ScorecardRow]:
    """A provider's newest scorecards, one a service type. For the house itself: whoever shows them asks first who looks."""
    return await newest_of_many(session, [organisation_id])


async def newest_of_many(
    session: Session, organisation_ids: Collection[UUID], service_type: str | None = None
) -> Sequence[ScorecardRow]:
    """The newest scorecards of many providers, of one service type where named, by provider and service type."""
    query = _cards().where(
        Scorecard.organisation_id.in_(organisation_ids), Scorecard.period_id == _newest_period()
    )
    if service_type is not None:
        query = query.where(Scorecard.service_type == service_type)
    rows = await session.execute(query.order_by(Scorecard.organisation_id, Scorecard.service_type))
    return [_row(row) for row in rows]


async def by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ScorecardRow]:
    """Those of the scorecards whose provider the viewer may see."""
    rows = await session.execute(_cards_for(viewer).where(Scorecard.id.in_(ids)))
    return {row[0].id: _row(row) for row in rows}


async def of_organisations(
    session: Session, viewer: Viewer, organisation_ids: Collection[UUID]
) -> dict[UUID, list[ScorecardRow]]:
    """By provider that the viewer may see, the newest scorecards."""
    rows = await session.execute(
        _cards_for(viewer)
        .where(Scorecard.organisation_id.in_(organisation_ids), Scorecard.period_id == _newest_period())
        .order_by(Scorecard.service_type)
    )
    return grouped((row[0].organisation_id, _row(row)) for row in rows)


async def trends_of(
    session: Session, viewer: Viewer, cells: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], list[ScorecardRow]]:
    """By provider and service type, the last scorecards, the oldest first."""
    wanted = set(cells)
    rows = await session.execute(
        _cards_for(viewer)
        .where(
            Scorecard.organisation_id.in_({one for one, _ in wanted}),
            Scorecard.service_type.in_({code for _, code in wanted}),
            RatingPeriod.starts_on >= _first_shown(),
        )
        .order_by(RatingPeriod.starts_on)
    )
    found = grouped(((row[0].organisation_id, row[0].service_type), _row(row)) for row in rows)
    return {cell: one for cell, one in found.items() if cell in wanted}


async def facts_of(
    session: Session, viewer: Viewer, organisation_ids: Collection[UUID]
) -> dict[UUID, list[FactsRow]]:
    """By provider that the viewer may see, what records say, by service type."""
    rows = await session.execute(
        select(ProviderFacts, Tag)
        .join(Tag, Tag.code == ProviderFacts.service_type)
        .join(Organisation, Organisation.id == ProviderFacts.organisation_id)
        .where(ProviderFacts.organisation_id.in_(organisation_ids), visible_to(viewer))
        .order_by(ProviderFacts.service_type)
    )
    return grouped((facts.organisation_id, facts_row(facts, _service(tag))) for facts, tag in rows)


async def provider_cards(session: Session, viewer: Viewer, organisation_id: UUID) -> ProviderCards:
    """A provider with all its scorecards, trends and facts, in one statement. Raises NotFound."""
    types = union(
        select(Scorecard.service_type).where(Scorecard.organisation_id == organisation_id),
        select(ProviderFacts.service_type).where(ProviderFacts.organisation_id == organisation_id),
    ).subquery()
    recent = select(RatingPeriod.id).where(RatingPeriod.starts_on >= _first_shown())
    query: Select[*tuple[Any, ...]] = (
        select(Organisation, Tag, ProviderFacts, Scorecard, RatingPeriod, _newest_period())
        .select_from(Organisation)
        .outerjoin(types, true())
        .outerjoin(Tag, Tag.code == types.c.service_type)
        .outerjoin(
            ProviderFacts,
            and_(ProviderFacts.organisation_id == organisation_id, ProviderFacts.service_type == Tag.code),
        )
        .outerjoin(
            Scorecard,
            and_(
                Scorecard.organisation_id == organisation_id,
                Scorecard.service_type == Tag.code,
                Scorecard.period_id.in_(recent),
            ),
        )
        .outerjoin(RatingPeriod, RatingPeriod.id == Scorecard.period_id)
        .where(Organisation.id == organisation_id, visible_to(viewer))
        .order_by(Tag.code, RatingPeriod.starts_on)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        raise NotFound()
    by_type = grouped((row[1].code, row) for row in rows if row[1] is not None)
    found = [_cell(all_of) for all_of in by_type.values()]
    shown = [one for one in found if one.newest is not None or one.facts is not None]
    shown.sort(key=lambda one: (-(one.newest.raters if one.newest else -1), one.service.code))
    return ProviderCards(_provider(rows[0][0]), shown)


async def services(session: Session, viewer: Viewer, area_code: str | None = None) -> Sequence[ServiceCount]:
    """The kinds of service of which anybody has a scorecard, by their codes."""
    rows = await session.execute(
        select(Tag, func.count(), func.count(Scorecard.score))
        .select_from(Scorecard)
        .join(Tag, Tag.code == Scorecard.service_type)
        .join(Organisation, Organisation.id == Scorecard.organisation_id)
        .where(Scorecard.period_id == _newest_period(), visible_to(viewer), *_there(area_code))
        .group_by(Tag.code)
        .order_by(Tag.code)
    )
    return [ServiceCount(_service(tag), providers, published) for tag, providers, published in rows]


async def directory(
    session: Session,
    viewer: Viewer,
    service_type: str,
    request: PageRequest,
    area_code: str | None = None,
) -> Page[Listed]:
    """Providers with a scorecard of a service type, by the sound of their names: never by what they scored. Two statements.

    Raises CursorIsInvalid.
    """
    named = await session.execute(
        select(Organisation.id, Organisation.name)
        .join(Scorecard, Scorecard.organisation_id == Organisation.id)
        .where(
            Scorecard.period_id == _newest_period(),
            Scorecard.service_type == searchable(service_type),
            visible_to(viewer),
            *_there(area_code),
        )
    )
    # No database of ours knows how Chinese names sound; one kind of service has as many providers as fit into memory.
    ordered = sorted((sound(name), str(organisation_id)) for organisation_id, name in named)
    total = len(ordered)
    if request.after:
        seen = decode_cursor(request.after, str, UUID)
        ordered = [one for one in ordered if one > (seen[0], str(seen[1]))]
    shown = ordered[: request.first + 1]
    found = {
        row.provider.id: row
        for row in await _listed(session, viewer, [UUID(key) for _, key in shown], service_type)
    }
    rows = [(key, found[UUID(key[1])]) for key in shown if UUID(key[1]) in found]
    page = cut(rows, request, lambda row: encode_cursor(row[0][0], UUID(row[0][1])), total)
    return Page([row for _, row in page.rows], page.cursors, page.has_next, page.total)


async def compare(
    session: Session, viewer: Viewer, service_type: str, organisation_ids: Sequence[UUID]
) -> Sequence[Listed]:
    """A few providers side by side, by the sound of their names; whom the viewer may not see is left out. Raises TooManyToCompare."""
    if len(set(organisation_ids)) > MOST_COMPARED:
        raise TooManyToCompare(most=MOST_COMPARED)
    if not organisation_ids:
        return ()
    rows = await _listed(session, viewer, organisation_ids, service_type)
    return sorted(rows, key=lambda one: (sound(one.provider.name), str(one.provider.id)))


@lru_cache(maxsize=65_536)
def sound(name: str) -> str:
    """What names are put in order by: pinyin without tones, Latin letters as they are."""
    return " ".join(pinyin.syllables(name))


async def _listed(
    session: Session, viewer: Viewer, organisation_ids: Iterable[UUID], service_type: str
) -> list[Listed]:
    code = searchable(service_type)
    query: Select[*tuple[Any, ...]] = (
        select(Organisation, Tag, ProviderFacts, Scorecard, RatingPeriod)
        .select_from(Organisation)
        .join(Tag, Tag.code == code)
        .outerjoin(
            ProviderFacts,
            and_(ProviderFacts.organisation_id == Organisation.id, ProviderFacts.service_type == code),
        )
        .outerjoin(
            Scorecard,
            and_(
                Scorecard.organisation_id == Organisation.id,
                Scorecard.service_type == code,
                Scorecard.period_id == _newest_period(),
            ),
        )
        .outerjoin(RatingPeriod, RatingPeriod.id == Scorecard.period_id)
        .where(Organisation.id.in_(set(organisation_ids)), visible_to(viewer))
    )
    return [
        Listed(
            _provider(organisation),
            None if card is None else _row((card, tag, period)),
            None if facts is None else facts_row(facts, _service(tag)),
        )
        for organisation, tag, facts, card, period in await session.execute(query)
    ]


def _newest_period() -> ScalarSelect[UUID]:
    return newest_computed().scalar_subquery()


def _first_shown() -> ScalarSelect[Any]:
    """The first day of the oldest period that a trend shows."""
    period = aliased(RatingPeriod)
    newest_ones = (
        select(period.starts_on)
        .where(period.closed_at.is_not(None))
        .order_by(period.starts_on.desc())
        .limit(MOST_PERIODS)
        .subquery()
    )
    return select(func.min(newest_ones.c.starts_on)).scalar_subquery()


def _cards() -> Select[*tuple[Any, ...]]:
    return (
        select(Scorecard, Tag, RatingPeriod)
        .join(Tag, Tag.code == Scorecard.service_type)
        .join(RatingPeriod, RatingPeriod.id == Scorecard.period_id)
    )


def _cards_for(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        _cards()
        .join(Organisation, Organisation.id == Scorecard.organisation_id)
        .where(visible_to(viewer), RatingPeriod.closed_at.is_not(None))
    )


def _there(area_code: str | None) -> list[ColumnElement[bool]]:
    """SQL over organisations: registered there, or serving there."""
    if area_code is None:
        return []
    code = searchable(area_code)
    serves = exists().where(
        OrganisationArea.organisation_id == Organisation.id, within(OrganisationArea.area_code, code)
    )
    return [or_(within(Organisation.area_code, code), serves)]


def _cell(rows: Sequence[Row[*tuple[Any, ...]]]) -> CellCard:
    """One service type of a provider, from its rows in the order of periods."""
    _, tag, facts, _, _, newest_id = rows[0]
    trend = [_row((row[3], tag, row[4])) for row in rows if row[3] is not None]
    return CellCard(
        _service(tag),
        next((one for one in trend if one.period_id == newest_id), None),
        trend,
        None if facts is None else facts_row(facts, _service(tag)),
    )


def _row(row: Row[*tuple[Any, ...]] | tuple[Scorecard, Tag, RatingPeriod]) -> ScorecardRow:
    card, tag, period = row
    rules: Mapping[str, Any] = period.rules
    return scorecard_row(card, _service(tag), period.starts_on, rules)


def _service(tag: Tag) -> Service:
    return Service(tag.code, tag.name_zh, tag.name_en)


def _provider(row: Organisation) -> Provider:
    return Provider(row.id, row.name, row.kind, row.area_code)
