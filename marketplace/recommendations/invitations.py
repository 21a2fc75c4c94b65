"""Invitations: an organiser asks people for a shift, each at most a few times a week; they sign up, decline, or say nothing.

Signing up is volunteering's own command: an invitation reserves nothing and takes no place.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.recommendations import facts, weights
from marketplace.recommendations.drafts import InviteDraft, RankingKind
from marketplace.recommendations.errors import (
    InvitationIsOver,
    PersonIsInvitedEnough,
    PersonMayNotBeInvited,
    ShiftTakesNobody,
)
from marketplace.recommendations.events import InvitationDeclined, PersonInvited
from marketplace.recommendations.kept import factors_json
from marketplace.recommendations.models import Invitation
from marketplace.volunteering import places
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.sign_up_queries import organised_shift
from marketplace.volunteering.sign_up_states import is_open
from marketplace.volunteering.states import NeedState, ShiftState, need_state, shift_state
from matching.scoring import Explanation, explain

RULE = "recommendations.invitations"
WEEK = timedelta(days=7)


async def invite(session: Session, viewer: Viewer, shift_id: UUID, draft: InviteDraft) -> int:
    """Invite these people; how many are new. Whoever has a live invitation to the need is passed over, so repeating changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, ShiftTakesNobody, PersonMayNotBeInvited, PersonIsInvitedEnough; then nobody is invited.
    """
    # Asked before anybody is locked: who may not invite does not learn which ids belong to people.
    await organised_shift(session, viewer, shift_id)
    wanted = sorted(set(draft.person_ids))
    await _lock(session, wanted)
    async with places.locked(session, shift_id, visible_to(viewer)) as held:
        if not takes_people(session, held.shift, held.need):
            raise ShiftTakesNobody()
        asked = await with_live_invitation(session, held.need.id, wanted)
        new = [one for one in wanted if one not in asked]
        explained = await _explained(session, viewer, shift_id, new)
        await _must_not_be_too_many(session, new)
        rows = [_row(session, viewer, held.shift, person_id, explained[person_id]) for person_id in new]
        invited = await _insert(session, rows)
    for invitation_id in invited:
        audit.record(
            session, viewer.person_id, "person.invited", ("invitation", invitation_id), shift=shift_id
        )
        await publish(session, PersonInvited(invitation_id=invitation_id))
    return len(invited)


async def decline(session: Session, viewer: Viewer, invitation_id: UUID) -> None:
    """Say no; twice changes nothing. Raises SignInNeeded, NotFound, InvitationIsOver."""
    person_id = viewer.signed_in()
    changed = await session.scalar(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.person_id == person_id,
            Invitation.declined_at.is_(None),
            Invitation.ended_at.is_(None),
        )
        .values(declined_at=session.now())
        .returning(Invitation.id)
    )
    if changed is not None:
        await publish(session, InvitationDeclined(invitation_id=invitation_id))
        return
    row = await session.get(Invitation, invitation_id)
    if row is None or row.person_id != person_id:
        raise NotFound()
    if row.declined_at is None:
        raise InvitationIsOver()


async def end_of(session: Session, person_id: UUID) -> None:
    """End what is still open for a person who wants no invitations any more."""
    await session.execute(
        update(Invitation)
        .where(
            Invitation.person_id == person_id, Invitation.declined_at.is_(None), Invitation.ended_at.is_(None)
        )
        .values(ended_at=session.now())
    )


async def end_over(session: Session) -> None:
    """Repeated task: an invitation ends when its shift begins, so that the person may be invited to the need again."""
    begun = select(Shift.id).where(Shift.starts_at <= session.now())
    await session.execute(
        update(Invitation)
        .where(
            Invitation.declined_at.is_(None), Invitation.ended_at.is_(None), Invitation.shift_id.in_(begun)
        )
        .values(ended_at=session.now())
    )


async def forget(session: Session, person_id: UUID) -> None:
    """Delete a person's invitations."""
    await session.execute(delete(Invitation).where(Invitation.person_id == person_id))


