"""Lists of recommendations made ahead: by workers, for whoever was here lately; each holds for its day, or until its facts change.

A page reads the newest list that holds. Where there is none it works one out and writes nothing; the next run keeps one.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from marketplace.areas.codes import within
from marketplace.db.session import Database, Session
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import Person
from marketplace.identity.volunteers import seen_since
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.ids import new_id
from marketplace.recommendations import facts, weights
from marketplace.recommendations.choosing import Chosen, best
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.kept import factors_json
from marketplace.recommendations.models import Recommendation, RecommendationList
from marketplace.recommendations.openings import CELL_METRES, METRES_A_DEGREE, Opening, openings, signed_up
from marketplace.volunteering.models import Need, Shift
from matching.weights import Weights

MOST = 10
KEPT = timedelta(days=90)
_HERE = timedelta(hours=1)
_COMES_BACK = timedelta(days=14)
_USUAL_METRES = 20_000
_BATCH = 100
# A need is dated when its transaction begins; a list made before that ends has not seen it.
_UNDER_WAY = timedelta(minutes=1)


async def holding(session: Session, person_id: UUID, weights_version: int) -> RecommendationList | None:
    """The person's newest list where it still holds and was made with these weights."""
    newest = await session.scalar(
        select(RecommendationList)
        .where(RecommendationList.person_id == person_id)
        .order_by(RecommendationList.made_at.desc(), RecommendationList.id.desc())
        .limit(1)
    )
    if newest is None or newest.good_until <= session.now() or newest.weights_version != weights_version:
        return None
    return newest


async def items_of(session: Session, list_id: UUID) -> Sequence[Recommendation]:
    """What is on a list, the best first."""
    rows = await session.scalars(
        select(Recommendation).where(Recommendation.list_id == list_id).order_by(Recommendation.place)
    )
    return rows.all()


async def worked_out(
    session: Session, person_ids: Collection[UUID], in_force: Weights, found: Sequence[Opening] | None = None
) -> dict[UUID, list[Chosen]]:
    """What suits each of the people who let themselves be ranked, beside the loop. ``found``: all that is open, if it was read."""
    known = {
        key: one
        for key, one in (await facts.people(session, person_ids)).items()
        if one.profile.may_be_ranked
    }
    taken = await signed_up(session, known)
    tree = (await facts.tags(session)).tree
    chosen: dict[UUID, list[Chosen]] = {}
    for person_id, one in known.items():
        near = await openings(session, one.profile) if found is None else found
        chosen[person_id] = await asyncio.to_thread(best, one, near, in_force, tree, MOST, taken[person_id])
    return chosen


async def renew_for_the_day(database: Database) -> None:
    """Repeated errand: a list of today for everybody who was here in the last two weeks."""

    def made_today(session: Session) -> ColumnElement[bool]:
        return RecommendationList.made_at >= day_starts(local_day(session.now()))

    await _renew(database, _COMES_BACK, made_today)


async def renew_for_the_present(database: Database) -> None:
    """Repeated errand: a list that holds for everybody who was here in the last hour."""

    def holds(session: Session) -> ColumnElement[bool]:
        return RecommendationList.good_until > session.now()

    await _renew(database, _HERE, holds)


@dataclass(frozen=True, slots=True)
class Made:
    """Lists by person, from what was known at a moment."""

    at: datetime
    weights_version: int
    chosen: Mapping[UUID, Sequence[Chosen]]


async def keep(session: Session, made: Made) -> None:
    """Write each person's list down, good for its day; whoever turned ranking off meanwhile gets none.

    Nor does whoever's facts changed since they were read: their last list ended after that, and the next run reads again. Where it says the same as their last one of the day, that one holds again: what is on record are lists that differ.
    """
    choices = await consents.choices_of(session, made.chosen, [ConsentKind.RANKING])
    today = local_day(made.at)
    last = await _last_since(session, made.chosen, day_starts(today))
    for person_id, chosen in made.chosen.items():
        if not choices[person_id][ConsentKind.RANKING]:
            continue
        standing, items = last.get(person_id, (None, []))
        if standing is not None and made.at < standing.good_until <= session.now():
            continue
        says_the_same = items == [(one.opportunity.id, one.explanation.score) for one in chosen]
        if standing is None or standing.weights_version != made.weights_version or not says_the_same:
            standing = await _written(session, person_id, chosen, made)
        standing.made_at, standing.good_until = made.at, day_starts(today + timedelta(days=1))


async def expire(session: Session, whose: ColumnElement[bool]) -> None:
    """End today's lists where ``whose``, a clause over lists, says so: their facts are others now. Those that ended end anew: see ``keep``."""
    await session.execute(
        update(RecommendationList)
        .where(RecommendationList.made_at >= day_starts(local_day(session.now())), whose)
        .values(good_until=session.now())
        .execution_options(synchronize_session=False)
    )


