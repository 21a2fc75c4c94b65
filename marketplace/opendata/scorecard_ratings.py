"""The ratings of a dump: those of published cells, of which alone C is made.

Rows of a cell lie in the order of what they say, and raters are numbered in that order, so that neither tells who rated, when in the day, or
in which order people came. Of a cell that a decision about held ratings took out of publication since the closing, what made part of C
is told as a bare number of its service type, without provider, day, rater or dimension.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.db.session import Session
from marketplace.delivery.ratings.models import DIMENSIONS, Rating, RatingHold
from marketplace.delivery.scorecards.adding import Window
from marketplace.delivery.scorecards.models import CityMean, Scorecard

_PROVIDERS_AT_ONCE = 50
_ROWS_AT_ONCE = 10_000
_BLANK = (None,) * (1 + 1 + len(DIMENSIONS))
Row: TypeAlias = tuple[Any, ...]


async def rows(session: Session, window: Window, period_id: UUID) -> AsyncIterator[list[Row]]:
    """The rows of ``ratings.csv``, some providers at a time: memory holds the ratings of those and no more."""
    after: UUID | None = None
    while True:
        ids = await _providers(session, period_id, after)
        if not ids:
            break
        found = await session.execute(_named(window, period_id, ids))
        yield [line for _, lines in groupby(found, key=lambda row: row[:2]) for line in _cell(lines)]
        after = ids[-1]
    async for part in _unnamed(session, window, period_id):
        yield part


async def _providers(session: Session, period_id: UUID, after: UUID | None) -> Sequence[UUID]:
    """The next providers with a published scorecard of the period."""
    query = (
        select(Scorecard.organisation_id)
        .where(Scorecard.period_id == period_id, Scorecard.score.is_not(None))
        .distinct()
        .order_by(Scorecard.organisation_id)
        .limit(_PROVIDERS_AT_ONCE)
    )
    if after is not None:
        query = query.where(Scorecard.organisation_id > after)
    return (await session.scalars(query)).all()


def _named(window: Window, period_id: UUID, ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """Ratings that counted when their cell's scorecard was computed, with whether they made part of C when that was."""
    in_city = and_(
        Scorecard.inputs["in_mean"].as_boolean().is_(True),
        Rating.given_on >= window.first_city_day,
        ~_held_at(CityMean.computed_at),
    )
    return (
        select(
            Rating.organisation_id,
            Rating.service_type,
            Rating.rater,
            Rating.given_on,
            *(getattr(Rating, name) for name in DIMENSIONS),
            Rating.sixtieths,
            Rating.should_continue,
            Rating.assisted_by.is_not(None).label("assisted"),
            in_city.label("in_city"),
        )
        .join(
            Scorecard,
            and_(
                Scorecard.organisation_id == Rating.organisation_id,
                Scorecard.service_type == Rating.service_type,
                Scorecard.period_id == period_id,
                Scorecard.score.is_not(None),
            ),
        )
        .join(
            CityMean, and_(CityMean.period_id == period_id, CityMean.service_type == Scorecard.service_type)
        )
        .where(window.ratings(), Rating.organisation_id.in_(ids), ~_held_at(Scorecard.computed_at))
        .order_by(Rating.organisation_id, Rating.service_type)
    )


def _held_at(moment: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """SQL over ratings: they were held at that moment, whatever was decided since."""
    return exists().where(
        RatingHold.rating_id == Rating.id,
        RatingHold.held_at <= moment,
        or_(RatingHold.decided_at.is_(None), RatingHold.decided_at > moment, RatingHold.is_upheld.is_(True)),
    )


def _cell(lines: Iterable[Any]) -> Iterator[Row]:
    """The rows of one cell: those of a rater together, raters in the order of what they said."""
    by_rater: dict[UUID, list[Row]] = {}
    cell: Row = ()
    for line in lines:
        cell = tuple(line[:2])
        by_rater.setdefault(line.rater, []).append(tuple(line[3:]))
    said = [sorted(one, key=_order) for one in by_rater.values()]
    for number, told in enumerate(sorted(said, key=lambda one: list(map(_order, one))), start=1):
        for line in told:
            yield (*cell, number, *line)


def _order(line: Row) -> Row:
    return (line[0], *((value is not None, value or 0) for value in line[1:]))


async def _unnamed(session: Session, window: Window, period_id: UUID) -> AsyncIterator[list[Row]]:
    """What made part of C while its cell was published, which a decision about held ratings ended: numbers in their order."""
    found = await session.execute(_unpublished(window, period_id))
    for code, sixtieths, count in sorted(tuple(row) for row in found):
        row = (None, code, *_BLANK, sixtieths, None, None, True)
        for start in range(0, count, _ROWS_AT_ONCE):
            yield [row] * min(_ROWS_AT_ONCE, count - start)


def _of_city(window: Window, period_id: UUID, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Over ratings that counted when C was computed, and are not too old for it."""
    return (
        select(Rating.service_type, *columns)
        .select_from(Rating)
        .join(CityMean, and_(CityMean.period_id == period_id, CityMean.service_type == Rating.service_type))
        .where(
            window.ratings(),
            Rating.given_on >= window.first_city_day,
            ~_held_at(CityMean.computed_at),
        )
    )


def _of_cards(query: Select[*tuple[Any, ...]], period_id: UUID) -> Select[*tuple[Any, ...]]:
    """Those of the ratings whose cell made part of C."""
    return query.join(
        Scorecard,
        and_(
            Scorecard.organisation_id == Rating.organisation_id,
            Scorecard.service_type == Rating.service_type,
            Scorecard.period_id == period_id,
        ),
    ).where(Scorecard.inputs["in_mean"].as_boolean().is_(True))


def _unpublished(window: Window, period_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        _of_cards(_of_city(window, period_id, Rating.sixtieths, func.count()), period_id)
        .where(Scorecard.score.is_(None))
        .group_by(Rating.service_type, Rating.sixtieths)
    )
