"""Answers to calls: yes is a sign-up like any other, no is just as good. Nobody is forced (《志愿服务条例》25, 40)."""

from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.staffing import mobilisations
from marketplace.staffing.mobilisation_drafts import AnswerDraft
from marketplace.staffing.mobilisation_errors import CallIsAnsweredOtherwise, CallIsOver, EverybodyIsFound
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import CallState, MobilisationKind, StopCause, call_state
from marketplace.staffing.mobilisation_waves import places_left
from marketplace.volunteering import sign_ups
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.sign_up_drafts import JoinDraft


async def answer(session: Session, viewer: Viewer, call_id: UUID, draft: AnswerDraft) -> None:
    """Answer one's own call; yes takes a place, and whoever takes the last one ends the mobilisation. The same answer twice is one.

    In a drill yes is only counted. Raises SignInNeeded, NotFound, EverybodyIsFound, CallIsOver, CallIsAnsweredOtherwise, and what
    ``sign_ups.join`` raises.
    """
    person_id = viewer.signed_in()
    await people.must_be_there(session, person_id)
    of_call = select(Call.mobilisation_id).where(Call.id == call_id, Call.person_id == person_id)
    mobilisation_id = await session.scalar(of_call)
    if mobilisation_id is None:
        raise NotFound()
    row = await mobilisations.locked(session, Mobilisation.id == mobilisation_id)
    call = await session.get_one(Call, call_id, populate_existing=True)
    if call.accepted is not None:
        if call.accepted is draft.accepted:
            return
        raise CallIsAnsweredOtherwise()
    if call_state(call, session.now()) is not CallState.LIVE:
        raise EverybodyIsFound() if row.stopped_because == StopCause.FILLED else CallIsOver()
    if draft.accepted:
        await _accept(session, viewer, row, call, draft)
    call.answered_at, call.accepted = session.now(), draft.accepted
    await session.flush()
    shift = await session.get_one(Shift, row.shift_id)
    if draft.accepted and await places_left(session, row, shift) <= 0:
        await mobilisations.end(session, row, StopCause.FILLED)


async def _accept(
    session: Session, viewer: Viewer, row: Mobilisation, call: Call, draft: AnswerDraft
) -> None:
    if row.kind == MobilisationKind.DRILL:
        return
    draft_of_call = JoinDraft(idempotency_key=f"call-{call.id}", agreed=draft.agreed)
    sign_up_id = await sign_ups.join(session, viewer, row.shift_id, draft_of_call)
    await session.flush()
    call.sign_up_id = sign_up_id
    sign_up = await session.get_one(SignUp, sign_up_id)
    if sign_up.waiting_number is not None:
        # Others took the last place without being called. The waiting list is theirs to choose, not ours.
        raise EverybodyIsFound()
