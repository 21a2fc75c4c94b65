"""Awards: a lot goes to the first in rank, the notice tells why, and when a supplier does not sign, the next is asked.

采购法实施条例 article 43, 87号 articles 68 and 69; frameworks 110号 article 27. Wrong awards are corrected in corrections.py.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from marketplace.catalogue.rules import RuleInForce
from marketplace.db import audit
from marketplace.db.clock import read_clock
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import policy, records
from marketplace.procurement.awards import holding, notice, settling
from marketplace.procurement.awards.drafts import AwardDraft, NoticeDraft, ReasonDraft
from marketplace.procurement.awards.errors import (
    AnotherIsNext,
    AwardIsNotPublished,
    AwardIsOver,
    AwardIsSigned,
    BidIsNotRanked,
    LotIsAwarded,
    NothingToPublish,
    OneSupplierALot,
    SigningHasTimeLeft,
    SomebodyIsStillNext,
    TooManySuppliers,
)
from marketplace.procurement.awards.lots import HeldLot, held_lot, must_be_untied, offer
from marketplace.procurement.awards.models import Award
from marketplace.procurement.awards.states import Ending
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.models import Tender
from marketplace.procurement.tenders.running import must_run
from marketplace.procurement.tenders.states import EndReason
from marketplace.procurement.working_days import Calendar, calendar


async def award(session: Session, viewer: Viewer, lot_id: UUID, draft: AwardDraft) -> Sequence[UUID]:
    """Award the lot by its report; answers the ids of the awards. The same choice twice changes nothing.

    Raises what ``held_lot`` raises, and BidIsNotRanked, LotIsAwarded, OneSupplierALot, TooManySuppliers, AnotherIsNext.
    """
    it, officer = await held_lot(session, viewer, lot_id)
    wanted = tuple(dict.fromkeys(draft.bid_lot_ids))
    standing = {one.bid_lot_id: one.id for one in it.standing}
    if set(wanted) <= standing.keys():
        return [standing[one] for one in wanted]
    _must_fit(it, wanted)
    _must_be_next(it, wanted)
    decided = []
    for bid_lot_id in wanted:
        decided.append(await put(session, it, bid_lot_id, officer, draft.reason, it.replaced()))
        it = HeldLot(it.tender, it.lot, it.report, it.file, it.rules, (*it.awards, decided[-1]))
    await session.flush()
    return [one.id for one in decided]


async def put(
    session: Session, it: HeldLot, bid_lot_id: UUID, by: UUID, reason: str, replaces: Award | None
) -> Award:
    """Write one award on a free seat. Raises BidIsNotRanked."""
    place = it.place_of(bid_lot_id)
    if place is None:
        raise BidIsNotRanked()
    offered, organisation_id = await offer(session, it.lot.id, bid_lot_id)
    row = Award(
        id=new_id(),
        tender_id=it.tender.id,
        lot_id=it.lot.id,
        seat=it.free_seat(),
        bid_lot_id=bid_lot_id,
        organisation_id=organisation_id,
        place=place.place,
        price_fen=offered.price_fen,
        currency=offered.currency,
        reason=reason,
        decided_at=await read_clock(session),
        decided_by=by,
        replaces_id=replaces.id if replaces is not None else None,
    )
    session.add(row)
    await session.flush()
    await records.append(
        session, it.tender.id, "award.decided", by,
        award_id=row.id, lot_id=it.lot.id, place=row.place, replaces=row.replaces_id,
    )  # fmt: skip
    audit.record(session, by, "award.decided", ("award", row.id), lot=it.lot.id, place=row.place)
    return row


async def publish(session: Session, viewer: Viewer, tender_id: UUID, draft: NoticeDraft) -> UUID:
    """Publish every decided award of the process in one notice that lasts as long as the rule says; answers the notice's id.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToABidder, TenderIsOver, TenderIsSuspended, NothingToPublish.
    """
    tender, officer = await holding.held_by_officer(session, viewer, tender_id)
    must_run(tender)
    await must_be_untied(session, viewer, tender_id)
    pending = [one for one in await settling.standing(session, tender_id) if one.published_at is None]
    if not pending:
        raise NothingToPublish()
    row = await notice.write(session, tender, pending, officer, draft.official_notice_url)
    await settling.settle(session, tender)
    return row.id


async def decline(session: Session, viewer: Viewer, award_id: UUID, draft: ReasonDraft) -> None:
    """The supplier gives its award back; the lot goes to the next, or has no result. A second click changes nothing.

    Raises SignInNeeded, NotFound, TenderIsOver, TenderIsSuspended, AwardIsOver, AwardIsSigned.
    """
    row, tender = await held(session, award_id)
    manager = policy.must_supply(viewer, row.organisation_id)
    if row.published_at is None:
        raise NotFound()
    if row.ended_for == Ending.DECLINED:
        return
    _must_stand(tender, row)
    await settling.end(session, tender, row, Ending.DECLINED, manager, draft.reason)
    await settling.settle(session, tender)


async def note_not_signed(session: Session, viewer: Viewer, award_id: UUID, draft: ReasonDraft) -> None:
    """The buyer notes that the supplier did not sign in time. A second click changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted, TenderIsOver, TenderIsSuspended, AwardIsOver, AwardIsSigned, AwardIsNotPublished,
    SigningHasTimeLeft.
    """
    row, tender = await held(session, award_id)
    officer = policy.must_buy(viewer, tender.area_code, is_public=row.published_at is not None)
    if row.ended_for == Ending.NOT_SIGNED:
        return
    _must_stand(tender, row)
    if row.published_at is None:
        raise AwardIsNotPublished()
    limit = await rule(session, "contract")
    until = signing_ends_at(row.published_at, limit, await calendar(session))
    if await read_clock(session) < until:
        raise SigningHasTimeLeft(until=until, article=limit.article)
    await settling.end(session, tender, row, Ending.NOT_SIGNED, officer, draft.reason)
    await settling.settle(session, tender)


async def end_lot(session: Session, viewer: Viewer, lot_id: UUID, draft: ReasonDraft) -> None:
    """Nobody is left to award the lot to: it ends without a result. Raises what ``held_lot`` raises, LotIsAwarded, SomebodyIsStillNext."""
    it, officer = await held_lot(session, viewer, lot_id)
    if it.standing:
        raise LotIsAwarded()
    left = it.candidates()
    if left and it.most:
        raise SomebodyIsStillNext(place=left[0].place, article=it.rules.rule("decision").article)
    await records.append(session, it.tender.id, "lot.ended", officer, lot_id=lot_id, reason=draft.reason)
    await settling.end_lot(session, it.tender, lot_id, EndReason.NO_CONTRACT, officer)


def signing_ends_at(published_at: datetime, limit: RuleInForce, days: Calendar) -> datetime:
    """Until when the contract is to be signed."""
    return days.due(published_at, limit, "within_days")


async def held(session: Session, award_id: UUID) -> tuple[Award, Tender]:
    """An award under its tender's lock; who may is asked by the caller. Raises NotFound."""
    known = await session.get(Award, award_id)
    if known is None:
        raise NotFound()
    tender = await holding.held(session, known.tender_id)
    return await session.get_one(Award, award_id, populate_existing=True), tender


