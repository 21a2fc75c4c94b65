"""Consortia: a partner agrees beforehand, on its own page, to bid under a lead. Only tags of both are kept until the opening."""

from uuid import UUID

from sqlalchemy import delete, or_, select

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.vault import Vault
from marketplace.organisations.models import Organisation
from marketplace.procurement.bids import submissions
from marketplace.procurement.bids.drafts import ActDraft, ConsentDraft
from marketplace.procurement.bids.errors import ConsortiumIsNotTaken, OrganisationIsItsOwnPartner
from marketplace.procurement.bids.models import ConsortiumConsent
from marketplace.procurement.bids.tags import bidder_tag, by_tag
from marketplace.procurement.bids.tender_files import in_force
from marketplace.procurement.profiles import rule


async def agree(session: Session, viewer: Viewer, tender_id: UUID, draft: ConsentDraft, vault: Vault) -> None:
    """The viewer's organisation will bid under the lead, liable together with it. Saying so twice changes nothing.

    Raises SignInNeeded, NotFound, OrganisationMayNotBid, TenderTakesNoBids, BiddingIsOver, ConsortiumIsNotTaken, OrganisationIsItsOwnPartner.
    """
    if draft.lead_id == draft.organisation_id:
        raise OrganisationIsItsOwnPartner()
    await _at_desk(session, viewer, tender_id, draft, vault)
    lead = await session.get(Organisation, draft.lead_id)
    if lead is None or lead.verified_at is None or lead.suspended_at is not None:
        raise NotFound()
    if not (await in_force(session, tender_id)).file.allows_consortia:
        raise ConsortiumIsNotTaken(article=(await rule(session, "consortium")).article)
    consent = ConsortiumConsent(
        tender_id=tender_id,
        lead_tag=bidder_tag(vault, tender_id, draft.lead_id),
        partner_tag=bidder_tag(vault, tender_id, draft.organisation_id),
        agreed_at=session.now(),
    )
    await insert_once(session, consent)


async def disagree(
    session: Session, viewer: Viewer, tender_id: UUID, draft: ConsentDraft, vault: Vault
) -> None:
    """Take the consent back, until the deadline: a bid that counts on it is then refused at the opening.

    Raises SignInNeeded, NotFound, OrganisationMayNotBid, TenderTakesNoBids, BiddingIsOver.
    """
    await _at_desk(session, viewer, tender_id, draft, vault)
    await session.execute(
        delete(ConsortiumConsent).where(
            ConsortiumConsent.tender_id == tender_id,
            ConsortiumConsent.lead_tag == bidder_tag(vault, tender_id, draft.lead_id),
            ConsortiumConsent.partner_tag == bidder_tag(vault, tender_id, draft.organisation_id),
        )
    )


async def named(session: Session, text: str) -> UUID:
    """The verified organisation with this full name or credit code. Raises InputIsInvalid."""
    wanted = searchable(text).strip()
    found = await session.scalar(
        select(Organisation.id)
        .where(
            or_(Organisation.name == wanted, Organisation.credit_code == wanted.upper()),
            Organisation.verified_at.is_not(None),
            Organisation.suspended_at.is_(None),
        )
        .order_by(Organisation.id)
        .limit(1)
    )
    if found is None:
        raise InputIsInvalid.of("lead", "unknown_choice", choice=wanted)
    return found


async def partners_of(session: Session, tender_id: UUID, lead_id: UUID, vault: Vault) -> list[Organisation]:
    """The organisations that agreed to bid under the lead. The caller acts for the lead.

    Tags cannot be turned back, so those of all who might have agreed are made and compared: a few microseconds each.
    """
    lead_tag = bidder_tag(vault, tender_id, lead_id)
    agreed = await session.scalars(
        select(ConsortiumConsent.partner_tag).where(
            ConsortiumConsent.tender_id == tender_id, ConsortiumConsent.lead_tag == lead_tag
        )
    )
    return await _named(session, tender_id, set(agreed), vault)


async def leads_of(session: Session, tender_id: UUID, partner_id: UUID, vault: Vault) -> list[Organisation]:
    """The organisations under which the partner agreed to bid. The caller acts for the partner."""
    partner_tag = bidder_tag(vault, tender_id, partner_id)
    agreed = await session.scalars(
        select(ConsortiumConsent.lead_tag).where(
            ConsortiumConsent.tender_id == tender_id, ConsortiumConsent.partner_tag == partner_tag
        )
    )
    return await _named(session, tender_id, set(agreed), vault)


async def _named(session: Session, tender_id: UUID, tags: set[bytes], vault: Vault) -> list[Organisation]:
    if not tags:
        return []
    candidates = await session.scalars(select(Organisation.id).where(Organisation.verified_at.is_not(None)))
    known = by_tag(vault, tender_id, candidates)
    found = await session.scalars(
        select(Organisation)
        .where(Organisation.id.in_([known[tag] for tag in tags if tag in known]))
        .order_by(Organisation.name, Organisation.id)
    )
    return list(found)


async def _at_desk(
    session: Session, viewer: Viewer, tender_id: UUID, draft: ConsentDraft, vault: Vault
) -> None:
    act = ActDraft(organisation_id=draft.organisation_id, version=1, idempotency_key="consent")
    desk = await submissions.at_desk(session, viewer, tender_id, act, vault)
    await submissions.must_take_bids(session, desk)
