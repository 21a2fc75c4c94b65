"""Notices about the ranking: somebody is invited, with why; officers hear of weights that wait for them or were decided."""

from sqlalchemy import select

from marketplace.areas.codes import CITY
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Span, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.recommendations import words
from marketplace.recommendations.events import PersonInvited, WeightsDecided, WeightsProposed
from marketplace.recommendations.kept import explanation_of
from marketplace.recommendations.models import Invitation, RankingDecision, RankingWeights
from marketplace.recommendations.policy import GOVERNING
from marketplace.recommendations.words import Reader
from marketplace.volunteering.models import Need, Shift


async def invited(session: Session, event: PersonInvited) -> None:
    """An organiser asks the person; the strongest factors and the points of all say why. Useless once the shift has begun."""
    found = (
        await session.execute(
            select(Invitation, Shift, Need)
            .join(Shift, Shift.id == Invitation.shift_id)
            .join(Need, Need.id == Invitation.need_id)
            .where(Invitation.id == event.invitation_id, Invitation.ended_at.is_(None))
        )
    ).one_or_none()
    if found is None:
        return
    invitation, shift, need = found
    explanation = explanation_of(invitation.score, invitation.factors, invitation.weights_version)
    told = words.told(explanation, await words.names(session, [explanation]), Reader.YOU)
    news = News(
        kind=Kind.INVITED,
        told_for=f"{Kind.INVITED}:{invitation.id}",
        facts={
            "need": need.title,
            "place": need.place,
            "shift": Span(shift.starts_at, shift.ends_at),
            "why": words.why(told),
        },
        link=links.INVITATIONS,
        useless_from=shift.starts_at,
    )
    await tell(session, [invitation.person_id], news)


async def weights_proposed(session: Session, event: WeightsProposed) -> None:
    """The other officers of the city may decide."""
    row = await session.get_one(RankingWeights, event.weights_id)
    officers = await audience.nearest(session, CITY, *GOVERNING)
    facts: dict[str, Fact] = {
        "kind": Word(f"ranking.{row.kind}"),
        "version": row.version,
        "reason": row.reason,
    }
    news = News(Kind.WEIGHTS_PROPOSED, f"{Kind.WEIGHTS_PROPOSED}:{row.id}", facts, links.weights(row.id))
    await tell(session, set(officers) - {row.proposed_by}, news)


async def weights_decided(session: Session, event: WeightsDecided) -> None:
    """Whoever proposed them hears what a second person decided."""
    row = await session.get_one(RankingWeights, event.weights_id)
    decision = await session.get_one(RankingDecision, event.weights_id)
    if row.proposed_by is None or await session.get(Person, row.proposed_by) is None:
        return
    kind = Kind.WEIGHTS_REFUSED if decision.in_force_from is None else Kind.WEIGHTS_APPROVED
    facts: dict[str, Fact] = {"kind": Word(f"ranking.{row.kind}"), "version": row.version}
    if decision.refusal_reason:
        facts["reason"] = decision.refusal_reason
    await tell(session, [row.proposed_by], News(kind, f"{kind}:{row.id}", facts, links.weights(row.id)))
