"""Property contracts: drafted by the community, agreed by two people for the two sides, frozen from the first agreement on, ended with a reason."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.properties import commitments, policy
from marketplace.delivery.properties.drafts import PropertyContractDraft, WhyDraft
from marketplace.delivery.properties.errors import (
    ChecklistIsEmpty,
    CompoundIsLookedAfter,
    DraftIsOpenAlready,
    NotAPropertyCompany,
    PropertyContractIsOver,
    SideHasAgreed,
    TermIsNotPossible,
    TwoPeopleAgree,
)
from marketplace.delivery.properties.events import (
    PropertyContractAgreed,
    PropertyContractAsked,
    PropertyContractEnded,
)
from marketplace.delivery.properties.holding import HeldContract, compound_of, held_contract
from marketplace.delivery.properties.models import PropertyCommitment, PropertyContract
from marketplace.delivery.properties.states import OPEN_DRAFT, PropertyContractState
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.organisations.drafts import OrganisationKind
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish

_LONGEST: Final = timedelta(days=3660)
_MOST_COMPANIES: Final = 50


async def draft(session: Session, viewer: Viewer, compound_id: UUID, draft: PropertyContractDraft) -> UUID:
    """Draft a contract with a company, with the named standards as its first lines; answers its id.

    Raises SignInNeeded, NotFound, NotPermitted, WorkerBelongsToTheCompany, NotAPropertyCompany, TermIsNotPossible, DraftIsOpenAlready,
    InputIsInvalid for a standard that is not there.
    """
    worker = viewer.signed_in()
    compound = await compound_of(session, compound_id, locked=True)
    (await policy.standing(session, viewer, compound)).must_be_community()
    policy.must_not_be_of(viewer, draft.organisation_id)
    await _must_be_company(session, draft.organisation_id)
    today = local_day(session.now())
    if not (draft.starts_on < draft.ends_on <= draft.starts_on + _LONGEST and draft.ends_on > today):
        raise TermIsNotPossible()
    waiting = exists().where(
        PropertyContract.compound_id == compound_id,
        PropertyContract.organisation_id == draft.organisation_id,
        policy.open_ended(today),
        ~policy.agreed(),
    )
    if await session.scalar(select(waiting)):
        raise DraftIsOpenAlready()
    row = PropertyContract(
        id=new_id(),
        compound_id=compound_id,
        organisation_id=draft.organisation_id,
        fee_fen=draft.fee_fen,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        drafted_at=session.now(),
        drafted_by=worker,
    )
    session.add(row)
    await session.flush()
    if draft.standards:
        await commitments.put_standards(session, row.id, draft.standards, worker)
    _note(session, row, worker, "drafted")
    return row.id


async def agree_for_owners(session: Session, viewer: Viewer, property_contract_id: UUID) -> None:
    """Record that the owners decided for it, as a community worker.

    Raises SignInNeeded, NotFound, NotPermitted, WorkerBelongsToTheCompany, PropertyContractIsOver, ChecklistIsEmpty, SideHasAgreed,
    TwoPeopleAgree, CompoundIsLookedAfter.
    """
    worker = viewer.signed_in()
    it = await held_contract(session, viewer, property_contract_id)
    it.standing.must_be_community()
    policy.must_not_be_of(viewer, it.contract.organisation_id)
    await _agree(session, it, worker, "owners_agreed_at", "agreed_for_owners_by")


async def agree_for_company(session: Session, viewer: Viewer, property_contract_id: UUID) -> None:
    """Agree for the company, as its manager.

    Raises SignInNeeded, NotFound, NotPermitted, PropertyContractIsOver, ChecklistIsEmpty, SideHasAgreed, TwoPeopleAgree,
    CompoundIsLookedAfter.
    """
    manager = viewer.signed_in()
    it = await held_contract(session, viewer, property_contract_id)
    it.standing.must_manage(it.contract.organisation_id)
    await _agree(session, it, manager, "company_agreed_at", "agreed_by_company")


async def end(session: Session, viewer: Viewer, property_contract_id: UUID, draft: WhyDraft) -> UUID:
    """End a contract before its time, as the community, or withdraw a draft, as either side; answers the compound's id.

    Raises SignInNeeded, NotFound, NotPermitted, PropertyContractIsOver.
    """
    person_id = viewer.signed_in()
    it = await held_contract(session, viewer, property_contract_id)
    is_draft = it.state in OPEN_DRAFT
    is_manager = it.contract.organisation_id in it.standing.managed_ids
    if not it.standing.is_community and not (is_draft and is_manager):
        raise NotPermitted()
    if it.state is PropertyContractState.OVER or it.contract.ended_at is not None:
        raise PropertyContractIsOver()
    it.contract.ended_at, it.contract.ended_by = session.now(), person_id
    it.contract.end_reason = draft.reason
    await session.flush()
    _note(session, it.contract, person_id, "withdrawn" if is_draft else "ended")
    await publish(session, PropertyContractEnded(it.compound.id, it.contract.id))
    return it.compound.id


async def companies(session: Session, viewer: Viewer) -> Sequence[Organisation]:
    """Verified property companies to draft a contract with, by name; at most 50. Raises SignInNeeded."""
    viewer.signed_in()
    found = await session.scalars(
        select(Organisation)
        .where(
            Organisation.kind == OrganisationKind.PROPERTY_COMPANY.value,
            Organisation.verified_at.is_not(None),
            Organisation.suspended_at.is_(None),
        )
        .order_by(Organisation.name, Organisation.id)
        .limit(_MOST_COMPANIES)
    )
    return found.all()


async def _agree(session: Session, it: HeldContract, by: UUID, at: str, who: str) -> None:
    it.must_await_agreement()
    lines = exists().where(PropertyCommitment.property_contract_id == it.contract.id)
    if not await session.scalar(select(lines)):
        raise ChecklistIsEmpty()
    if by in (it.contract.agreed_for_owners_by, it.contract.agreed_by_company):
        raise SideHasAgreed() if getattr(it.contract, who) == by else TwoPeopleAgree()
    other = "company_agreed_at" if at == "owners_agreed_at" else "owners_agreed_at"
    is_second = getattr(it.contract, other) is not None
    if is_second:
        await _must_be_free(session, it)
    agreed = await session.execute(
        update(PropertyContract)
        .where(PropertyContract.id == it.contract.id, getattr(PropertyContract, at).is_(None))
        .values({at: session.now(), who: by})
        .returning(PropertyContract.id)
    )
    if agreed.scalar_one_or_none() is None:
        raise SideHasAgreed()
    _note(session, it.contract, by, at.removesuffix("_at"))
    told = PropertyContractAgreed if is_second else PropertyContractAsked
    await publish(session, told(it.compound.id, it.contract.id))


async def _must_be_free(session: Session, it: HeldContract) -> None:
    """Raises CompoundIsLookedAfter."""
    until: date | None = await session.scalar(
        select(PropertyContract.ends_on)
        .where(
            PropertyContract.compound_id == it.compound.id,
            PropertyContract.id != it.contract.id,
            policy.agreed(),
            PropertyContract.ended_at.is_(None),
            PropertyContract.starts_on <= it.contract.ends_on,
            PropertyContract.ends_on >= it.contract.starts_on,
        )
        .order_by(PropertyContract.ends_on.desc())
        .limit(1)
    )
    if until is not None:
        raise CompoundIsLookedAfter(until=until)


async def _must_be_company(session: Session, organisation_id: UUID) -> None:
    """Raises NotAPropertyCompany."""
    row = await session.get(Organisation, organisation_id)
    if (
        row is None
        or row.kind != OrganisationKind.PROPERTY_COMPANY.value
        or row.verified_at is None
        or row.suspended_at is not None
    ):
        raise NotAPropertyCompany()


def _note(session: Session, row: PropertyContract, by: UUID, what: str) -> None:
    subject = ("property_contract", row.id)
    audit.record(session, by, f"property_contract.{what}", subject, compound_id=row.compound_id)
