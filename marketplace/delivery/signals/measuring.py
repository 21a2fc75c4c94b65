"""The numbers that whistles are judged by, counted for all contracts under way at once: a fixed number of statements a night.

Ratings and tickets are counted as they stood at the last closing. Of an open period nothing is asked, so nothing of it can be heard.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.deliveries.clauses import is_open, was_kept
from marketplace.delivery.deliveries.holding import overdue_after
from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment
from marketplace.delivery.formula import Model, Sums
from marketplace.delivery.properties import policy as property_policy
from marketplace.delivery.properties.facts import stands
from marketplace.delivery.properties.models import (
    Compound,
    FactSource,
    PropertyCommitment,
    PropertyContract,
    PropertyFact,
)
from marketplace.delivery.properties.performance import Direction, Per, Promise, Told, kept_in_all, results
from marketplace.delivery.properties.states import SourceKind
from marketplace.delivery.ratings import periods
from marketplace.delivery.ratings.models import Rating, RatingTicket
from marketplace.delivery.ratings.standing import counts
from marketplace.delivery.signals.judging import CommitmentsRule, Kept, RatingsRule
from marketplace.kernel.clock import day_starts, local_day
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.models import Buyer

_DAY = timedelta(days=1)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """A contract or a property contract: exactly one of the first two is set."""

    contract_id: UUID | None
    property_contract_id: UUID | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Who provides under a subject, and whose area it is."""

    organisation_id: UUID
    area_code: str


@dataclass(frozen=True, slots=True)
class Closing:
    """The newest closed period: its last day and the constants of its score."""

    ends_on: date
    model: Model


@dataclass(frozen=True, slots=True)
class Fall:
    """Ratings of one subject before the newest days and in them, and how many people gave the newest."""

    earlier: Sums
    newest: Sums
    raters: int


@dataclass(frozen=True, slots=True)
class Week:
    """What was kept of what was measured in the seven days from ``starts_on`` on."""

    starts_on: date
    kept: int
    measured: int


async def under_way(session: Session) -> dict[Subject, Whose]:
    """What is watched: contracts signed and not over, property contracts in force."""
    bought = await session.execute(
        select(Contract.id, Contract.organisation_id, Buyer.area_code)
        .join(Buyer, Buyer.id == Contract.buyer_id)
        .where(
            Contract.signed_at.is_not(None), Contract.accepted_at.is_(None), Contract.terminated_at.is_(None)
        )
    )
    looked_after = await session.execute(
        select(PropertyContract.id, PropertyContract.organisation_id, Compound.area_code)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .where(property_policy.agreed(), property_policy.open_ended(local_day(session.now())))
    )
    found = {Subject(row[0], None): Whose(row[1], row[2]) for row in bought}
    return found | {Subject(None, row[0]): Whose(row[1], row[2]) for row in looked_after}


async def kept(session: Session, rule: CommitmentsRule) -> dict[Subject, Kept]:
    """Commitments of the rule's days by subject: of deliveries that were done, what is overdue, and property services as measured."""
    since = session.now() - timedelta(days=rule.days)
    found: defaultdict[Subject, Kept] = defaultdict(Kept)
    done: Select[*tuple[Any, ...]] = (
        select(*_SUBJECT, func.count(Delivery.id.distinct()), *_told_columns())
        .join(DeliveryCommitment, DeliveryCommitment.delivery_id == Delivery.id)
        .where(Delivery.done_at >= since, _is_watched())
        .group_by(*_SUBJECT)
    )
    for row in await session.execute(done):
        found[Subject(row[0], row[1])] = Kept(*row[2:])
    late = (
        select(*_SUBJECT, func.count())
        .where(
            is_open(),
            Delivery.ends_at <= session.now() - await overdue_after(session),
            Delivery.ends_at >= since,
            _is_watched(),
        )
        .group_by(*_SUBJECT)
    )
    for contract_id, property_id, overdue in await session.execute(late):
        subject = Subject(contract_id, property_id)
        found[subject] = replace(found[subject], overdue=overdue)
    for property_id, measured in (await _measured(session, local_day(since))).items():
        subject = Subject(None, property_id)
        found[subject] = _together(found[subject], measured)
    return dict(found)


