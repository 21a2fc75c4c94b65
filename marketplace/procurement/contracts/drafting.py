"""A contract is drafted from an award that stands: price and dates from the award and the lot, milestones from the file."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.awards.errors import AwardIsNotPublished
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts import policy
from marketplace.procurement.contracts.errors import (
    AwardDoesNotStand,
    ContractIsTooLong,
)
from marketplace.procurement.contracts.events import ContractDrafted
from marketplace.procurement.contracts.holding import ANEW, lock_tender
from marketplace.procurement.contracts.models import Contract, Milestone
from marketplace.procurement.contracts.splitting import split
from marketplace.procurement.errors import TenderIsOver
from marketplace.procurement.models import Buyer
from marketplace.procurement.profiles import Procedure, rule
from marketplace.procurement.tenders.file import PlannedMilestone, TenderFile, read_file
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.working_days import calendar

_MOMENT: Final = timedelta(microseconds=1)


async def draft(session: Session, viewer: Viewer, award_id: UUID) -> UUID:
    """Draft the contract of an award; answers its id, the same when it is there already.

    Raises SignInNeeded, NotPermitted, NotFound, AwardIsNotPublished, AwardDoesNotStand, TenderIsOver, ContractIsTooLong.
    """
    known = await session.get(Award, award_id)
    if known is None:
        raise NotFound()
    tender = await lock_tender(session, known.tender_id)
    buyer = await session.get_one(Buyer, tender.buyer_id)
    award: Award = await session.get_one(Award, award_id, populate_existing=True)
    officer = _officer(viewer, buyer, award)
    there = await session.scalar(select(Contract.id).where(Contract.award_id == award_id))
    if there is not None:
        return there
    _must_stand(tender, award)
    lot = await session.get_one(Lot, award.lot_id)
    file = await file_in_force(session, tender.id)
    is_framework = tender.procedure == Procedure.FRAMEWORK
    await must_fit_length(session, lot.starts_on, lot.ends_on, is_framework=is_framework)
    row = Contract(
        id=new_id(),
        lot_id=lot.id,
        award_id=award.id,
        organisation_id=award.organisation_id,
        is_framework=is_framework,
        title=lot.title,
        value_fen=0 if is_framework else award.price_fen,
        currency=award.currency,
        starts_on=lot.starts_on,
        ends_on=lot.ends_on,
        **await _times(session, award),
    )
    steps = () if is_framework else planned(file, lot)
    await add(session, officer, tender, row, steps)
    return row.id


async def add(
    session: Session, officer: UUID, tender: Tender, row: Contract, steps: Sequence[PlannedMilestone]
) -> None:
    """Put a new contract with its milestones beside the others of its tender, whose row the caller holds."""
    before = await session.scalar(select(func.count()).where(Contract.tender_id == tender.id)) or 0
    # Contracts are never deleted and the tender is locked, so the count is a number that nobody had.
    row.reference = f"{tender.reference}/{before + 1:02d}"
    row.tender_id, row.buyer_id = tender.id, tender.buyer_id
    row.drafted_at, row.drafted_by = session.now(), officer
    row.added_fen = row.paid_fen = 0
    session.add(row)
    await session.flush()
    parts = split(row.value_fen, [step.share for step in steps])
    session.add_all(
        Milestone(
            id=new_id(),
            contract_id=row.id,
            number=number,
            title=step.title,
            deliverable=step.deliverable,
            due_on=step.due_on,
            value_fen=part,
            paid_fen=0,
        )
        for number, (step, part) in enumerate(zip(steps, parts, strict=True), start=1)
    )
    await session.flush()
    facts = {"reference": row.reference, "value_fen": row.value_fen, "organisation_id": row.organisation_id}
    await records.append(session, tender.id, "contract.drafted", officer, contract_id=row.id, **facts)
    audit.record(session, officer, "contract.drafted", ("contract", row.id), **facts)
    await publish(session, ContractDrafted(tender.id, row.id))


async def file_in_force(session: Session, tender_id: UUID) -> TenderFile:
    """The newest published version of the file. Raises NotFound."""
    content = await session.scalar(
        select(TenderVersion.content)
        .where(TenderVersion.tender_id == tender_id)
        .order_by(TenderVersion.number.desc())
        .limit(1)
        .execution_options(**ANEW)
    )
    if content is None:
        raise NotFound()
    return read_file(content)


def planned(file: TenderFile, lot: Lot) -> Sequence[PlannedMilestone]:
    """The file's milestones; a file that plans none means that everything is delivered at the end."""
    if file.milestones:
        return file.milestones
    return (
        PlannedMilestone(
            title=lot.title,
            deliverable=(file.acceptance or file.description or lot.title)[:1000],
            due_on=lot.ends_on,
            share=100,
        ),
    )


async def must_fit_length(session: Session, starts_on: date, ends_on: date, *, is_framework: bool) -> None:
    """Raises ContractIsTooLong when it lasts longer than the rule of contracts, or of frameworks, allows."""
    known = await rule(session, "framework_terms" if is_framework else "contract_length")
    most = known.value["most_years"]
    if ends_on >= _years_later(starts_on, most):
        raise ContractIsTooLong(most_years=most, article=known.article)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return date(day.year + years, 3, 1)


async def _times(session: Session, award: Award) -> dict[str, datetime]:
    """From when it may be signed, and until when it must: both counted from the end of the award's notice."""
    days = await calendar(session)
    ended = award.notice_ends_at or session.now()
    # The notice ends at the midnight after its last day; days are counted from that last day.
    last_day = ended - _MOMENT
    return {
        "sign_from": days.due(last_day, await rule(session, "objection"), "raise_days"),
        "sign_due_at": days.due(last_day, await rule(session, "contract"), "within_days"),
    }


def _officer(viewer: Viewer, buyer: Buyer, award: Award) -> UUID:
    """Raises SignInNeeded, NotPermitted; NotFound while the award is not public and the viewer not of the trade."""
    viewer.signed_in()
    if award.published_at is None and not policy.is_officer(viewer, buyer.area_code):
        raise NotFound()
    return policy.must_be_officer(viewer, buyer.area_code, award.organisation_id)


def _must_stand(tender: Tender, award: Award) -> None:
    """Raises AwardDoesNotStand, AwardIsNotPublished, TenderIsOver."""
    if award.ended_at is not None:
        raise AwardDoesNotStand()
    if award.published_at is None:
        raise AwardIsNotPublished()
    if tender.cancelled_at is not None or tender.unsuccessful_at is not None:
        raise TenderIsOver()
