"""Scorecards from ratings: all of a closed period, or one cell anew after a decision about what was held.

C is made of published cells (ADR 0029) and fixed at the closing: a decision later changes its own cell and enters C with the next one. So one changed cell never moves another,
and costs the same in any city. ``inputs`` of a scorecard say whether its ratings made part of C then (``in_mean``).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, Text, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.ratings.models import DIMENSIONS, RatingPeriod
from marketplace.delivery.scorecards.adding import Cell, CellSums, cells, window_of
from marketplace.delivery.scorecards.closings import newest_computed
from marketplace.delivery.scorecards.events import ScorecardChanged, ScorecardsComputed
from marketplace.delivery.scorecards.models import CityMean, Scorecard
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

_AT_ONCE = 2_000
_NOBODY = City(0, 0, 0)


async def compute_period(session: Session, period_id: UUID) -> int:
    """Work out every scorecard and citywide mean of a closed period; how many cells. Again is the same: rows are put over the old ones."""
    # Who computes holds the period: a decision about a held rating waits, and finds these rows to change.
    period = await _held_period(session, period_id)
    if period is None or period.closed_at is None:
        return 0
    window = await window_of(session, period)
    found = await cells(session, window)
    # C is made of published cells alone: of sums that anybody may subtract from each other none must hide a small cell.
    public = {cell for cell, sums in found.items() if cell[0] is not None and _is_public(sums, window.model)}
    cities = _cities(found, public)
    means = [_mean_row(session, period_id, code, city) for code, city in cities.items()]
    await _put(session, CityMean, means, "period_id", "service_type")
    cards = [
        _card_row(session, period, cell, sums, cities[cell[1]], window.model, in_mean=cell in public)
        for cell, sums in found.items()
        if cell[0] is not None
    ]
    for start in range(0, len(cards), _AT_ONCE):
        part = cards[start : start + _AT_ONCE]
        await _put(session, Scorecard, part, "organisation_id", "service_type", "period_id")
    await publish(session, ScorecardsComputed(period_id))
    return len(cards)


async def compute_cell(session: Session, organisation_id: UUID, service_type: str) -> bool:
    """Work out one provider's newest scorecard anew, with C as it was at the closing. False where no period was computed yet:

    then the closing takes the decision along.
    """
    period_id = await newest_period(session)
    period = None if period_id is None else await _held_period(session, period_id)
    if period is None:
        return False
    window = await window_of(session, period, (organisation_id, service_type))
    found = await cells(session, window)
    sums = found.get((organisation_id, service_type), CellSums())
    mean = await session.scalar(
        select(CityMean).where(CityMean.period_id == period.id, CityMean.service_type == service_type)
    )
    city = City(mean.ratings, mean.sum_sixtieths, mean.sum_squares) if mean is not None else _NOBODY
    before = await session.scalar(
        select(Scorecard.inputs).where(
            Scorecard.organisation_id == organisation_id,
            Scorecard.service_type == service_type,
            Scorecard.period_id == period.id,
        )
    )
    in_mean = bool((before or {}).get("in_mean"))
    row = _card_row(
        session, period, (organisation_id, service_type), sums, city, window.model, in_mean=in_mean
    )
    await _put(session, Scorecard, [row], "organisation_id", "service_type", "period_id")
    await publish(session, ScorecardChanged(organisation_id, service_type))
    return True


async def newest_period(session: Session) -> UUID | None:
    """The last closed period whose scorecards stand: theirs are the public ones."""
    found: UUID | None = await session.scalar(newest_computed())
    return found


async def _held_period(session: Session, period_id: UUID) -> RatingPeriod | None:
    found: RatingPeriod | None = await session.scalar(
        select(RatingPeriod).where(RatingPeriod.id == period_id).with_for_update()
    )
    return found


def _is_public(sums: CellSums, model: Model) -> bool:
    return formula.may_be_published(sums.sums, sums.raters, model)


def _plain(numbers: Sums | City | Model) -> dict[str, int]:
    """The numbers by their names: what ``dataclasses.asdict`` gives, without its deep copy, tens of thousands of times."""
    return {name: getattr(numbers, name) for name in numbers.__slots__}


@lru_cache(maxsize=512)
def _of_city(city: City, model: Model) -> tuple[int, dict[str, int], dict[str, int]]:
    """C, and both by their names: the same for every card of a service type."""
    return formula.ten_thousandths(city.mean(model)), _plain(city), _plain(model)


def _cities(found: Mapping[Cell, CellSums], public: set[Cell]) -> dict[str, City]:
    """The citywide sums of every service type that has a cell, even where nobody is published."""
    totals: dict[str, City] = {}
    for cell, sums in found.items():
        before = totals.get(cell[1], _NOBODY)
        own = sums.city if cell in public else _NOBODY
        totals[cell[1]] = City(
            before.ratings + own.ratings,
            before.sum_sixtieths + own.sum_sixtieths,
            before.sum_squares + own.sum_squares,
        )
    return totals


def _mean_row(session: Session, period_id: UUID, service_type: str, city: City) -> dict[str, Any]:
    return {
        "id": new_id(),
        "period_id": period_id,
        "service_type": service_type,
        **_plain(city),
        "computed_at": session.now(),
    }


def _card_row(
    session: Session,
    period: RatingPeriod,
    cell: Cell,
    sums: CellSums,
    city: City,
    model: Model,
    *,
    in_mean: bool,
) -> dict[str, Any]:
    shown = _is_public(sums, model)
    score = formula.score(sums.sums, sums.raters, city, model) if shown else None
    prior, plain_city, plain_model = _of_city(city, model)
    return {
        "id": new_id(),
        "organisation_id": cell[0],
        "service_type": cell[1],
        "period_id": period.id,
        "formula": formula.VERSION,
        "as_of": period.ends_on,
        "ratings": sums.sums.ratings,
        "raters": sums.raters,
        "tickets": sums.tickets,
        "held": sums.held,
        "hidden": sums.hidden,
        "score": score and score.score,
        "low": score and score.low,
        "high": score and score.high,
        "prior": prior,
        "band": score and score.band.value,
        "inputs": {
            "sums": _plain(sums.sums) if shown else None,
            "raters": sums.raters,
            "city": plain_city,
            "model": plain_model,
            "in_mean": in_mean,
        },
        "detail": dict(_detail(sums, model, shown=shown)),
        "computed_at": session.now(),
    }


def _detail(sums: CellSums, model: Model, *, shown: bool) -> Iterator[tuple[str, Any]]:
    """What pages draw; what fewer people said than the smallest cell is left out, and below publication all but the answered tickets."""
    yield "answered", sums.answered
    if not shown:
        return
    yield "distribution", list(sums.stars)
    means = {}
    for name, one in zip(DIMENSIONS, sums.dimensions, strict=True):
        if one.answers >= model.smallest_cell:
            means[name] = {"answers": one.answers, "points": one.points}
    yield "dimensions", means
    if sums.asked_to_continue >= model.smallest_cell:
        yield "continue", {"yes": sums.would_continue, "asked": sums.asked_to_continue}


async def _put(
    session: Session, kind: type[CityMean] | type[Scorecard], rows: list[dict[str, Any]], *key: str
) -> None:
    """The rows, over those that stand there already; their ids stay."""
    if not rows:
        return
    table = kind.__table__
    assert isinstance(table, Table)
    insert = upsert(session, table)
    connection = await session.connection()
    if session.is_postgresql:
        # One statement for all of them: a round of messages for each costs more than the row itself.
        written = func.jsonb_to_recordset(cast(cast(orjson.dumps(rows, default=str).decode(), Text), JSONB))
        shape = written.table_valued(*(column(name, table.c[name].type) for name in rows[0])).render_derived(
            with_types=True
        )
        insert = insert.from_select(list(rows[0]), select(*shape.c))
        await connection.execute(_over(insert, rows[0], key))
    else:
        await connection.execute(_over(insert, rows[0], key), rows)


def _over(insert: Any, row: Mapping[str, Any], key: Sequence[str]) -> Any:
    changing = {name: insert.excluded[name] for name in row if name not in {"id", *key}}
    return insert.on_conflict_do_update(index_elements=key, set_=changing)