async def closing(session: Session) -> Closing | None:
    """The newest closed period; None before the first closing."""
    row = await periods.newest_closed(session)
    return None if row is None else Closing(row.ends_on, Model.of(row.rules))


async def falls(
    session: Session, at: Closing, rule: RatingsRule, organisation_id: UUID | None = None
) -> dict[Subject, Fall]:
    """Counting ratings by subject, those of the rule's days before the closing apart from the earlier ones.

    Only subjects with enough of both, by enough people, are looked at closer, some at a time: most contracts never have that many.
    """
    since = at.ends_on - timedelta(days=rule.days)
    is_newest = Rating.given_on > since
    newest = func.count(case((is_newest, 1)))
    raters = func.count(case((is_newest, Rating.rater)).distinct())
    # The mean before is told as well: of fewer people than the smallest cell it would be theirs.
    earlier_raters = func.count(case((~is_newest, Rating.rater)).distinct())
    enough = await session.execute(
        select(*_SUBJECT, raters)
        .join(Rating, Rating.delivery_id == Delivery.id)
        .where(*_counting(at, organisation_id))
        .group_by(*_SUBJECT)
        .having(
            newest >= rule.least_ratings,
            func.count() - newest >= rule.least_ratings,
            earlier_raters >= at.model.smallest_cell,
        )
    )
    people = {Subject(row[0], row[1]): row[2] for row in enough}
    found: dict[Subject, Fall] = {}
    subjects = list(people)
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        for subject, (before, now) in (await _sides(session, at, since, some)).items():
            found[subject] = Fall(before, now, people[subject])
    return found


async def _sides(
    session: Session, at: Closing, since: date, subjects: Sequence[Subject]
) -> dict[Subject, tuple[Sums, Sums]]:
    """What the ratings before and since a day add up to, as of the closing."""
    rows = await session.execute(
        select(*_SUBJECT, Rating.given_on, Rating.sixtieths, func.count())
        .join(Rating, Rating.delivery_id == Delivery.id)
        .where(
            *_counting(at, None),
            or_(
                Delivery.contract_id.in_([one.contract_id for one in subjects if one.contract_id]),
                Delivery.property_contract_id.in_(
                    [one.property_contract_id for one in subjects if one.property_contract_id]
                ),
            ),
        )
        .group_by(*_SUBJECT, Rating.given_on, Rating.sixtieths)
    )
    sides: dict[Subject, tuple[list[tuple[date, int, int]], list[tuple[date, int, int]]]] = {
        subject: ([], []) for subject in subjects
    }
    for contract_id, property_id, day, sixtieths, count in rows:
        sides[Subject(contract_id, property_id)][day > since].append((day, sixtieths, count))
    return {
        subject: (
            formula.add_up(before, at.ends_on, at.model),
            formula.add_up(now, at.ends_on, at.model),
        )
        for subject, (before, now) in sides.items()
    }


