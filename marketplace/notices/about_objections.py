"""Notices about objections and complaints: raised, due soon, answered, decided; and a process that rests or goes on again."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.awards import deadlines, holding
from marketplace.procurement.awards.events import (
    ObjectionAnswered,
    ObjectionRaised,
    SuspensionLifted,
    TenderSuspended,
)
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.awards.objections import COMPLAINT
from marketplace.procurement.tenders.models import Tender, TenderFollow

_SOON: Final = timedelta(days=2)
_MOST_AT_ONCE: Final = 200


async def raised(session: Session, event: ObjectionRaised) -> None:
    """Whoever must answer hears of it: the buyer of an objection, the supervisor of a complaint, of which the buyer hears too."""
    row, tender = await _about(session, event.objection_id)
    kind = Kind.COMPLAINT_RAISED if row.kind == COMPLAINT else Kind.OBJECTION_RAISED
    people = set(await _answering(session, row, tender))
    if row.kind == COMPLAINT:
        people |= set(await audience.nearest(session, tender.area_code, Role.PROCUREMENT_OFFICER))
    facts: dict[str, Fact] = {
        "tender": tender.title,
        "about": Word(f"objection_about.{row.about}"),
        "due_at": row.due_at,
    }
    await tell(session, people, News(kind, f"{kind}:{row.id}", facts, links.objection(row.id)))


async def answered(session: Session, event: ObjectionAnswered) -> None:
    """The supplier hears the outcome; of a decision the buyer does too."""
    row, tender = await _about(session, event.objection_id)
    kind = Kind.COMPLAINT_DECIDED if row.kind == COMPLAINT else Kind.OBJECTION_ANSWERED
    people = set(await audience.managers(session, row.organisation_id))
    if row.kind == COMPLAINT:
        people |= set(await audience.nearest(session, tender.area_code, Role.PROCUREMENT_OFFICER))
    facts: dict[str, Fact] = {
        "tender": tender.title,
        "outcome": Word("state.objection.upheld" if row.is_upheld else "state.objection.rejected"),
    }
    if row.kind != COMPLAINT:
        facts["until"] = (await deadlines.complaint_clock(session)).ends_at(row)
    await tell(session, people, News(kind, f"{kind}:{row.id}", facts, links.objection(row.id)))


async def remind(session: Session) -> None:
    """Repeated task: whoever must answer hears once that the time for it is nearly over."""
    now = session.now()
    soon = await session.execute(
        select(Objection, Tender)
        .join(Tender, Tender.id == Objection.tender_id)
        .where(
            Objection.answered_at.is_(None),
            Objection.withdrawn_at.is_(None),
            Objection.due_at > now,
            Objection.due_at <= now + _SOON,
        )
        .order_by(Objection.due_at, Objection.id)
        .limit(_MOST_AT_ONCE)
    )
    for row, tender in soon.all():
        facts: dict[str, Fact] = {"tender": tender.title, "due_at": row.due_at}
        news = News(
            Kind.OBJECTION_DUE,
            f"{Kind.OBJECTION_DUE}:{row.id}",
            facts,
            links.objection(row.id),
            useless_from=row.due_at,
        )
        await tell(session, await _answering(session, row, tender), news)


async def suspended(session: Session, event: TenderSuspended) -> None:
    """The buyer, who follows the process, and who bid once that is public."""
    await _tell_of_rest(session, event.tender_id, Kind.TENDER_SUSPENDED)


async def resumed(session: Session, event: SuspensionLifted) -> None:
    await _tell_of_rest(session, event.tender_id, Kind.TENDER_RESUMED)


async def _tell_of_rest(session: Session, tender_id: UUID, kind: Kind) -> None:
    tender = await session.get_one(Tender, tender_id)
    if (tender.suspended_at is not None) is not (kind is Kind.TENDER_SUSPENDED):
        return
    people = set(await audience.nearest(session, tender.area_code, Role.PROCUREMENT_OFFICER))
    organisations = set(
        await session.scalars(
            select(TenderFollow.organisation_id).where(
                TenderFollow.tender_id == tender_id, TenderFollow.ended_at.is_(None)
            )
        )
    )
    if tender.opened_at is not None:
        organisations |= (await holding.bidders(session, tender_id)).keys()
    people |= await _managers(session, organisations)
    told_for = f"{kind}:{tender_id}:{session.now().isoformat()}"
    await tell(
        session, people, News(kind, told_for, {"tender": tender.title}, links.objections_of(tender_id))
    )


async def _answering(session: Session, row: Objection, tender: Tender) -> Iterable[UUID]:
    role = Role.PROCUREMENT_SUPERVISOR if row.kind == COMPLAINT else Role.PROCUREMENT_OFFICER
    return await audience.nearest(session, tender.area_code, role)


async def _managers(session: Session, organisations: Iterable[UUID]) -> set[UUID]:
    found = await session.scalars(
        select(RoleGrant.person_id).where(
            RoleGrant.organisation_id.in_(list(organisations)),
            RoleGrant.role == Role.ORGANISATION_MANAGER,
            RoleGrant.revoked_at.is_(None),
        )
    )
    return set(found)


async def _about(session: Session, objection_id: UUID) -> tuple[Objection, Tender]:
    row = await session.get_one(Objection, objection_id)
    return row, await session.get_one(Tender, row.tender_id)
