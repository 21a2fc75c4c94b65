"""Organisations: registered by whoever becomes their first manager, then kept up to date."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import TagKind
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.organisations import members, policy
from marketplace.organisations.drafts import OrganisationDraft, ProfileDraft
from marketplace.organisations.errors import (
    CreditCodeIsTaken,
    OrganisationIsSubmitted,
    OrganisationIsSuspended,
    OrganisationIsVerified,
)
from marketplace.organisations.events import OrganisationChanged
from marketplace.organisations.models import Organisation, OrganisationArea, OrganisationField
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.outbox.publish import publish as tell

_PROFILE = ("about", "address", "public_phone", "public_email", "website")


async def register(session: Session, viewer: Viewer, draft: OrganisationDraft) -> UUID:
    """Write an organisation down; the viewer becomes its manager. It is public once verified. Returns its id.

    Raises SignInNeeded, CreditCodeIsTaken, InputIsInvalid.
    """
    person_id = viewer.signed_in()
    await _check_choices(session, [draft.area_code, *draft.areas], draft.fields)
    organisation = Organisation(id=new_id(), registered_at=session.now(), registered_by=person_id)
    _fill_identity(organisation, draft)
    _fill_profile(organisation, draft)
    if not await insert_once(session, organisation):
        raise CreditCodeIsTaken()
    await _put_lists(session, organisation.id, draft)
    await members.make_founder(session, organisation.id, person_id)
    audit.record(session, person_id, "organisation.registered", ("organisation", organisation.id))
    await tell(session, OrganisationChanged(organisation.id))
    return organisation.id


async def edit(session: Session, viewer: Viewer, organisation_id: UUID, draft: ProfileDraft) -> None:
    """Change what the public page tells. Raises SignInNeeded, NotFound, NotPermitted, OrganisationIsSuspended, InputIsInvalid."""
    organisation = await managed(session, viewer, organisation_id)
    _refuse(organisation, OrganisationState.SUSPENDED)
    await _check_choices(session, draft.areas, draft.fields)
    _fill_profile(organisation, draft)
    await _put_lists(session, organisation_id, draft)
    await changed(session, viewer, organisation, "organisation.edited")


async def correct(session: Session, viewer: Viewer, organisation_id: UUID, draft: OrganisationDraft) -> None:
    """Change everything, as long as no officer has it in hand. Raises as ``edit``, and CreditCodeIsTaken,
    OrganisationIsVerified, OrganisationIsSubmitted."""
    organisation = await managed(session, viewer, organisation_id)
    _refuse(
        organisation, OrganisationState.SUSPENDED, OrganisationState.VERIFIED, OrganisationState.SUBMITTED
    )
    await _check_choices(session, [draft.area_code, *draft.areas], draft.fields)
    _fill_profile(organisation, draft)
    _fill_identity(organisation, draft)
    try:
        await session.flush()
    except IntegrityError:
        raise CreditCodeIsTaken() from None
    await _put_lists(session, organisation_id, draft)
    await changed(session, viewer, organisation, "organisation.corrected")


async def seen(session: Session, viewer: Viewer, organisation_id: UUID) -> Organisation:
    """The organisation, locked, for a person who may see it. Raises SignInNeeded and NotFound."""
    viewer.signed_in()
    organisation = await session.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id, policy.visible_to(viewer))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if organisation is None:
        raise NotFound()
    return organisation


async def managed(session: Session, viewer: Viewer, organisation_id: UUID) -> Organisation:
    """The organisation, locked, for one of its managers. Raises SignInNeeded, NotFound, NotPermitted."""
    organisation = await seen(session, viewer, organisation_id)
    if not policy.may_manage(viewer, organisation_id):
        raise NotPermitted()
    return organisation


async def changed(session: Session, viewer: Viewer, organisation: Organisation, action: str) -> None:
    """Readers of a locked organisation see something different now; the act goes on record."""
    organisation.version += 1
    audit.record(session, viewer.person_id, action, ("organisation", organisation.id))
    await tell(session, OrganisationChanged(organisation.id))


def _refuse(organisation: Organisation, *states: OrganisationState) -> None:
    errors = {
        OrganisationState.SUSPENDED: OrganisationIsSuspended,
        OrganisationState.VERIFIED: OrganisationIsVerified,
        OrganisationState.SUBMITTED: OrganisationIsSubmitted,
    }
    state = organisation_state(organisation)
    if state in states:
        raise errors[state]()


def _fill_identity(organisation: Organisation, draft: OrganisationDraft) -> None:
    organisation.name = draft.name
    organisation.credit_code = draft.credit_code
    organisation.kind = draft.kind.value
    organisation.area_code = draft.area_code


def _fill_profile(organisation: Organisation, draft: ProfileDraft) -> None:
    for name in _PROFILE:
        setattr(organisation, name, getattr(draft, name))


async def _put_lists(session: Session, organisation_id: UUID, draft: ProfileDraft) -> None:
    for table, column, codes in (
        (OrganisationField, "tag_code", draft.fields),
        (OrganisationArea, "area_code", draft.areas),
    ):
        await session.execute(delete(table).where(table.organisation_id == organisation_id))
        rows = [{"organisation_id": organisation_id, column: code} for code in dict.fromkeys(codes)]
        if rows:
            await session.execute(insert(table), rows)


async def _check_choices(session: Session, area_codes: Sequence[str], fields: Sequence[str]) -> None:
    """Raises InputIsInvalid, naming each area and field of service that is not known."""
    current = {
        code for code, area in (await areas.by_codes(session, area_codes)).items() if not area.retired_in
    }
    usable = await catalogue.usable_codes(session, fields, TagKind.CATEGORY)
    problems = [
        FieldProblem("areas", "unknown_choice", {"choice": code})
        for code in area_codes
        if code not in current
    ]
    problems += [
        FieldProblem("fields", "unknown_choice", {"choice": code}) for code in fields if code not in usable
    ]
    if problems:
        raise InputIsInvalid(problems)
