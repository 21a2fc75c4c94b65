"""Invitations as they are read: one's own, with why; and an organiser's, with masked names and how many said what."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, select

from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.recommendations import words
from marketplace.recommendations.inviting import masked
from marketplace.recommendations.kept import explanation_of
from marketplace.recommendations.models import Invitation
from marketplace.recommendations.policy import visible_to
from marketplace.recommendations.words import Reader, Told
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import visible_to as need_visible_to
from marketplace.volunteering.sign_up_policy import must_organise
from marketplace.volunteering.sign_up_states import is_open
from matching.scoring import Explanation

_MOST_SHOWN = 100


class InvitationState(StrEnum):
    """Where an invitation stands. Words are keyed ``state.invitation.<value>``."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """What decides the state of an invitation. ``has_signed_up``: for any shift of the need, and still has."""

    declined_at: datetime | None
    ended_at: datetime | None
    starts_at: datetime
    has_signed_up: bool


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """One invitation. ``name`` is masked for organisers; ``told`` says why the person suits, to whoever reads it."""

    id: UUID
    person_id: UUID
    name: str
    need_id: UUID
    title: str
    place: str
    shift_id: UUID
    starts_at: datetime
    ends_at: datetime
    invited_at: datetime
    state: InvitationState
    told: Told


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were asked for a need, and what they said."""

    invited: int
    accepted: int
    declined: int


def invitation_state(facts: InvitationFacts, now: datetime) -> InvitationState:
    """The state at ``now``: what the person did comes before what time did."""
    if facts.has_signed_up:
        return InvitationState.ACCEPTED
    if facts.declined_at is not None:
        return InvitationState.DECLINED
    if facts.ended_at is not None or facts.starts_at <= now:
        return InvitationState.OVER
    return InvitationState.WAITING


async def mine(session: Session, viewer: Viewer) -> list[InvitationRow]:
    """The viewer's invitations that wait for an answer, the soonest shift first. Raises SignInNeeded."""
    rows = await _shown(session, Invitation.person_id == viewer.signed_in(), Reader.YOU)
    waiting = [row for row in rows if row.state is InvitationState.WAITING]
    return sorted(waiting, key=lambda row: (row.starts_at, row.id))


async def by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, InvitationRow]:
    """Those of the invitations that the viewer may see: their own, and of needs that they organise."""
    rows = await _shown(session, Invitation.id.in_(ids) & visible_to(viewer), Reader.THEM)
    own = await _shown(
        session, Invitation.id.in_(ids) & (Invitation.person_id == viewer.person_id), Reader.YOU
    )
    return {row.id: row for row in (*rows, *own)}


async def of_need(session: Session, viewer: Viewer, need_id: UUID) -> list[InvitationRow]:
    """A need's newest hundred invitations for its organisers. Raises SignInNeeded, NotFound, NotPermitted."""
    need = await session.scalar(select(Need).where(Need.id == need_id, need_visible_to(viewer)))
    if need is None:
        viewer.signed_in()
        raise NotFound()
    must_organise(viewer, need)
    return await _shown(session, Invitation.need_id == need_id, Reader.THEM)


async def tally(session: Session, need_id: UUID) -> Tally:
    """How many were asked for a need, signed up, and declined; for whoever may see its invitations. One statement."""
    row = (
        await session.execute(
            select(
                func.count(),
                func.count(case((_has_signed_up(), 1))),
                func.count(case((and_(Invitation.declined_at.is_not(None), ~_has_signed_up()), 1))),
            ).where(Invitation.need_id == need_id)
        )
    ).one()
    return Tally(*row)


async def _shown(session: Session, clause: ColumnElement[bool], reader: Reader) -> list[InvitationRow]:
    rows = (await session.execute(_select().where(clause))).all()
    explanations = {row.Invitation.id: _explained(row.Invitation) for row in rows}
    names = await words.names(session, explanations.values())
    return [
        _row(row, words.told(explanations[row.Invitation.id], names, reader), reader, session.now())
        for row in rows
    ]


def _explained(one: Invitation) -> Explanation:
    return explanation_of(one.score, one.factors, one.weights_version)


def _row(row: Row[*tuple[Any, ...]], told: Told, reader: Reader, now: datetime) -> InvitationRow:
    one: Invitation = row.Invitation
    facts = InvitationFacts(one.declined_at, one.ended_at, row.starts_at, row.has_signed_up)
    return InvitationRow(
        id=one.id,
        person_id=one.person_id,
        name=row.name if reader is Reader.YOU else masked(row.name),
        need_id=one.need_id,
        title=row.title,
        place=row.place,
        shift_id=one.shift_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        invited_at=one.invited_at,
        state=invitation_state(facts, now),
        told=told,
    )


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invitation,
            Person.name,
            Need.title,
            Need.place,
            Shift.starts_at,
            Shift.ends_at,
            _has_signed_up().label("has_signed_up"),
        )
        .join(Person, Person.id == Invitation.person_id)
        .join(Need, Need.id == Invitation.need_id)
        .join(Shift, Shift.id == Invitation.shift_id)
        .order_by(Invitation.invited_at.desc(), Invitation.id.desc())
        .limit(_MOST_SHOWN)
    )


def _has_signed_up() -> ColumnElement[bool]:
    of_need = select(Shift.id).where(Shift.need_id == Invitation.need_id).correlate(Invitation)
    return (
        exists()
        .where(SignUp.person_id == Invitation.person_id, SignUp.shift_id.in_(of_need), is_open())
        .correlate(Invitation)
    )
