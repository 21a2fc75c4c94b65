"""Ratings and tickets added up by provider and service type, in the database: one row a cell comes back, however many ratings there are.

The weights come from ``formula.weight``, a row for each day, and every sum is one of whole numbers: what the database adds is what
``formula.add_up`` adds (a test compares them).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    and_,
    cast,
    column,
    distinct,
    func,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.ratings import standing
from marketplace.delivery.ratings.models import (
    DIMENSIONS,
    Rating,
    RatingHiding,
    RatingHold,
    RatingPeriod,
    RatingTicket,
)
from marketplace.kernel.clock import day_starts

STARS = 5
_HALF_STAR = formula.SIXTIETHS // 2
Cell: TypeAlias = tuple[UUID | None, str]
"""Provider and service type; without a provider a community brought it itself."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one closing looks at: the day it is as of, its constants, and the closed periods up to it. ``cell`` narrows it to one.

    ``is_scanned``: SQLite goes through the whole table from end to end, where it would rather jump about by an index.
    """

    as_of: date
    model: Model
    period_ids: Sequence[UUID]
    cell: Cell | None = None
    is_scanned: bool = False

    @property
    def first_day(self) -> date:
        """The oldest day whose ratings still have a weight."""
        return self.as_of - timedelta(days=self.model.kept_days - 1)

    @property
    def first_city_day(self) -> date:
        """The oldest day whose ratings make part of C."""
        return self.as_of - timedelta(days=self.model.city_days - 1)

    def ratings(self) -> ColumnElement[bool]:
        """SQL over ratings: public by this closing and not too old; whether they count or are held."""
        return and_(
            self._plainly(Rating.period_id).in_(self.period_ids),
            Rating.given_on.between(self.first_day, self.as_of),
            *self._where(Rating),
        )

    def counting(self) -> ColumnElement[bool]:
        """SQL over ratings: ``standing.counts()``, where the closed periods are known beforehand, by this closing."""
        return and_(self.ratings(), ~standing.is_held())

    def tickets(self) -> ColumnElement[bool]:
        """SQL over tickets: issued by this closing and not too old, and not taken back."""
        return and_(
            RatingTicket.issued_at >= day_starts(self.first_day),
            RatingTicket.issued_at < day_starts(self.as_of + timedelta(days=1)),
            RatingTicket.void_at.is_(None),
            *self._where(RatingTicket),
        )

    def by(self, table: type[Rating] | type[RatingTicket]) -> list[ColumnElement[Any]]:
        """What rows of a cell have in common."""
        return [self._plainly(table.organisation_id), self._plainly(table.service_type)]

    def _plainly(self, one: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        """The column, with the sign before it for which SQLite leaves its indexes alone."""
        return UnaryExpression(one.expression, operator=custom_op("+")) if self.is_scanned else one.expression

    def _where(self, table: type[Rating] | type[RatingTicket]) -> Iterator[ColumnElement[bool]]:
        if self.cell is not None:
            yield table.organisation_id == self.cell[0]
            yield table.service_type == self.cell[1]


@dataclass(frozen=True, slots=True)
class Dimension:
    """How many answered a dimension, and the sum of what they gave."""

    answers: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class CellSums:
    """All that a scorecard is made of. ``city`` is the cell's own share of the citywide sums; ``stars`` counts 1 to 5."""

    sums: Sums = field(default_factory=Sums)
    city: City = field(default_factory=lambda: City(0, 0, 0))
    raters: int = 0
    stars: tuple[int, ...] = (0,) * STARS
    dimensions: tuple[Dimension, ...] = (Dimension(),) * len(DIMENSIONS)
    would_continue: int = 0
    asked_to_continue: int = 0
    tickets: int = 0
    answered: int = 0
    held: int = 0
    hidden: int = 0


async def window_of(session: Session, period: RatingPeriod, cell: Cell | None = None) -> Window:
    """The window of a closed period, by the rules that it began with."""
    closed = await session.scalars(
        select(RatingPeriod.id).where(
            RatingPeriod.closed_at.is_not(None), RatingPeriod.starts_on <= period.starts_on
        )
    )
    return Window(period.ends_on, Model.of(period.rules), closed.all(), cell)


async def cells(session: Session, window: Window) -> dict[Cell, CellSums]:
    """Every cell with a rating that counts or a ticket in the window: four statements, each one pass."""
    is_whole, is_postgresql = window.cell is None, session.is_postgresql
    if is_postgresql and is_whole:
        # Millions of ratings are sorted in memory and by several processes, for this transaction alone.
        await session.execute(select(*(func.set_config(name, value, True) for name, value in _LARGE_SORTS)))
    window = replace(window, is_scanned=is_whole and not is_postgresql)
    weights = _weights(window, is_postgresql=is_postgresql)
    issued = {_cell(row): (row[2], row[3]) for row in await session.execute(_tickets(window))}
    held = {_cell(row): row[2] for row in await session.execute(_held(window))}
    hidden = {_cell(row): row[2] for row in await session.execute(_hidden(window))}
    found = {}
    for row in await session.execute(_ratings(window, weights)):
        cell = _cell(row)
        found[cell] = _sums(row, issued.get(cell, (0, 0)), held=held.get(cell, 0), hidden=hidden.get(cell, 0))
    for cell in {**issued, **held, **hidden}.keys() - found.keys():
        tickets, answered = issued.get(cell, (0, 0))
        found[cell] = CellSums(
            tickets=tickets, answered=answered, held=held.get(cell, 0), hidden=hidden.get(cell, 0)
        )
    return found


