"""`marketplace scorecards …` and `marketplace ratings …`: the public dump, scorecards worked out anew, due periods closed."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from marketplace.cli.running import errors, output, progress, run, terminal_locale, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from marketplace.bootstrap import House
    from marketplace.db.session import Session

scorecards = typer.Typer(help="Public scorecards of providers.", no_args_is_help=True)
ratings = typer.Typer(help="Ratings of delivered services.", no_args_is_help=True)
Month = Annotated[
    str | None, typer.Option("--period", help="A month, such as 2026-10; else the newest that is computed.")
]


@scorecards.callback()
@ratings.callback()
def _group() -> None:
    """Keeps the commands two words although one of the groups has a single one."""


@scorecards.command()
def dump(
    folder: Annotated[Path, typer.Argument(help="Where to write; made when it is not there.")],
    period: Month = None,
) -> None:
    """Write everything that is public of a closed period: `marketplace verify scorecards` works it out anew."""
    starts_on = _month(period)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        _refuse("scorecards.folder_not_empty", {"folder": str(folder)})
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.part")

    async def work(house: "House") -> "Mapping[str, object]":
        from marketplace.opendata import scorecard_dump

        with progress() as bar:
            task = bar.add_task(_said("scorecards.progress"), total=None)
            made = await scorecard_dump.make(
                house.database,
                partial,
                starts_on,
                license=house.settings.ocds_license,
                progress=lambda rows: bar.update(task, completed=rows),
            )
        counts = {"scorecards": made.scorecards, "ratings": made.ratings, "folder": str(folder)}
        return counts | _span(made.starts_on, made.ends_on)

    # The folder appears when all of it is written.
    with told():
        partial.mkdir(parents=True)
    try:
        said = run(work)
        with told():
            if folder.exists():
                folder.rmdir()
            partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    output.print(_said("scorecards.dumped", said), markup=False)


@scorecards.command()
def recompute(period: Month = None) -> None:
    """Work out every scorecard and citywide mean of a closed period anew, with what was decided about held ratings since."""
    starts_on = _month(period)

    async def work(house: "House") -> "Mapping[str, object]":
        from marketplace.delivery.scorecards import computing
        from marketplace.opendata.scorecard_dump import NoPeriodWasComputed

        async with house.database.unit_of_work() as session:
            found = await _closed(session, starts_on)
            if found is None:
                raise NoPeriodWasComputed()
            period_id, first, last = found
            count = await computing.compute_period(session, period_id)
        await _deliver(house)
        return {"count": count} | _span(first, last)

    output.print(_said("scorecards.recomputed", run(work)), markup=False)


@ratings.command()
def close() -> None:
    """Close every rating period whose last day is over, as the worker does: its ratings appear, scorecards are computed."""

    async def work(house: "House") -> "Sequence[Mapping[str, object]]":
        from marketplace.delivery.ratings import periods

        async with house.database.unit_of_work() as session:
            due = await periods.due(session)
            await periods.close_due(session)
        await _deliver(house)
        return [_span(one.starts_on, one.ends_on) for one in due]

    closed = run(work)
    for one in closed:
        output.print(_said("ratings.closed", one), markup=False)
    if not closed:
        output.print(_said("ratings.none_due"), markup=False)


async def _deliver(house: "House") -> None:
    """Without a broker nobody else may be running: what follows is done here."""
    from marketplace.outbox.here import deliver_all

    if not house.settings.broker_url:
        await deliver_all(house.database, house.registry)


async def _closed(session: "Session", starts_on: "date | None") -> "tuple[UUID, date, date] | None":
    from sqlalchemy import select

    from marketplace.delivery.ratings.models import RatingPeriod

    query = select(RatingPeriod.id, RatingPeriod.starts_on, RatingPeriod.ends_on).where(
        RatingPeriod.closed_at.is_not(None)
    )
    if starts_on is not None:
        query = query.where(RatingPeriod.starts_on == starts_on)
    found = (await session.execute(query.order_by(RatingPeriod.starts_on.desc()).limit(1))).one_or_none()
    return None if found is None else (found.id, found.starts_on, found.ends_on)


def _span(first: "date", last: "date") -> "dict[str, object]":
    return {"from": first.isoformat(), "until": last.isoformat()}


def _month(given: str | None) -> "date | None":
    """The first day of a month such as 2026-10."""
    from datetime import date

    if given is None:
        return None
    try:
        first = date.fromisoformat(f"{given}-01")
    except ValueError:
        first = None
    if first is None or len(given) != len("2026-10"):
        _refuse("scorecards.not_a_month", {})
    return first


def _said(key: str, facts: "Mapping[str, object] | None" = None) -> str:
    from marketplace.kernel.locale import word

    return word(terminal_locale(), key, facts)


def _refuse(key: str, facts: "Mapping[str, object]") -> NoReturn:
    errors.print(_said(key, facts), style="red", markup=False)
    raise typer.Exit(1)