async def most_a_week(session: Session) -> int:
    """How many invitations one person gets in seven days, by the rule in force."""
    return int((await rules.in_force(session, RULE)).value["a_week"])


def takes_people(session: Session, shift: Shift, need: Need) -> bool:
    """Whether there is anything to invite to: an open need, a shift to come, and a free place."""
    is_coming = shift_state(shift, session.now()) is ShiftState.COMING
    return need_state(need) is NeedState.OPEN and is_coming and shift.places_taken < shift.capacity


async def _lock(session: Session, person_ids: Sequence[UUID]) -> None:
    """People first, in one order, then the shift: as everybody locks. Nobody learns which ids belong to people."""
    for person_id in person_ids:
        try:
            await must_be_there(session, person_id)
        except NotFound:
            raise PersonMayNotBeInvited() from None


async def with_live_invitation(session: Session, need_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """Who of them has an invitation to the need that still waits or was taken."""
    found = await session.scalars(
        select(Invitation.person_id).where(
            Invitation.need_id == need_id,
            Invitation.person_id.in_(person_ids),
            Invitation.declined_at.is_(None),
            Invitation.ended_at.is_(None),
        )
    )
    return set(found)


async def _explained(
    session: Session, viewer: Viewer, shift_id: UUID, person_ids: Sequence[UUID]
) -> dict[UUID, Explanation]:
    """Why each of them suits. Raises PersonMayNotBeInvited."""
    opportunity = (await facts.opportunities(session, [shift_id]))[shift_id]
    in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
    tree = (await facts.tags(session)).tree
    known = await facts.people(session, person_ids)
    barred = await barred_from(session, shift_id, person_ids)
    explained: dict[UUID, Explanation] = {}
    for person_id in person_ids:
        one = known.get(person_id)
        if one is None or person_id in barred or person_id == viewer.person_id:
            raise PersonMayNotBeInvited()
        if not (one.profile.may_be_ranked and one.profile.may_be_invited):
            raise PersonMayNotBeInvited()
        explained[person_id] = explain(one.on(local_day(opportunity.starts_at)), opportunity, in_force, tree)
        if explained[person_id].blocks:
            raise PersonMayNotBeInvited()
    return explained


async def barred_from(session: Session, shift_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """Who of them is in the shift already, waits for it, or said no to an invitation to its need."""
    need_id = select(Shift.need_id).where(Shift.id == shift_id).scalar_subquery()
    signed_up = await session.scalars(
        select(SignUp.person_id).where(
            SignUp.shift_id == shift_id, SignUp.person_id.in_(person_ids), is_open()
        )
    )
    declined = await session.scalars(
        select(Invitation.person_id).where(
            Invitation.need_id == need_id,
            Invitation.person_id.in_(person_ids),
            Invitation.declined_at.is_not(None),
        )
    )
    return {*signed_up, *declined}


async def _must_not_be_too_many(session: Session, person_ids: Sequence[UUID]) -> None:
    rule = await rules.in_force(session, RULE)
    most = int(rule.value["a_week"])
    if any(count >= most for count in (await facts.invited_within(session, person_ids, WEEK)).values()):
        raise PersonIsInvitedEnough(most=most, article=rule.article)


def _row(
    session: Session, viewer: Viewer, shift: Shift, person_id: UUID, explanation: Explanation
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "need_id": shift.need_id,
        "shift_id": shift.id,
        "person_id": person_id,
        "invited_by": viewer.signed_in(),
        "invited_at": session.now(),
        "score": explanation.score,
        "factors": factors_json(explanation),
        "weights_version": explanation.weights_version,
    }


async def _insert(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
    if not rows:
        return []
    statement = upsert(session, Invitation).values(rows).on_conflict_do_nothing().returning(Invitation.id)
    return list(await session.scalars(statement))
