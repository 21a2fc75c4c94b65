"""Notices about roles, qualifications and organisations."""

from uuid import UUID

from marketplace.areas.models import Area
from marketplace.catalogue.models import QualificationType
from marketplace.db.session import Session
from marketplace.identity.events import QualificationDecided, RoleGranted, RoleRevoked
from marketplace.identity.models import PersonQualification, RoleGrant
from marketplace.kernel.local_forms import Named
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.organisations.events import (
    OrganisationChanged,
    OrganisationRefused,
    OrganisationSubmitted,
    OrganisationVerified,
)
from marketplace.organisations.models import Organisation
from marketplace.organisations.states import OrganisationState, organisation_state


async def role_granted(session: Session, event: RoleGranted) -> None:
    await _tell_of_role(session, event.grant_id, Kind.ROLE_GRANTED)


async def role_revoked(session: Session, event: RoleRevoked) -> None:
    await _tell_of_role(session, event.grant_id, Kind.ROLE_REVOKED)


async def qualification_decided(session: Session, event: QualificationDecided) -> None:
    row = await session.get(PersonQualification, event.qualification_id)
    if row is None:
        return
    decided_at = row.verified_at or row.refused_at
    if decided_at is None:
        return
    type_ = await session.get_one(QualificationType, row.qualification_code)
    facts: dict[str, Fact] = {"qualification": Named(type_.name_zh, type_.name_en)}
    if row.refused_at is not None and row.refusal_reason:
        facts["reason"] = row.refusal_reason
    kind = Kind.QUALIFICATION_VERIFIED if row.verified_at else Kind.QUALIFICATION_REFUSED
    news = News(kind, f"qualification:{row.id}:{decided_at.isoformat()}", facts, links.PROFILE)
    await tell(session, [row.person_id], news)


async def organisation_submitted(session: Session, event: OrganisationSubmitted) -> None:
    """Officers of its area may verify it."""
    row = await session.get_one(Organisation, event.organisation_id)
    if organisation_state(row) is OrganisationState.SUBMITTED:
        officers = await audience.officers(session, row.area_code)
        await tell(session, officers, _news_of(row, Kind.ORGANISATION_SUBMITTED, row.submitted_at))


async def organisation_verified(session: Session, event: OrganisationVerified) -> None:
    row = await session.get_one(Organisation, event.organisation_id)
    if row.verified_at is not None:
        managers = await audience.managers(session, row.id)
        await tell(session, managers, _news_of(row, Kind.ORGANISATION_VERIFIED, row.verified_at))


async def organisation_refused(session: Session, event: OrganisationRefused) -> None:
    row = await session.get_one(Organisation, event.organisation_id)
    if row.refused_at is not None:
        managers = await audience.managers(session, row.id)
        news = _news_of(row, Kind.ORGANISATION_REFUSED, row.refused_at, row.refusal_reason)
        await tell(session, managers, news)


async def organisation_changed(session: Session, event: OrganisationChanged) -> None:
    """Of all that may have changed, its people did everything themselves but a suspension."""
    row = await session.get_one(Organisation, event.organisation_id)
    if row.suspended_at is not None:
        managers = await audience.managers(session, row.id)
        news = _news_of(row, Kind.ORGANISATION_SUSPENDED, row.suspended_at, row.suspension_reason)
        await tell(session, managers, news)


async def _tell_of_role(session: Session, grant_id: UUID, kind: Kind) -> None:
    """What somebody did themselves (founded an organisation, laid a role down) they know."""
    grant = await session.get_one(RoleGrant, grant_id)
    actor = grant.granted_by if kind is Kind.ROLE_GRANTED else grant.revoked_by
    if actor == grant.person_id:
        return
    facts: dict[str, Fact] = {"role": Word(f"role.{grant.role}"), "where": await _scope(session, grant)}
    await tell(session, [grant.person_id], News(kind, f"{kind}:{grant.id}", facts, links.PROFILE))


async def _scope(session: Session, grant: RoleGrant) -> Fact:
    if grant.organisation_id is not None:
        return (await session.get_one(Organisation, grant.organisation_id)).name
    area = await session.get_one(Area, grant.area_code)
    return Named(area.name, area.name_en)


def _news_of(row: Organisation, kind: Kind, at: object, reason: str | None = None) -> News:
    facts: dict[str, Fact] = {"organisation": row.name}
    if reason:
        facts["reason"] = reason
    return News(kind, f"{kind}:{row.id}:{at}", facts, links.organisation(row.id))
