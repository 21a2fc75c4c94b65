"""A dump of one closed rating period: all that is public about ratings and facts, in files from which every number can be made again.

Facts and what they are made of are read at one moment, ratings and scorecards at another one, each within a snapshot, so that files fit
together while people go on working.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import ColumnElement, case, exists, null, select

from marketplace.catalogue import rules
from marketplace.db.session import Database, Session
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model
from marketplace.delivery.ratings.models import DIMENSIONS, RatingPeriod
from marketplace.delivery.scorecards import counting
from marketplace.delivery.scorecards.adding import window_of
from marketplace.delivery.scorecards.models import CityMean, Scorecard
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import Conflict
from marketplace.opendata import scorecard_facts, scorecard_ratings
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_readme import readme
from marketplace.organisations.models import Organisation
from marketplace.organisations.policy import visible_to

_AT_ONCE = 1_000
Progress = Callable[[int], None]
"""Told how many rows of ratings were written so far."""


class NoPeriodWasComputed(Conflict):
    """No closed rating period has scorecards yet, or not the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Dumped:
    """What was written: of which period, how many scorecards and ratings."""

    starts_on: date
    ends_on: date
    scorecards: int
    ratings: int


async def make(
    database: Database,
    folder: Path,
    starts_on: date | None = None,
    *,
    license: str = "",
    progress: Progress | None = None,
) -> Dumped:
    """Write the dump of the newest computed period, or of the one that begins on ``starts_on``, into a folder that is there.

    Raises NoPeriodWasComputed.
    """
    async with database.unit_of_work() as session:
        await _as_of_one_moment(session)
        await _period(session, starts_on)
        since = await _facts(session, folder)
        counted = {"from": since, "counted_at": session.now()}
    async with database.reading() as session:
        await _as_of_one_moment(session)
        period = await _period(session, starts_on)
        model = Model.of(period.rules)
        _write_model(folder, period, model, counted)
        await _cities(session, folder, period, model)
        scorecards = await _cards(session, folder, period)
        ratings = await _ratings(session, folder, period, progress)
        text = readme(period.starts_on, period.ends_on, period.formula, license)
        (folder / files.README).write_text(text, "utf-8")
    files.seal(folder)
    return Dumped(period.starts_on, period.ends_on, scorecards, ratings)


async def _as_of_one_moment(session: Session) -> None:
    """Every statement of the transaction sees the same; SQLite does so anyway."""
    if session.is_postgresql:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def _period(session: Session, starts_on: date | None) -> RatingPeriod:
    """Raises NoPeriodWasComputed."""
    query = select(RatingPeriod).where(
        RatingPeriod.closed_at.is_not(None), exists().where(Scorecard.period_id == RatingPeriod.id)
    )
    if starts_on is not None:
        query = query.where(RatingPeriod.starts_on == starts_on)
    found: RatingPeriod | None = await session.scalar(query.order_by(RatingPeriod.starts_on.desc()).limit(1))
    if found is None:
        raise NoPeriodWasComputed()
    return found


async def _facts(session: Session, folder: Path) -> date:
    """Count the facts anew and write them with what they are made of; answers the first day that was counted."""
    await counting.count_all(session)
    kept_days = (await rules.in_force(session, "rating.score")).value["kept_days"]
    since = local_day(session.now()) - timedelta(days=kept_days - 1)
    async for name, rows in scorecard_facts.tables(session, since):
        with files.table(folder, name) as table:
            table.write(rows)
    return since


def _write_model(folder: Path, period: RatingPeriod, model: Model, facts: Mapping[str, Any]) -> None:
    told = {
        "format": files.FORMAT,
        "formula": period.formula,
        "counting": counting.VERSION,
        "period": {"from": period.starts_on, "until": period.ends_on, "closed_at": period.closed_at},
        "as_of": period.ends_on,
        "model": asdict(model),
        "rules": period.rules,
        "units": {
            "weight": formula.UNIT_WEIGHT,
            "rating": formula.SIXTIETHS,
            "score": formula.TEN_THOUSANDTHS,
        },
        "facts": facts,
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
    (folder / files.MODEL).write_bytes(orjson.dumps(told, option=options) + b"\n")


async def _cities(session: Session, folder: Path, period: RatingPeriod, model: Model) -> None:
    means = await session.scalars(
        select(CityMean).where(CityMean.period_id == period.id).order_by(CityMean.service_type)
    )
    with files.table(folder, files.CITY) as table:
        for one in means:
            city = City(one.ratings, one.sum_sixtieths, one.sum_squares)
            mean = formula.ten_thousandths(city.mean(model))
            table.write([(one.service_type, *asdict(city).values(), mean)])


async def _cards(session: Session, folder: Path, period: RatingPeriod) -> int:
    """Cells and published scorecards, some at a time; how many were published."""
    name: ColumnElement[Any] = case((visible_to(STRANGER), Organisation.name), else_=null())
    query = (
        select(Scorecard, name)
        .join(Organisation, Organisation.id == Scorecard.organisation_id)
        .where(Scorecard.period_id == period.id)
        .order_by(Scorecard.organisation_id, Scorecard.service_type)
        .limit(_AT_ONCE)
    )
    published, start = 0, query
    with ExitStack() as opened:
        cells = opened.enter_context(files.table(folder, files.CELLS))
        scorecards = opened.enter_context(files.table(folder, files.SCORECARDS))
        while rows := (await session.execute(start)).all():
            cells.write(_cell(card, provider) for card, provider in rows)
            scorecards.write(_card(card) for card, _ in rows if card.score is not None)
            published += sum(card.score is not None for card, _ in rows)
            last: Scorecard = rows[-1][0]
            session.expunge_all()
            start = query.where(
                (Scorecard.organisation_id > last.organisation_id)
                | (
                    (Scorecard.organisation_id == last.organisation_id)
                    & (Scorecard.service_type > last.service_type)
                )
            )
    return published


def _cell(card: Scorecard, provider: str | None) -> tuple[Any, ...]:
    return (
        card.organisation_id,
        card.service_type,
        provider,
        card.tickets,
        card.detail.get("answered", 0),
        card.held,
        card.hidden,
        card.raters,
        card.score is not None,
    )


def _card(card: Scorecard) -> tuple[Any, ...]:
    sums, detail = card.inputs["sums"], card.detail
    wish = detail.get("continue", {})
    dimensions = detail.get("dimensions", {})
    return (
        card.organisation_id,
        card.service_type,
        card.score,
        card.low,
        card.high,
        card.prior,
        card.band,
        card.ratings,
        card.raters,
        *(sums[name] for name in ("weight", "weight_squares", "weighted", "weighted_squares")),
        *detail["distribution"],
        *(dimensions.get(name, {}).get(what) for name in DIMENSIONS for what in ("answers", "points")),
        wish.get("yes"),
        wish.get("asked"),
    )


async def _ratings(session: Session, folder: Path, period: RatingPeriod, progress: Progress | None) -> int:
    window, written = await window_of(session, period), 0
    with files.table(folder, files.RATINGS) as table:
        async for part in scorecard_ratings.rows(session, window, period.id):
            table.write(part)
            written += len(part)
            if progress is not None:
                progress(written)
    return written
