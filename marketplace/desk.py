"""The desk: what waits for one viewer, across the slices, and the shifts that they look after. At most three statements, whoever asks.

It stands above the slices, because what waits for one person lies in many of them. Every count asks the same question as the
list behind it, less what the viewer may not decide because it is their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, literal, select

from marketplace import jobs
from marketplace.catalogue.models import Tag
from marketplace.catalogue.queries import is_proposed
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy as deliveries
from marketplace.delivery.deliveries.clauses import waits_for_answer, waits_for_community
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.ratings import public_policy as ratings
from marketplace.delivery.ratings.models import Rating, RatingComplaint, RatingHold
from marketplace.delivery.ratings.standing import is_public
from marketplace.delivery.signals import policy as signals
from marketplace.delivery.signals.models import Whistle
from marketplace.hours.models import HourEntryApproval, HourEntryRequest, HourReview
from marketplace.identity import policy as identity_policy
from marketplace.identity.models import Person, PersonQualification
from marketplace.identity.viewer import COMMUNITY_ROLES, ORGANISATION_ROLES, Role, Viewer
from marketplace.organisations import policy as organisation_policy
from marketplace.organisations.models import Organisation
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import AREA_ORGANISERS, ORGANISATION_ORGANISERS, manages
from marketplace.volunteering.sign_up_states import is_wish

MOST_SHIFTS = 12


class Task(StrEnum):
    """A kind of thing that waits on a desk, in the order in which a desk shows them."""

    APPLICATIONS = "applications"
    RAISED_NEEDS = "raised_needs"
    REVIEWS = "reviews"
    HOUR_ENTRIES = "hour_entries"
    ORGANISATIONS = "organisations"
    QUALIFICATIONS = "qualifications"
    TAGS = "tags"
    DELIVERIES_TO_ANSWER = "deliveries_to_answer"
    DELIVERIES_TO_DECIDE = "deliveries_to_decide"
    WHISTLES = "whistles"
    HELD_RATINGS = "held_ratings"
    REPORTED_RATINGS = "reported_ratings"
    DEAD_JOBS = "dead_jobs"


@dataclass(frozen=True, slots=True)
class DeskShift:
    """A shift that the viewer looks after; ``applications`` are those of others, which the viewer may decide."""

    id: UUID
    need_id: UUID
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    places_taken: int
    applications: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits, by task: only the tasks that the viewer may do, those with nothing waiting too. No tasks: no desk.

    ``shifts`` are the next ones, ``applied_for`` those with applications, however far ahead; each list is cut at MOST_SHIFTS.
    """

    waiting: Mapping[Task, int]
    shifts: Sequence[DeskShift]
    applied_for: Sequence[DeskShift]

    @property
    def is_empty(self) -> bool:
        return not self.waiting


def organises(viewer: Viewer) -> bool:
    """Whether the viewer manages needs somewhere."""
    return bool(viewer.areas_of(*AREA_ORGANISERS) or viewer.organisations_of(*ORGANISATION_ORGANISERS))


async def of_viewer(session: Session, viewer: Viewer) -> Desk:
    """The viewer's desk. Raises SignInNeeded."""
    viewer.signed_in()
    waiting = await _waiting(session, viewer)
    if not organises(viewer):
        return Desk(waiting, (), ())
    applied_for = (
        await _shifts(session, viewer, _has_applications(viewer)) if waiting[Task.APPLICATIONS] else ()
    )
    return Desk(waiting, await _shifts(session, viewer), applied_for)


async def _waiting(session: Session, viewer: Viewer) -> Mapping[Task, int]:
    counts = _counts(session, viewer)
    if not counts:
        return {}
    row = (await session.execute(select(*(count.label(task.value) for task, count in counts.items())))).one()
    return dict(zip(counts, row, strict=True))


def _counts(session: Session, viewer: Viewer) -> dict[Task, ScalarSelect[int]]:
    counts: dict[Task, ScalarSelect[int]] = {}
    if organises(viewer):
        counts[Task.APPLICATIONS] = _applications(session, viewer)
        counts[Task.RAISED_NEEDS] = _raised_needs(viewer)
        counts[Task.REVIEWS] = _reviews(viewer)
        counts[Task.HOUR_ENTRIES] = _hour_entries(viewer)
    if viewer.areas_of(*organisation_policy.DECIDING):
        counts[Task.ORGANISATIONS] = _organisations(viewer)
    if viewer.areas_of(*identity_policy.VERIFIERS):
        counts[Task.QUALIFICATIONS] = _qualifications(viewer)
    if identity_policy.may_govern_tags(viewer):
        counts[Task.TAGS] = _count(Tag, is_proposed(), Tag.proposed_by.is_distinct_from(viewer.person_id))
    counts |= _around_services(viewer)
    if jobs.may_tend(viewer):
        counts[Task.DEAD_JOBS] = _count(OutboxEvent, OutboxEvent.dead_at.is_not(None))
    return counts