def _must_stand(tender: Tender, row: Award) -> None:
    must_run(tender)
    if row.ended_at is not None:
        raise AwardIsOver()
    if row.signed_at is not None:
        raise AwardIsSigned()


def _must_fit(it: HeldLot, wanted: Sequence[UUID]) -> None:
    """Raises BidIsNotRanked, OneSupplierALot, LotIsAwarded, TooManySuppliers."""
    if any(it.place_of(one) is None for one in wanted):
        raise BidIsNotRanked()
    new = [one for one in wanted if one not in {row.bid_lot_id for row in it.standing}]
    if len(new) + len(it.standing) <= it.most:
        return
    if it.is_framework:
        raise TooManySuppliers(most=it.most, article=it.rules.rule("framework_terms").article)
    raise LotIsAwarded() if it.standing else OneSupplierALot()


def _must_be_next(it: HeldLot, wanted: Sequence[UUID]) -> None:
    """Nobody is passed over. Raises AnotherIsNext."""
    new = {str(one) for one in wanted} - {str(row.bid_lot_id) for row in it.standing}
    for place in it.candidates()[: len(new)]:
        if place.bid not in new:
            raise AnotherIsNext(place=place.place, article=it.rules.rule("decision").article)
    if len(new) > len(it.candidates()):
        raise AwardIsOver()
