"""Ratings as those who choose read them: the newest interval of each provider, or the city's where too few people rated.

A provider whom nobody knows yet counts as the imagined ratings alone would make it: the citywide mean, with the interval that they give.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue import rules
from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.ratings.models import RatingPeriod
from marketplace.delivery.scorecards.closings import newest_computed
from marketplace.delivery.scorecards.models import CityMean, Scorecard


@dataclass(frozen=True, slots=True)
class Interval:
    """What counts for a provider in a service type, in ten-thousandths. ``is_prior``: too few people rated, so it is the city's.

    ``raters`` of at least ``wanted`` are needed for a score of its own.
    """

    service_type: str
    score: int
    low: int
    high: int
    raters: int
    wanted: int
    is_prior: bool


async def published(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, dict[str, Interval]]:
    """By organisation and service type: the newest scorecards that may be published. One statement."""
    return _published(await _newest(session, organisation_ids))


def _published(rows: Sequence[tuple[Scorecard, int]]) -> dict[UUID, dict[str, Interval]]:
    found: dict[UUID, dict[str, Interval]] = {}
    for row, wanted in rows:
        if row.score is not None and row.low is not None and row.high is not None:
            found.setdefault(row.organisation_id, {})[row.service_type] = Interval(
                row.service_type, row.score, row.low, row.high, row.raters, wanted, is_prior=False
            )
    return found


async def priors(session: Session) -> tuple[Interval, dict[str, Interval]]:
    """What counts for whoever has no published rating: where nobody in the city rated, and by service type, as of the newest closing.

    One statement, and another one before anything was computed.
    """
    rows = (
        await session.execute(
            select(RatingPeriod.rules, CityMean)
            .join(CityMean, CityMean.period_id == RatingPeriod.id)
            .where(RatingPeriod.id == newest_computed().scalar_subquery())
        )
    ).all()
    if rows:
        model = Model.of(rows[0].rules)
    else:
        known = await rules.all_in_force(session, "rating.")
        model = Model.of({code: rule.value for code, rule in known.items()})
    cities = {mean.service_type: City(mean.ratings, mean.sum_sixtieths, mean.sum_squares) for _, mean in rows}
    return _prior("", City(0, 0, 0), model), {
        code: _prior(code, city, model) for code, city in cities.items()
    }


async def for_service(
    session: Session, organisation_ids: Collection[UUID], service_type: str | None
) -> dict[UUID, Interval]:
    """What counts for each of the organisations in a kind of service, for who chooses among them. Four statements.

    A rating of that very kind goes first, then that of a kind under it, then of one above it, by most people; whoever has none of these
    starts at the prior. Without a kind of service, everybody does.
    """
    rows, (nobody, cities) = await _newest(session, organisation_ids), await priors(session)
    known, circles = _published(rows), await _circles(session, service_type)
    counted = {row.organisation_id: row.raters for row, _ in rows if row.service_type == service_type}
    city = nearest(cities, circles) or nobody
    answer = {}
    for organisation_id in organisation_ids:
        own = nearest(known.get(organisation_id, {}), circles)
        if own is None:
            own = replace(city, service_type=service_type or "", raters=counted.get(organisation_id, 0))
        answer[organisation_id] = own
    return answer


async def low_ends(
    session: Session, organisation_ids: Collection[UUID], service_type: str | None
) -> dict[UUID, int]:
    """The lower ends of ``for_service``, in ten-thousandths: what a second competition counts."""
    found = await for_service(session, organisation_ids, service_type)
    return {organisation_id: one.low for organisation_id, one in found.items()}


def nearest(intervals: Mapping[str, Interval], circles: Sequence[Collection[str]]) -> Interval | None:
    """The interval of the first circle of service types that has any; of several that which most people made."""
    for circle in circles:
        found = [intervals[code] for code in circle if code in intervals]
        if found:
            return max(found, key=lambda one: (one.raters, one.service_type))
    return None


def _prior(service_type: str, city: City, model: Model) -> Interval:
    alone = formula.score(Sums(), 0, city, model)
    return Interval(
        service_type, alone.score, alone.low, alone.high, city.ratings, model.least_raters, is_prior=True
    )


async def _newest(session: Session, organisation_ids: Collection[UUID]) -> list[tuple[Scorecard, int]]:
    """The scorecards of the last closing that was computed, with how many raters its period asked for."""
    rows = await session.execute(
        select(Scorecard, RatingPeriod.rules)
        .join(RatingPeriod, RatingPeriod.id == Scorecard.period_id)
        .where(
            Scorecard.organisation_id.in_(organisation_ids),
            Scorecard.period_id == newest_computed().scalar_subquery(),
        )
    )
    return [(row, Model.of(constants).least_raters) for row, constants in rows]


async def _circles(session: Session, service_type: str | None) -> Sequence[Collection[str]]:
    """The service type, all that lies under it, all that lies above it."""
    if service_type is None:
        return ()
    rows = await session.execute(select(Tag.code, Tag.parent_code))
    parents = {row.code: row.parent_code for row in rows}
    above = _above(parents, service_type)
    under = [code for code in parents if service_type in _above(parents, code)]
    return (service_type,), under, above


def _above(parents: Mapping[str, str | None], code: str) -> list[str]:
    """What lies above a code; the catalogue holds a tree, and a ring in it would end all the same."""
    found: list[str] = []
    parent = parents.get(code)
    while parent is not None and parent not in found:
        found.append(parent)
        parent = parents.get(parent)
    return found