_LARGE_SORTS = (
    ("work_mem", "256MB"),
    ("parallel_tuple_cost", "0.001"),
    ("parallel_setup_cost", "10"),
    ("jit", "off"),
)


def _weights(window: Window, *, is_postgresql: bool) -> CTE:
    """A row for each day, written out: a thousand days as parameters would take longer to put together than one cell to add up."""
    kind = "DATE " if is_postgresql else ""
    rows = []
    for age in range(window.model.kept_days):
        day = window.as_of - timedelta(days=age)
        rows.append(f"({kind}'{day.isoformat()}', {formula.weight(age, window.model)})")
    written = text(f"VALUES {', '.join(rows)}").columns(
        column("column1", Date), column("column2", BigInteger)
    )
    return written.cte("weights")


def _ratings(window: Window, weights: CTE) -> Any:
    weight, sixtieths = cast(weights.c.column2, BigInteger), cast(Rating.sixtieths, BigInteger)
    of_city = Rating.given_on >= window.first_city_day
    star = Rating.sixtieths + _HALF_STAR
    columns: list[ColumnElement[Any]] = [
        func.count(),
        func.sum(weight),
        func.sum(weight * weight),
        func.sum(weight * sixtieths),
        func.sum(weight * sixtieths * sixtieths),
        func.count().filter(of_city),
        func.sum(Rating.sixtieths).filter(of_city),
        func.sum(Rating.sixtieths * Rating.sixtieths).filter(of_city),
        func.count(distinct(Rating.rater)),
        func.count().filter(Rating.should_continue.is_(True)),
        func.count(Rating.should_continue),
    ]
    for number in range(1, STARS + 1):
        low, high = number * formula.SIXTIETHS, (number + 1) * formula.SIXTIETHS
        columns.append(func.count().filter(star >= low, star < high))
    for name in DIMENSIONS:
        answered: InstrumentedAttribute[int | None] = getattr(Rating, name)
        columns += [func.count(answered), func.sum(answered)]
    return (
        select(Rating.organisation_id, Rating.service_type, *columns)
        .join(weights, weights.c.column1 == Rating.given_on)
        .where(window.counting())
        .group_by(*window.by(Rating))
    )


def _tickets(window: Window) -> Any:
    ends_at = day_starts(window.as_of + timedelta(days=1))
    return (
        select(
            RatingTicket.organisation_id,
            RatingTicket.service_type,
            func.count(),
            func.count().filter(RatingTicket.used_at < ends_at),
        )
        .where(window.tickets())
        .group_by(*window.by(RatingTicket))
    )


def _held(window: Window) -> Any:
    held = select(RatingHold.rating_id)
    return _counted(window).where(Rating.id.in_(held), standing.is_held())


def _hidden(window: Window) -> Any:
    hidden = select(RatingHiding.rating_id).where(RatingHiding.is_restored.is_not(True))
    return _counted(window).where(Rating.id.in_(hidden))


def _counted(window: Window) -> Any:
    return (
        select(Rating.organisation_id, Rating.service_type, func.count())
        .where(window.ratings())
        .group_by(Rating.organisation_id, Rating.service_type)
    )


def _cell(row: Sequence[Any]) -> Cell:
    return row[0], row[1]


def _sums(row: Sequence[Any], issued: tuple[int, int], *, held: int, hidden: int) -> CellSums:
    """From the columns of ``_ratings``. PostgreSQL sums large whole numbers as decimals; they are whole all the same."""
    _, _, ratings, *weights, in_city, city_sum, city_squares, raters, would_continue, asked = row[:_SCALARS]
    stars, answers = row[_SCALARS : _SCALARS + STARS], row[_SCALARS + STARS :]
    return CellSums(
        sums=Sums(ratings, *map(int, weights)),
        city=City(in_city, int(city_sum or 0), int(city_squares or 0)),
        raters=raters,
        stars=tuple(stars),
        dimensions=tuple(map(_dimension, answers[::2], answers[1::2])),
        would_continue=would_continue,
        asked_to_continue=asked,
        tickets=issued[0],
        answered=issued[1],
        held=held,
        hidden=hidden,
    )


_SCALARS = 13


def _dimension(answers: int, points: int | None) -> Dimension:
    return Dimension(answers, points or 0)
