"""Notices about mobilisations: somebody is called, to say yes or no; and a call has ended unanswered."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select

from marketplace.db.session import Session
from marketplace.notices import links
from marketplace.notices.facts import Fact, Span
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.staffing.mobilisation_events import MobilisationStopped, WaveCalled
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import MobilisationKind
from marketplace.volunteering.models import Need, Shift

_KINDS: Final[Mapping[str, Kind]] = {
    MobilisationKind.EMERGENCY: Kind.CALLED_IN_EMERGENCY,
    MobilisationKind.LARGE: Kind.CALLED,
    MobilisationKind.DRILL: Kind.CALL_DRILL,
}


async def called(session: Session, event: WaveCalled) -> None:
    """Everybody of a wave hears why, where and until when to answer. An emergency and a drill say so in their titles."""
    row, shift, need = await _about(session, event.mobilisation_id)
    kind = _KINDS[row.kind]
    calls = await session.scalars(
        select(Call).where(Call.mobilisation_id == row.id, Call.wave == event.wave).order_by(Call.person_id)
    )
    for call in calls.all():
        facts: dict[str, Fact] = {
            "need": need.title,
            "place": need.place,
            "shift": Span(shift.starts_at, shift.ends_at),
            "reason": row.reason,
            "expires_at": call.expires_at,
        }
        news = News(kind, f"{kind}:{call.id}", facts, links.call(call.id), useless_from=call.expires_at)
        await tell(session, [call.person_id], news)


async def ended(session: Session, event: MobilisationStopped) -> None:
    """Whoever had not answered when it stopped hears that nothing is expected of them any more."""
    row, shift, need = await _about(session, event.mobilisation_id)
    asked = select(Call).where(
        Call.mobilisation_id == row.id, Call.answered_at.is_(None), Call.ended_at == row.stopped_at
    )
    facts: dict[str, Fact] = {"need": need.title, "shift": Span(shift.starts_at, shift.ends_at)}
    news = News(Kind.CALL_ENDED, f"{Kind.CALL_ENDED}:{row.id}", facts, links.need(need.id))
    await tell(session, [call.person_id for call in await session.scalars(asked)], news)


async def _about(session: Session, mobilisation_id: UUID) -> Row[Mobilisation, Shift, Need]:
    return (
        await session.execute(
            select(Mobilisation, Shift, Need)
            .join(Shift, Shift.id == Mobilisation.shift_id)
            .join(Need, Need.id == Shift.need_id)
            .where(Mobilisation.id == mobilisation_id)
        )
    ).one()
