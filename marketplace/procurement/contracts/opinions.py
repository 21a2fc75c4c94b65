"""What those say who received the service. Final acceptance asks ``heard``; rooms above, which collect ratings, tell it of raters."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CompoundSelect, func, select, union

from marketplace.db.insert import insert_once, upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id, parse_id
from marketplace.procurement import records
from marketplace.procurement.awards.models import Award
from marketplace.procurement.bids.models import Bid, BidLot
from marketplace.procurement.contracts import policy
from marketplace.procurement.contracts.drafts import OpinionDraft
from marketplace.procurement.contracts.errors import (
    ContractIsNotActive,
    OpinionIsGiven,
    OpinionsAreOfUsers,
    ServiceWasNotReceived,
)
from marketplace.procurement.contracts.models import Contract, ContractRater, UserOpinion
from marketplace.procurement.contracts.states import ContractState, contract_state
from marketplace.procurement.models import Buyer
from marketplace.procurement.profiles import rule

MOST_SHOWN = 50


async def heard(session: Session, contract_id: UUID) -> int:
    """How many people who received the service said what they think of it, in words or by a rating; whoever did both is one."""
    people = people_heard().subquery()
    counted = select(func.count()).select_from(people).where(people.c.contract_id == contract_id)
    return await session.scalar(counted) or 0


async def rated(session: Session, contract_id: UUID, rater: UUID, told_from: datetime) -> None:
    """Somebody to whom the service was delivered rated it, and is heard; the same one again changes nothing.

    The public counts them from the moment ``told_from`` on: a number that moves at once tells the supplier who was there just now.
    """
    row = upsert(session, ContractRater).values(contract_id=contract_id, rater=rater, told_from=told_from)
    await session.execute(row.on_conflict_do_nothing())


def people_heard(told_by: datetime | None = None) -> CompoundSelect[UUID, UUID]:
    """Select contract and person once for everybody who was heard: a rater with an account is the person who also said an opinion.

    With ``told_by`` only those whom the public may count at that moment.
    """
    raters = select(ContractRater.contract_id, ContractRater.rater)
    if told_by is not None:
        raters = raters.where(ContractRater.told_from <= told_by)
    return union(select(UserOpinion.contract_id, UserOpinion.person_id), raters)


async def give(session: Session, viewer: Viewer, contract_id: UUID, draft: OpinionDraft) -> UUID:
    """Say what one thinks of a service that one received; answers the opinion's id. Who said it is never shown.

    Raises SignInNeeded, NotFound, ContractIsNotActive, OpinionsAreOfUsers, ServiceWasNotReceived, OpinionIsGiven.
    """
    person_id = viewer.signed_in()
    found = (
        await session.execute(
            select(Contract, Buyer)
            .join(Buyer, Buyer.id == Contract.buyer_id)
            .where(Contract.id == contract_id, Contract.published_at.is_not(None))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    contract, buyer = found
    if contract.is_framework or contract_state(contract) is not ContractState.ACTIVE:
        raise ContractIsNotActive()
    if await is_side(session, viewer, contract, buyer.area_code):
        raise OpinionsAreOfUsers(article=(await rule(session, "users_opinions")).article)
    if not draft.received:
        raise ServiceWasNotReceived()
    row = UserOpinion(
        id=new_id(),
        contract_id=contract_id,
        person_id=person_id,
        is_satisfied=draft.is_satisfied,
        text=draft.text,
        given_at=session.now(),
    )
    if not await insert_once(session, row):
        raise OpinionIsGiven()
    # The record says that somebody was heard, never who.
    await records.append(session, contract.tender_id, "opinion.given", contract_id=contract_id)
    return row.id


async def is_side(session: Session, viewer: Viewer, contract: Contract, area_code: str) -> bool:
    """Whether the viewer is of the buyer or of the supplier, a consortium's partners included."""
    if policy.is_officer(viewer, area_code):
        return True
    return any(
        policy.belongs_to(viewer, organisation_id)
        for organisation_id in await suppliers_of(session, contract)
    )


async def suppliers_of(session: Session, contract: Contract) -> Collection[UUID]:
    """The organisation that signed and, where it bid with others, those."""
    members = await session.scalar(
        select(Bid.members)
        .join(BidLot, BidLot.bid_id == Bid.id)
        .join(Award, Award.bid_lot_id == BidLot.id)
        .where(Award.id == contract.award_id)
    )
    partners = {parsed for one in members or () if (parsed := parse_id(str(one))) is not None}
    return {contract.organisation_id} | partners


async def given_by(session: Session, viewer: Viewer, contract_id: UUID) -> bool:
    """Whether the viewer said an opinion of this contract."""
    if viewer.is_stranger:
        return False
    mine = select(UserOpinion.id).where(
        UserOpinion.contract_id == contract_id, UserOpinion.person_id == viewer.person_id
    )
    return await session.scalar(mine) is not None


async def newest(session: Session, contract_id: UUID) -> Sequence[UserOpinion]:
    """The newest opinions, at most fifty."""
    found = (
        select(UserOpinion)
        .where(UserOpinion.contract_id == contract_id)
        .order_by(UserOpinion.given_at.desc(), UserOpinion.id.desc())
        .limit(MOST_SHOWN)
    )
    return (await session.scalars(found)).all()
