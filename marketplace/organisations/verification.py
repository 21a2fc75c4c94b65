"""Verification: an organisation asks, an officer of its area decides, and may suspend it later. Nobody decides about their own."""

from uuid import UUID

from sqlalchemy import exists, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.organisations import organisations, policy
from marketplace.organisations.drafts import DocumentKind, ReasonDraft
from marketplace.organisations.errors import (
    CertificateIsMissing,
    OfficerIsMember,
    OrganisationIsNotSubmitted,
    OrganisationIsNotSuspended,
    OrganisationIsNotVerified,
    OrganisationIsSubmitted,
    OrganisationIsVerified,
)
from marketplace.organisations.events import OrganisationRefused, OrganisationSubmitted, OrganisationVerified
from marketplace.organisations.models import Organisation, OrganisationDocument
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.outbox.publish import publish as tell


async def submit(session: Session, viewer: Viewer, organisation_id: UUID) -> None:
    """Ask to be verified; after a refusal, again. Raises NotFound, NotPermitted, CertificateIsMissing,
    OrganisationIsSubmitted, OrganisationIsVerified."""
    organisation = await organisations.managed(session, viewer, organisation_id)
    if organisation.verified_at is not None:
        raise OrganisationIsVerified()
    if organisation_state(organisation) is OrganisationState.SUBMITTED:
        raise OrganisationIsSubmitted()
    if not await _has_certificate(session, organisation_id):
        raise CertificateIsMissing()
    organisation.submitted_at = session.now()
    organisation.refused_at = None
    organisation.refusal_reason = None
    await organisations.changed(session, viewer, organisation, "organisation.submitted")
    await tell(session, OrganisationSubmitted(organisation_id))


async def verify(session: Session, viewer: Viewer, organisation_id: UUID) -> None:
    """Find the organisation to be what it says. Raises NotFound, NotPermitted, OfficerIsMember, OrganisationIsNotSubmitted."""
    organisation = await _waiting(session, viewer, organisation_id)
    organisation.verified_at = session.now()
    organisation.verified_by = viewer.person_id
    await organisations.changed(session, viewer, organisation, "organisation.verified")
    await tell(session, OrganisationVerified(organisation_id))


async def refuse(session: Session, viewer: Viewer, organisation_id: UUID, draft: ReasonDraft) -> None:
    """Say what is wrong, so that it can be mended and submitted again. Raises as ``verify``."""
    organisation = await _waiting(session, viewer, organisation_id)
    organisation.refused_at = session.now()
    organisation.refusal_reason = draft.reason
    await organisations.changed(session, viewer, organisation, "organisation.refused")
    await tell(session, OrganisationRefused(organisation_id))


async def suspend(session: Session, viewer: Viewer, organisation_id: UUID, draft: ReasonDraft) -> None:
    """Take a verified organisation out of sight until further notice; it publishes nothing meanwhile.

    Raises NotFound, NotPermitted, OfficerIsMember, OrganisationIsNotVerified.
    """
    organisation = await _decided(session, viewer, organisation_id)
    if organisation_state(organisation) is not OrganisationState.VERIFIED:
        raise OrganisationIsNotVerified()
    organisation.suspended_at = session.now()
    organisation.suspension_reason = draft.reason
    await organisations.changed(session, viewer, organisation, "organisation.suspended")


async def lift(session: Session, viewer: Viewer, organisation_id: UUID) -> None:
    """End a suspension. Raises NotFound, NotPermitted, OfficerIsMember, OrganisationIsNotSuspended."""
    organisation = await _decided(session, viewer, organisation_id)
    if organisation.suspended_at is None:
        raise OrganisationIsNotSuspended()
    organisation.suspended_at = None
    organisation.suspension_reason = None
    await organisations.changed(session, viewer, organisation, "organisation.suspension_lifted")


async def _waiting(session: Session, viewer: Viewer, organisation_id: UUID) -> Organisation:
    organisation = await _decided(session, viewer, organisation_id)
    if organisation_state(organisation) is not OrganisationState.SUBMITTED:
        raise OrganisationIsNotSubmitted()
    return organisation


async def _decided(session: Session, viewer: Viewer, organisation_id: UUID) -> Organisation:
    """The organisation, locked, for an officer of its area who does not belong to it."""
    organisation = await organisations.seen(session, viewer, organisation_id)
    if not policy.decides_there(viewer, organisation.area_code):
        raise NotPermitted()
    if policy.belongs(viewer, organisation_id) or organisation.registered_by == viewer.person_id:
        raise OfficerIsMember()
    return organisation


async def _has_certificate(session: Session, organisation_id: UUID) -> bool:
    kept = exists().where(
        OrganisationDocument.organisation_id == organisation_id,
        OrganisationDocument.kind == DocumentKind.REGISTRATION_CERTIFICATE,
        OrganisationDocument.removed_at.is_(None),
    )
    return bool(await session.scalar(select(kept)))
