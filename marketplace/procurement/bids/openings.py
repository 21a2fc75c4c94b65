"""The opening: after the deadline each opener gives their part; with enough of them all bids are opened at once, in one transaction.

There is no other way in: the house holds no key, and too few parts within the time of the rule end the tender instead.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.clock import database_now, read_clock
from marketplace.db.session import Database, Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.bids import codes, opening_room, unsealing
from marketplace.procurement.bids.drafts import OpenerCodeDraft
from marketplace.procurement.bids.envelope import canonical_json
from marketplace.procurement.bids.errors import (
    BidsAreOpenedAlready,
    OpenerCodeIsAnother,
    OpenersAreSettled,
    ShareDoesNotMatch,
    StrongroomIsClosed,
    SubmissionsAreStillOpen,
)
from marketplace.procurement.bids.events import BidsOpened
from marketplace.procurement.bids.models import Opener, Opening, OpeningShare, TenderKey
from marketplace.procurement.bids.openers import held, public_key
from marketplace.procurement.bids.shares import Share, SharesDoNotOpen, commitment, unseal_share
from marketplace.procurement.errors import TenderIsOver, TenderIsSuspended
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders import tenders
from marketplace.procurement.tenders.models import Tender
from marketplace.procurement.tenders.states import EndReason

_PURPOSE = "opening_share"
_MOST_AT_ONCE = 50


async def give_share(
    session: Session,
    viewer: Viewer,
    tender_id: UUID,
    draft: OpenerCodeDraft,
    vault: Vault,
    files: FileStore,
) -> bool:
    """The viewer's part of the key, by their code; with the last one needed the bids are opened. Gives whether they are.

    Giving it twice changes nothing. Raises SignInNeeded, NotFound, TenderIsOver, TenderIsSuspended, SubmissionsAreStillOpen,
    BidsAreOpenedAlready, OpenerCodeIsUnreadable, OpenerCodeIsAnother, ShareDoesNotMatch, StrongroomIsClosed.
    """
    person_id = viewer.signed_in()
    tender = await held(session, tender_id)
    opener = await session.scalar(
        select(Opener).where(Opener.tender_id == tender_id, Opener.person_id == person_id)
    )
    if opener is None:
        raise NotFound()
    await _must_be_time(session, tender)
    share = _share_of(opener, draft)
    if await session.get(OpeningShare, (tender_id, opener.id)) is None:
        session.add(
            OpeningShare(
                tender_id=tender_id,
                opener_id=opener.id,
                sealed_share=vault.encrypt(bytes(share).hex(), _PURPOSE),
                given_at=await read_clock(session),
            )
        )
        await records.append(session, tender_id, "share.given", person_id, number=opener.number)
        await session.flush()
    return await _open_if_enough(session, tender, vault, files)


async def _must_be_time(session: Session, tender: Tender) -> None:
    if tender.published_at is None:
        raise OpenersAreSettled() if tender.cancelled_at else SubmissionsAreStillOpen()
    if tender.opened_at is not None:
        raise BidsAreOpenedAlready()
    if tender.cancelled_at is not None or tender.unsuccessful_at is not None:
        raise TenderIsOver()
    if tender.suspended_at is not None:
        raise TenderIsSuspended()
    passed = select(Tender.id).where(
        Tender.id == tender.id, Tender.submissions_end_at <= database_now(session)
    )
    if await session.scalar(passed) is None:
        raise SubmissionsAreStillOpen(article=(await rule(session, "opening")).article)


def _share_of(opener: Opener, draft: OpenerCodeDraft) -> Share:
    """The opener's part, if the code is theirs and the part is the promised one."""
    if public_key(draft, opener.tender_id) != opener.public_key:
        raise OpenerCodeIsAnother()
    try:
        share = unseal_share(opener.sealed_share or b"", codes.private_key(draft.code, opener.tender_id))
    except SharesDoNotOpen:
        raise ShareDoesNotMatch(opener=opener.number) from None
    if not _is_promised(opener, share):
        raise ShareDoesNotMatch(opener=opener.number)
    return share


def _is_promised(opener: Opener, share: Share) -> bool:
    kept = commitment(share, opener.share_salt or b"", opener.tender_id)
    return share.index == opener.number and kept.hex() == opener.commitment


async def _open_if_enough(session: Session, tender: Tender, vault: Vault, files: FileStore) -> bool:
    key = await session.get_one(TenderKey, tender.id)
    given = (
        await session.execute(
            select(Opener, OpeningShare)
            .join(OpeningShare, OpeningShare.opener_id == Opener.id)
            .where(Opener.tender_id == tender.id)
            .order_by(OpeningShare.given_at, Opener.number)
        )
    ).all()
    if len(given) < key.threshold:
        return False
    shares = []
    for opener, kept in given[: key.threshold]:
        share = Share.read(bytes.fromhex(vault.decrypt(kept.sealed_share, _PURPOSE)))
        if not _is_promised(opener, share):
            raise ShareDoesNotMatch(opener=opener.number)
        shares.append(share)
    who = [(opener.number, kept.given_at) for opener, kept in given]
    try:
        async with opening_room.opened(tender.id, key.canary, shares) as room:
            await _open(session, tender, unsealing.Unsealing(session, tender, vault, files, room), who)
    except (opening_room.StrongroomIsBroken, SharesDoNotOpen):
        # Parts that keep their promises make the key: anything else is a fault of the machine, to be tried again.
        raise StrongroomIsClosed() from None
    return True


async def _open(
    session: Session, tender: Tender, unsealing_: unsealing.Unsealing, who: list[tuple[int, datetime]]
) -> None:
    opened_at = await read_clock(session)
    bids = await unsealing_.all()
    record = unsealing.record(tender, opened_at, bids, unsealing_)
    record["openers"] = [{"number": number, "given_at": at.isoformat()} for number, at in who]
    record_hash = hashlib.sha256(canonical_json(record)).hexdigest()
    tender.opened_at = opened_at
    await unsealing_.write(bids)
    session.add(Opening(tender_id=tender.id, opened_at=opened_at, record=record, record_hash=record_hash))
    await records.append(session, tender.id, "bids.opened", None, record_hash=record_hash, bids=len(bids))
    await publish(session, BidsOpened(tender.id))


async def give_up_overdue(database: Database) -> None:
    """Repeated errand: a tender whose openers did not come in the time of the rule is unsuccessful, and its bids stay closed."""
    async with database.reading() as session:
        wait = timedelta(days=(await rule(session, "opening")).value["wait_days"])
        late = func.coalesce(Tender.submissions_end_at, session.now()) <= session.now() - wait
        due = await session.scalars(
            select(Tender.id)
            .join(TenderKey, TenderKey.tender_id == Tender.id)
            .where(
                late,
                Tender.published_at.is_not(None),
                Tender.opened_at.is_(None),
                Tender.cancelled_at.is_(None),
                Tender.suspended_at.is_(None),
                Tender.unsuccessful_at.is_(None),
            )
            .limit(_MOST_AT_ONCE)
        )
        tender_ids = list(due)
    for tender_id in tender_ids:
        async with database.unit_of_work() as session:
            await _give_up(session, tender_id, wait)


async def _give_up(session: Session, tender_id: UUID, wait: timedelta) -> None:
    tender = await held(session, tender_id)
    over = (tender.opened_at, tender.cancelled_at, tender.suspended_at, tender.unsuccessful_at)
    if any(moment is not None for moment in over) or tender.submissions_end_at is None:
        return
    if await read_clock(session) < tender.submissions_end_at + wait:
        return
    await tenders.end_unsuccessful(session, tender_id, EndReason.NOT_OPENED, None)