def _around_services(viewer: Viewer) -> dict[Task, ScalarSelect[int]]:
    """What waits around services that are brought and rated."""
    counts: dict[Task, ScalarSelect[int]] = {}
    if viewer.organisations_of(*ORGANISATION_ROLES):
        counts[Task.DELIVERIES_TO_ANSWER] = _count(
            Delivery, deliveries.provided_by(viewer), waits_for_answer()
        )
    if viewer.areas_of(*COMMUNITY_ROLES):
        counts[Task.DELIVERIES_TO_DECIDE] = _count(
            Delivery, deliveries.of_community(viewer), waits_for_community()
        )
    if viewer.areas_of(*signals.BUYERS, *COMMUNITY_ROLES):
        counts[Task.WHISTLES] = _count(Whistle, signals.answerable_by(viewer))
    if viewer.areas_of(Role.AUDITOR):
        counts[Task.HELD_RATINGS] = _held_ratings(viewer)
    if viewer.areas_of(Role.MODERATOR):
        counts[Task.REPORTED_RATINGS] = _reported_ratings(viewer)
    return counts


def _count(table: Any, *clauses: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*clauses).scalar_subquery()


def _is_application(viewer: Viewer) -> ColumnElement[bool]:
    return and_(
        is_wish(),
        SignUp.waiting_number.is_(None),
        SignUp.offered_at.is_(None),
        SignUp.person_id != viewer.person_id,
    )


def _is_ahead(session: Session) -> ColumnElement[bool]:
    return and_(Shift.ends_at > session.now(), Shift.cancelled_at.is_(None))


def _applications(session: Session, viewer: Viewer) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(SignUp)
        .join(Shift, Shift.id == SignUp.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(manages(viewer), _is_ahead(session), _is_application(viewer))
        .scalar_subquery()
    )


def _raised_needs(viewer: Viewer) -> ScalarSelect[int]:
    raised = and_(Need.published_at.is_(None), Need.declined_at.is_(None), Need.cancelled_at.is_(None))
    return _count(Need, manages(viewer), raised)


def _reviews(viewer: Viewer) -> ScalarSelect[int]:
    is_second = and_(
        HourReview.person_id != viewer.person_id, HourReview.opened_by.is_distinct_from(viewer.person_id)
    )
    return (
        select(func.count())
        .select_from(HourReview)
        .join(Shift, Shift.id == HourReview.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .where(manages(viewer), HourReview.decided_at.is_(None), is_second)
        .scalar_subquery()
    )


def _hour_entries(viewer: Viewer) -> ScalarSelect[int]:
    approved = select(literal(1)).where(
        HourEntryApproval.request_id == HourEntryRequest.id, HourEntryApproval.approver_id == viewer.person_id
    )
    return (
        select(func.count())
        .select_from(HourEntryRequest)
        .join(Need, Need.id == HourEntryRequest.need_id)
        .where(
            manages(viewer),
            HourEntryRequest.completed_at.is_(None),
            HourEntryRequest.refused_at.is_(None),
            HourEntryRequest.person_id != viewer.person_id,
            HourEntryRequest.requested_by != viewer.person_id,
            ~approved.exists(),
        )
        .scalar_subquery()
    )


def _organisations(viewer: Viewer) -> ScalarSelect[int]:
    return _count(
        Organisation,
        organisation_policy.decides(viewer),
        Organisation.submitted_at.is_not(None),
        Organisation.verified_at.is_(None),
        Organisation.refused_at.is_(None),
    )


def _qualifications(viewer: Viewer) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(PersonQualification)
        .join(Person, Person.id == PersonQualification.person_id)
        .where(
            identity_policy.verifies(viewer),
            Person.erased_at.is_(None),
            PersonQualification.verified_at.is_(None),
            PersonQualification.refused_at.is_(None),
        )
        .scalar_subquery()
    )


def _held_ratings(viewer: Viewer) -> ScalarSelect[int]:
    return (
        select(func.count(Rating.id.distinct()))
        .select_from(Rating)
        .join(RatingHold, RatingHold.rating_id == Rating.id)
        .where(RatingHold.decided_at.is_(None), is_public(), ratings.in_care_of(viewer, Role.AUDITOR))
        .scalar_subquery()
    )


def _reported_ratings(viewer: Viewer) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(RatingComplaint)
        .join(Rating, Rating.id == RatingComplaint.rating_id)
        .where(
            RatingComplaint.dismissed_at.is_(None), is_public(), ratings.in_care_of(viewer, Role.MODERATOR)
        )
        .scalar_subquery()
    )


def _has_applications(viewer: Viewer) -> ColumnElement[bool]:
    return select(literal(1)).where(SignUp.shift_id == Shift.id, _is_application(viewer)).exists()


async def _shifts(session: Session, viewer: Viewer, *clauses: ColumnElement[bool]) -> Sequence[DeskShift]:
    """The next shifts of the needs that the viewer manages, soonest first."""
    applications = (
        select(func.count())
        .select_from(SignUp)
        .where(SignUp.shift_id == Shift.id, _is_application(viewer))
        .correlate(Shift)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            Shift.id,
            Shift.need_id,
            Need.title,
            Need.place,
            Shift.starts_at,
            Shift.ends_at,
            Shift.capacity,
            Shift.places_taken,
            applications,
        )
        .join(Need, Need.id == Shift.need_id)
        .where(manages(viewer), _is_ahead(session), *clauses)
        .order_by(Shift.starts_at, Shift.id)
        .limit(MOST_SHIFTS)
    )
    return [DeskShift(*row) for row in rows]
