"""Facts: what a source measured of a promise over some days. Never changed; a later fact corrects an earlier one and says why."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import FactDraft
from marketplace.delivery.properties.errors import (
    CorrectionDoesNotFit,
    CorrectionNeedsAReason,
    DaysAreOutsideTheContract,
    DaysAreToldAlready,
    FactIsCorrectedAlready,
    KeeperDoesNotFit,
    KeyIsOfAnotherAct,
    SourceIsEnded,
    SourceIsOfAnotherCompound,
)
from marketplace.delivery.properties.holding import ANEW
from marketplace.delivery.properties.models import (
    FactSource,
    PropertyCommitment,
    PropertyContract,
    PropertyFact,
)
from marketplace.delivery.properties.performance import Per
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id

MOST_DAYS: Final = 366


async def post(session: Session, viewer: Viewer, draft: FactDraft) -> UUID:
    """Post a fact as the source's keeper, by page or by a program with the keeper's token; answers its id, for a repeated key the first one.

    Raises SignInNeeded, NotFound for a source that is not the viewer's to keep, SourceIsEnded, KeyIsOfAnotherAct,
    SourceIsOfAnotherCompound, KeeperDoesNotFit, DaysAreOutsideTheContract, CorrectionNeedsAReason, CorrectionDoesNotFit,
    FactIsCorrectedAlready, DaysAreToldAlready.
    """
    keeper = viewer.signed_in()
    # One source speaks one sentence at a time, so that no two of its facts tell of the same days.
    source: FactSource | None = await session.scalar(
        select(FactSource)
        .where(FactSource.id == draft.source_id, FactSource.keeper_id == keeper)
        .with_for_update(key_share=True)
        .execution_options(**ANEW)
    )
    if source is None:
        raise NotFound()
    before = await _of_key(session, draft)
    if before is not None:
        return before
    if source.ended_at is not None:
        raise SourceIsEnded()
    commitment, contract = await _promise(session, draft.commitment_id)
    if contract.compound_id != source.compound_id:
        raise SourceIsOfAnotherCompound()
    # Companies and their people change after a source is registered: nobody tells another company's figures for its own.
    is_company = viewer.holds_in_organisation(contract.organisation_id, *ORGANISATION_ROLES)
    if (source.kind == SourceKind.COMPANY) is not is_company:
        raise KeeperDoesNotFit()
    _must_be_within(session, contract, draft)
    if draft.corrects_id is not None:
        await _must_correct(session, draft)
    await _must_be_new(session, commitment, draft)
    row = PropertyFact(id=new_id(), posted_at=session.now(), posted_by=keeper, **draft.model_dump())
    if not await insert_once(session, row):
        raise FactIsCorrectedAlready()
    return row.id


def stands() -> ColumnElement[bool]:
    """SQL over facts: no later one has taken its place."""
    later = aliased(PropertyFact)
    return ~exists().where(later.corrects_id == PropertyFact.id)


async def _of_key(session: Session, draft: FactDraft) -> UUID | None:
    """The fact that was posted with this key before. Raises KeyIsOfAnotherAct when it said something else."""
    known = await session.scalar(
        select(PropertyFact).where(
            PropertyFact.source_id == draft.source_id, PropertyFact.idempotency_key == draft.idempotency_key
        )
    )
    if known is None:
        return None
    if any(getattr(known, name) != value for name, value in draft.model_dump().items()):
        raise KeyIsOfAnotherAct()
    return known.id


async def _promise(session: Session, commitment_id: UUID) -> tuple[PropertyCommitment, PropertyContract]:
    """Raises NotFound, for a promise that nobody has made yet as well."""
    found = (
        await session.execute(
            select(PropertyCommitment, PropertyContract)
            .join(PropertyContract, PropertyContract.id == PropertyCommitment.property_contract_id)
            .where(PropertyCommitment.id == commitment_id, policy.agreed())
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def _must_be_within(session: Session, contract: PropertyContract, draft: FactDraft) -> None:
    """Raises DaysAreOutsideTheContract."""
    last: date = min(contract.ends_on, local_day(session.now()))
    if contract.ended_at is not None:
        last = min(last, local_day(contract.ended_at))
    days = (draft.until_on - draft.from_on).days + 1
    if not (contract.starts_on <= draft.from_on <= draft.until_on <= last and days <= MOST_DAYS):
        raise DaysAreOutsideTheContract(most_days=MOST_DAYS)


async def _must_correct(session: Session, draft: FactDraft) -> None:
    """Raises CorrectionNeedsAReason, CorrectionDoesNotFit."""
    if draft.note is None:
        raise CorrectionNeedsAReason()
    wrong = await session.get(PropertyFact, draft.corrects_id)
    if wrong is None or wrong.source_id != draft.source_id or wrong.commitment_id != draft.commitment_id:
        raise CorrectionDoesNotFit()


async def _must_be_new(session: Session, commitment: PropertyCommitment, draft: FactDraft) -> None:
    """Cases may lie on one day; what is counted over days is told once. Raises FactIsCorrectedAlready, DaysAreToldAlready."""
    if draft.corrects_id is not None:
        later = select(PropertyFact.id).where(PropertyFact.corrects_id == draft.corrects_id)
        if await session.scalar(later) is not None:
            raise FactIsCorrectedAlready()
    if commitment.per == Per.CASE:
        return
    overlap = select(PropertyFact.id).where(
        PropertyFact.source_id == draft.source_id,
        PropertyFact.commitment_id == draft.commitment_id,
        PropertyFact.from_on <= draft.until_on,
        PropertyFact.until_on >= draft.from_on,
        stands(),
    )
    if draft.corrects_id is not None:
        overlap = overlap.where(PropertyFact.id != draft.corrects_id)
    if await session.scalar(overlap.limit(1)) is not None:
        raise DaysAreToldAlready()
