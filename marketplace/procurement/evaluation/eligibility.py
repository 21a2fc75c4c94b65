"""The check of the bids: each held against each condition, with a reason; then closed, and with too few left there is no evaluation."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.evaluation.case import Case, load_held
from marketplace.procurement.evaluation.declarations import declared_seat_of
from marketplace.procurement.evaluation.drafts import FindingDraft
from marketplace.procurement.evaluation.errors import CheckIsClosed, CheckIsIncomplete
from marketplace.procurement.evaluation.events import PanelReminded
from marketplace.procurement.evaluation.models import EligibilityClosing, EligibilityFinding
from marketplace.procurement.evaluation.panels import BUYER
from marketplace.procurement.tenders.states import EndReason
from marketplace.procurement.tenders.tenders import end_lot_unsuccessful


async def find(session: Session, viewer: Viewer, bid_id: UUID, tender_id: UUID, draft: FindingDraft) -> UUID:
    """Say whether a bid meets a condition; a later finding replaces an earlier one, and both stay. Answers the finding's id.

    Officers of the buyer do this (87号 article 44), or whom the buyer sent to the panel. Raises SignInNeeded, NotFound, CheckIsClosed,
    InputIsInvalid, DeclarationIsMissing, and what ``case.held`` raises.
    """
    case = await load_held(session, tender_id)
    by = _must_check(viewer, case)
    if case.closing is not None:
        raise CheckIsClosed()
    if bid_id not in {one.bid.id for one in case.bids()}:
        raise NotFound()
    if draft.condition_key not in {one.key for one in case.file.conditions}:
        raise InputIsInvalid.of("condition_key", "unknown_choice", choice=draft.condition_key)
    # The tender's lock lets one in at a time, so the number is free.
    number = select(func.count()).where(
        EligibilityFinding.bid_id == bid_id, EligibilityFinding.condition_key == draft.condition_key
    )
    row = EligibilityFinding(
        id=new_id(),
        bid_id=bid_id,
        number=(await session.scalar(number) or 0) + 1,
        found_at=session.now(),
        found_by=by,
        **draft.model_dump(),
    )
    session.add(row)
    await session.flush()
    await records.append(
        session, tender_id, "eligibility.found", by,
        bid_id=bid_id, condition=draft.condition_key, is_met=draft.is_met, number=row.number,
    )  # fmt: skip
    return row.id


async def close(session: Session, viewer: Viewer, tender_id: UUID) -> bool:
    """Close the check; gives whether anything is left to evaluate. Lots with too few qualified bidders end; a second time changes nothing.

    Raises SignInNeeded, NotPermitted, CheckIsIncomplete, and what ``case.held`` raises.
    """
    case = await load_held(session, tender_id)
    officer = policy.must_buy(viewer, case.tender.area_code, is_public=True)
    if case.closing is not None:
        return bool(case.live_lots())
    missing = case.unchecked()
    if missing:
        raise CheckIsIncomplete(missing=len(missing), article=case.rules.rule("least_bidders").article)
    session.add(EligibilityClosing(tender_id=tender_id, closed_at=session.now(), closed_by=officer))
    await session.flush()
    await records.append(session, tender_id, "eligibility.closed", officer, bids=len(case.bids()))
    goes_on = await end_lots_with_too_few(session, case, officer)
    if goes_on and case.panel is not None:
        # Members may score from here on: they are told what is awaited.
        await publish(session, PanelReminded(tender_id))
    return goes_on


async def end_lots_with_too_few(session: Session, case: Case, by: UUID) -> bool:
    """End every lot with fewer valid bids than the procedure asks, and the tender with the last of them; gives whether one is left."""
    for lot in case.live_lots():
        if len(case.valid(lot.id)) < case.least_bidders:
            await end_lot_unsuccessful(session, lot.id, EndReason.TOO_FEW_QUALIFIED, by)
    return bool(case.live_lots())


def _must_check(viewer: Viewer, case: Case) -> UUID:
    person_id = viewer.signed_in()
    if policy.may_buy(viewer, case.tender.area_code):
        return person_id
    if declared_seat_of(case, person_id).kind != BUYER:
        raise NotFound()
    return person_id