def _counting(at: Closing, organisation_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    kept_from = at.ends_on - timedelta(days=at.model.kept_days)
    whose = () if organisation_id is None else (Rating.organisation_id == organisation_id,)
    return (Rating.given_on > kept_from, counts(), _is_watched(), *whose)


async def answers(session: Session, at: Closing, days: int) -> dict[Subject, tuple[int, int]]:
    """Tickets by subject whose time ran out in the ``days`` before the closing, and how many of them were used."""
    until = day_starts(at.ends_on + _DAY)
    rows = await session.execute(
        select(*_SUBJECT, func.count(), func.count(RatingTicket.used_at))
        .join(RatingTicket, RatingTicket.delivery_id == Delivery.id)
        .where(
            RatingTicket.void_at.is_(None),
            RatingTicket.expires_at > until - timedelta(days=days),
            RatingTicket.expires_at <= until,
            _is_watched(),
        )
        .group_by(*_SUBJECT)
    )
    return {Subject(row[0], row[1]): (row[2], row[3]) for row in rows}


async def weeks(session: Session, subject: Subject, days: int) -> Sequence[Week]:
    """What deliveries kept under one subject in each of the last weeks, the oldest first, weeks without anything too."""
    today = local_day(session.now())
    first = today - timedelta(days=days)
    told: defaultdict[int, Kept] = defaultdict(Kept)
    done: Select[*tuple[Any, ...]] = (
        select(Delivery.done_at, *_told_columns())
        .join(DeliveryCommitment, DeliveryCommitment.delivery_id == Delivery.id)
        .where(
            *(
                column == key
                for column, key in zip(
                    _SUBJECT, (subject.contract_id, subject.property_contract_id), strict=True
                )
                if key
            ),
            Delivery.done_at >= day_starts(first),
        )
        .group_by(Delivery.id, Delivery.done_at)
    )
    for row in await session.execute(done):
        week = (today - local_day(row[0])).days // 7
        told[week] = _together(told[week], Kept(1, *row[1:]))
    return [
        Week(today - timedelta(days=7 * week + 6), told[week].kept, told[week].measured)
        for week in range(days // 7, -1, -1)
    ]


async def _measured(session: Session, since: date) -> dict[UUID, Kept]:
    """Property services by contract, as independent sources measured them in the months since a day.

    What a company says of itself has a place on its page; here it neither blows a whistle nor ends one.
    """
    month = since.replace(day=1)
    # A promise a year is judged in its last month by the facts of all twelve.
    is_long = PropertyCommitment.per.in_([Per.QUARTER.value, Per.YEAR.value])
    is_near = or_(PropertyFact.until_on >= month, and_(is_long, PropertyFact.until_on >= month - _YEAR))
    rows = await session.execute(
        select(
            PropertyCommitment.property_contract_id,
            PropertyCommitment.id,
            PropertyCommitment.direction,
            PropertyCommitment.target,
            PropertyCommitment.per,
            FactSource.id,
            FactSource.kind,
            PropertyFact.from_on,
            PropertyFact.until_on,
            PropertyFact.value,
        )
        .join(PropertyFact, PropertyFact.commitment_id == PropertyCommitment.id)
        .join(FactSource, FactSource.id == PropertyFact.source_id)
        .where(is_near, FactSource.kind != SourceKind.COMPANY.value, stands())
    )
    whose: dict[Promise, UUID] = {}
    told: defaultdict[Promise, list[Told]] = defaultdict(list)
    for property_id, promise_id, direction, target, per, source_id, kind, from_on, until_on, value in rows:
        promise = Promise(promise_id, Direction(direction), target, Per(per))
        whose[promise] = property_id
        told[promise].append(Told(promise_id, source_id, SourceKind(kind), from_on, until_on, value))
    found: defaultdict[UUID, Kept] = defaultdict(Kept)
    for promise, facts in told.items():
        kept_ones, judged = kept_in_all(one for one in results(promise, facts) if one.month >= month)
        of = whose[promise]
        found[of] = _together(found[of], Kept(judged, kept_ones, judged - kept_ones))
    return dict(found)


def _together(one: Kept, other: Kept) -> Kept:
    return Kept(
        one.deliveries + other.deliveries,
        one.kept + other.kept,
        one.broken + other.broken,
        one.untold + other.untold,
        one.overdue + other.overdue,
    )


_YEAR = timedelta(days=366)
_SUBJECT = (Delivery.contract_id, Delivery.property_contract_id)


def _is_watched() -> ColumnElement[bool]:
    """A need has nobody who bought it: its community sees its deliveries itself."""
    return or_(Delivery.contract_id.is_not(None), Delivery.property_contract_id.is_not(None))


def _told_columns() -> tuple[ColumnElement[int], ...]:
    """How many commitments were kept, broken, and never told."""
    is_told = DeliveryCommitment.actual.is_not(None)
    return (
        func.count().filter(was_kept()),
        func.count().filter(is_told, ~was_kept()),
        func.count().filter(~is_told),
    )