async def expire_around(session: Session, need_ids: Collection[UUID]) -> None:
    """End the lists of people near needs that were published, or got a shift, after the list was made."""
    rows = await session.execute(
        select(
            Need.area_code,
            Need.latitude,
            Need.longitude,
            Need.published_at,
            func.max(Shift.created_at).label("planned_at"),
        )
        .outerjoin(Shift, Shift.need_id == Need.id)
        .where(Need.id.in_(need_ids), Need.published_at.is_not(None))
        .group_by(Need.id)
    )
    today = day_starts(local_day(session.now()))
    for row in rows.all():
        newest = max(row.published_at, row.planned_at or row.published_at)
        if newest >= today:
            near = select(Person.id).where(_lives_near(row.area_code, row.latitude, row.longitude))
            made_before = RecommendationList.made_at < newest + _UNDER_WAY
            await expire(session, and_(made_before, RecommendationList.person_id.in_(near)))


async def forget(session: Session, person_id: UUID) -> None:
    """Delete what was recommended to a person."""
    await _forget(session, RecommendationList.person_id == person_id)


async def forget_old(session: Session) -> None:
    """Repeated task: what was recommended more than ninety days ago is nobody's business any more."""
    await _forget(session, RecommendationList.made_at < session.now() - KEPT)


async def _forget(session: Session, which: ColumnElement[bool]) -> None:
    lists = select(RecommendationList.id).where(which)
    await session.execute(delete(Recommendation).where(Recommendation.list_id.in_(lists)))
    await session.execute(delete(RecommendationList).where(which))


async def _renew(
    database: Database, seen_within: timedelta, has_one: Callable[[Session], ColumnElement[bool]]
) -> None:
    """A hundred people at a time, each time a short transaction; all that is open is read once, when anybody lacks a list."""
    found: list[Opening] | None = None
    after: UUID | None = None
    while True:
        async with database.reading() as session:
            ids = await seen_since(session, session.now() - seen_within, after, _BATCH)
            if not ids:
                return
            in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
            lacking = await _lacking(session, ids, in_force.version, has_one(session))
            if lacking:
                found = await openings(session) if found is None else found
                chosen = await worked_out(session, lacking, in_force, found)
                made = Made(session.now(), in_force.version, chosen)
        if lacking:
            async with database.unit_of_work() as session:
                await keep(session, made)
        after = ids[-1]


async def _last_since(
    session: Session, person_ids: Collection[UUID], since: datetime
) -> dict[UUID, tuple[RecommendationList, list[tuple[UUID, int]]]]:
    """Each person's newest list since then, with the shifts and scores on it."""
    rows = await session.scalars(
        select(RecommendationList)
        .where(RecommendationList.person_id.in_(person_ids), RecommendationList.made_at >= since)
        .order_by(RecommendationList.made_at, RecommendationList.id)
    )
    newest = {one.person_id: one for one in rows}
    items: dict[UUID, list[tuple[UUID, int]]] = {one.id: [] for one in newest.values()}
    for list_id, shift_id, score in await session.execute(
        select(Recommendation.list_id, Recommendation.shift_id, Recommendation.score)
        .where(Recommendation.list_id.in_(items))
        .order_by(Recommendation.place)
    ):
        items[list_id].append((shift_id, score))
    return {person_id: (one, items[one.id]) for person_id, one in newest.items()}


async def _written(
    session: Session, person_id: UUID, chosen: Sequence[Chosen], made: Made
) -> RecommendationList:
    list_id = new_id()
    row = RecommendationList(
        id=list_id,
        person_id=person_id,
        made_at=made.at,
        good_until=made.at,
        weights_version=made.weights_version,
    )
    session.add(row)
    await session.flush()
    session.add_all(
        Recommendation(
            list_id=list_id,
            need_id=one.need_id,
            shift_id=one.opportunity.id,
            place=place,
            score=one.explanation.score,
            factors=factors_json(one.explanation),
        )
        for place, one in enumerate(chosen, 1)
    )
    return row


async def _lacking(
    session: Session, person_ids: Sequence[UUID], weights_version: int, has_one: ColumnElement[bool]
) -> list[UUID]:
    held = await session.scalars(
        select(RecommendationList.person_id).where(
            RecommendationList.person_id.in_(person_ids),
            RecommendationList.weights_version == weights_version,
            has_one,
        )
    )
    having = set(held)
    return [one for one in person_ids if one not in having]


def _lives_near(area_code: str, latitude: float | None, longitude: float | None) -> ColumnElement[bool]:
    """SQL over people: those whose way to the place is short enough, as far as their row says; who says nothing lives near everything."""
    district = or_(Person.home_area_code.is_(None), within(Person.home_area_code, f"{area_code[:6]}000000"))
    if latitude is None or longitude is None:
        return district
    degrees = (func.coalesce(Person.travel_radius_metres, _USUAL_METRES) + CELL_METRES) / METRES_A_DEGREE
    east = degrees / cos(radians(latitude))
    return or_(
        and_(Person.latitude.is_(None), district),
        and_(
            Person.latitude.between(latitude - degrees, latitude + degrees),
            Person.longitude.between(longitude - east, longitude + east),
        ),
    )
