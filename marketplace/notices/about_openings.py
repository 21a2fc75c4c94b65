"""Notices about sealed bids: openers are asked for codes and parts, buyers hear that the key is ready, bidders that bids are open.

Before the opening nobody is told anything that depends on a bid.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Role
from marketplace.notices import audience, links
from marketplace.notices.kinds import Kind
from marketplace.notices.models import Notice
from marketplace.notices.telling import News, tell
from marketplace.procurement.bids.events import BidsOpened, OpenersNamed, OpeningKeyReady
from marketplace.procurement.bids.models import Bid, BidLot, Opener, OpeningShare
from marketplace.procurement.tenders.models import Tender

_ASKED_FOR = timedelta(days=30)
"""An opening that is due for longer than this was not left to a reminder."""


async def openers_named(session: Session, event: OpenersNamed) -> None:
    """Each opener is asked to make and confirm a code. Whoever is named anew is told anew."""
    tender = await session.get_one(Tender, event.tender_id)
    openers = await session.execute(
        select(Opener.id, Opener.person_id).where(Opener.tender_id == tender.id).order_by(Opener.number)
    )
    for opener_id, person_id in openers:
        news = News(
            kind=Kind.OPENER_CODE_WANTED,
            told_for=f"{Kind.OPENER_CODE_WANTED}:{opener_id}",
            facts={"tender": tender.title},
            link=links.opener(tender.id),
        )
        await tell(session, [person_id], news)


async def key_ready(session: Session, event: OpeningKeyReady) -> None:
    """The buyer's officers hear that the tender can be published."""
    tender = await session.get_one(Tender, event.tender_id)
    news = News(
        kind=Kind.OPENING_KEY_READY,
        told_for=f"{Kind.OPENING_KEY_READY}:{tender.id}",
        facts={"tender": tender.title},
        link=links.tender_openers(tender.id),
    )
    await tell(session, await audience.nearest(session, tender.area_code, Role.PROCUREMENT_OFFICER), news)


async def ask_openers(session: Session) -> None:
    """Repeated task: when a deadline has passed, the openers who have not given their parts are asked, once."""
    due = await session.scalars(
        select(Tender)
        .where(
            Tender.submissions_end_at <= session.now(),
            Tender.submissions_end_at > session.now() - _ASKED_FOR,
            Tender.published_at.is_not(None),
            Tender.opened_at.is_(None),
            Tender.cancelled_at.is_(None),
            Tender.suspended_at.is_(None),
            Tender.unsuccessful_at.is_(None),
        )
        .order_by(Tender.submissions_end_at, Tender.id)
    )
    for tender in due.all():
        told_for = f"{Kind.OPENING_DUE}:{tender.id}"
        news = News(
            kind=Kind.OPENING_DUE,
            told_for=told_for,
            facts={"tender": tender.title},
            link=links.opener(tender.id),
        )
        await tell(session, await _awaited(session, tender.id, told_for), news)


async def _awaited(session: Session, tender_id: UUID, told_for: str) -> Sequence[UUID]:
    people = await session.scalars(
        select(Opener.person_id).where(
            Opener.tender_id == tender_id,
            ~exists().where(OpeningShare.opener_id == Opener.id),
            ~exists().where(Notice.person_id == Opener.person_id, Notice.told_for == told_for),
        )
    )
    return people.all()


async def opened(session: Session, event: BidsOpened) -> None:
    """Each bidder's managers hear that the bids are open; whose bid or offer does not count hears that, and where the reason stands."""
    tender = await session.get_one(Tender, event.tender_id)
    refused_offer = exists().where(BidLot.bid_id == Bid.id, BidLot.refused_for.is_not(None))
    bids = await session.execute(
        select(Bid.organisation_id, Bid.members, Bid.refused_for, refused_offer)
        .where(Bid.tender_id == tender.id, Bid.organisation_id.is_not(None))
        .order_by(Bid.submitted_at, Bid.id)
    )
    for lead, members, refused_for, has_refused_offer in bids.all():
        assert lead is not None
        kind = Kind.BID_REFUSED if refused_for or has_refused_offer else Kind.BIDS_OPENED
        news = News(
            kind=kind,
            told_for=f"{kind}:{tender.id}",
            facts={"tender": tender.title},
            link=links.opening(tender.id),
        )
        for organisation_id in (lead, *(UUID(member) for member in members)):
            await tell(session, await audience.managers(session, organisation_id), news)
