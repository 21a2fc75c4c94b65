"""Keys and openings: made by five, opened by three, refused with reasons, and never by another way."""

from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from marketplace.bootstrap import House
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.procurement import records
from marketplace.procurement.bids import codes, consortia, keys, openers, openings, shares, submissions
from marketplace.procurement.bids.bid_file import BidLot
from marketplace.procurement.bids.drafts import ConsentDraft, OpenerCodeDraft, OpenersDraft
from marketplace.procurement.bids.errors import (
    BidsAreOpenedAlready,
    NoBidToConfirm,
    OpenerBelongsToABidder,
    OpenerCodeIsAnother,
    OpenerCodeIsConfirmed,
    OpenerCodeIsMissing,
    OpenerCodeIsUnreadable,
    OpenersAreSettled,
    OpenersAreTooFew,
    ShareDoesNotMatch,
    SubmissionsAreStillOpen,
    TenderKeyIsNotReady,
    TenderWasAmended,
)
from marketplace.procurement.bids.models import (
    Bid,
    BidDocument,
    Opener,
    Opening,
    OpeningShare,
    TenderKey,
)
from marketplace.procurement.bids.models import (
    BidLot as OpenedLot,
)
from marketplace.procurement.errors import TenderIsOver
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.models import Tender, TenderVersion
from marketplace.procurement.tenders.states import EndReason
from tests import builders, buying, city
from tests.procurement.bids import scene
from tests.procurement.bids.scene import Scene


async def refusals(house: House, tender_id: UUID) -> list[tuple[str | None, list[str | None]]]:
    """For each bid in the order of coming in: why it was refused, and why its offers were."""
    async with house.database.reading() as session:
        bids = list(
            await session.scalars(
                select(Bid).where(Bid.tender_id == tender_id).order_by(Bid.submitted_at, Bid.id)
            )
        )
        told = []
        for bid in bids:
            lots = await session.scalars(select(OpenedLot.refused_for).where(OpenedLot.bid_id == bid.id))
            told.append((bid.refused_for, list(lots)))
        return told


async def opening(house: House, tender_id: UUID) -> dict[str, Any]:
    async with house.database.reading() as session:
        row = await session.get_one(Opening, tender_id)
        assert row.record_hash == content_hash(row.record)
        return row.record


# The openers and their key


async def test_the_buyer_names_five_people_who_belong_to_no_bidder(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, published_at=None)
        officer, neighbour = await buying.officer(session), await buying.officer(session, area=city.XUHUI)
        phones = []
        for n in range(1, 7):
            phone = f"+861390000{n:04}"
            phones.append(phone)
            person_id = await builders.person(
                session, f"某{n}", phone_fingerprint=house.vault.fingerprint(phone, PURPOSE)
            )
            if n == 6:
                organisation_id = await builders.organisation(session)
                await builders.grant(session, person_id, Role.ORGANISATION_MEMBER, organisation_id)

    async def name(viewer: Viewer, given: list[str]) -> None:
        async with house.database.unit_of_work() as session:
            draft = read(OpenersDraft, {"phones": given})
            await openers.name(session, viewer, tender.id, draft, house.vault)

    for viewer, refusal in ((STRANGER, SignInNeeded), (neighbour, NotFound)):
        with pytest.raises(refusal):
            await name(viewer, phones[:5])
    for few in (phones[:4], phones[:4] + phones[:1]):
        with pytest.raises(OpenersAreTooFew) as refused:
            await name(officer, few)
        assert refused.value.facts["people"] == 5
    with pytest.raises(OpenerBelongsToABidder):
        await name(officer, phones[1:])
    with pytest.raises(InputIsInvalid):
        await name(officer, [*phones[:4], "+8613900009999"])
    await name(officer, phones[:5])
    await name(officer, phones[4::-1])  # better so: the earlier naming is forgotten
    async with house.database.unit_of_work() as session:
        assert [one.number for one in await openers.of_tender(session, tender.id)] == [1, 2, 3, 4, 5]
        await session.execute(update(Tender).values(published_at=session.now()))
    with pytest.raises(OpenersAreSettled):
        await name(officer, phones[:5])
    with pytest.raises(NotPermitted):
        await name(neighbour, phones[:5])


async def test_the_key_is_ready_only_when_all_five_have_confirmed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, published_at=None)
        people = [await builders.viewer(session, f"开标人{n}") for n in range(5)]
        await scene._named(session, tender.id, people)
    await scene.confirmed(house, tender.id, people[:4])
    async with house.database.unit_of_work() as session:
        with pytest.raises(TenderKeyIsNotReady) as refused:
            await keys.must_be_ready(session, tender.id)
        assert refused.value.article
    await scene.confirmed(house, tender.id, people[4:])
    async with house.database.reading() as session:
        await keys.must_be_ready(session, tender.id)
        key = await session.get_one(TenderKey, tender.id)
        assert (key.threshold, key.shares, key.combinations_tried) == (3, 5, 10)
        with pytest.raises(NotFound):
            await keys.public(session, tender.id)  # not published yet


async def test_a_code_is_confirmed_by_typing_it_again_and_then_stays(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, published_at=None)
        one, other = await builders.viewer(session, "开标人"), await builders.viewer(session, "路人")
        await scene._named(
            session, tender.id, [one, *[await builders.viewer(session, f"某{n}") for n in range(4)]]
        )
    async with house.database.unit_of_work() as session:
        with pytest.raises(OpenerCodeIsMissing):
            await openers.confirm_code(session, one, tender.id, OpenerCodeDraft(code="x"))
        for stranger in (other, STRANGER):
            with pytest.raises(SignInNeeded if stranger.is_stranger else NotFound):
                await openers.make_code(session, stranger, tender.id)
        first = await openers.make_code(session, one, tender.id)
        code = await openers.make_code(session, one, tender.id)
        with pytest.raises(OpenerCodeIsAnother):
            await openers.confirm_code(session, one, tender.id, OpenerCodeDraft(code=first))
        with pytest.raises(OpenerCodeIsUnreadable):
            await openers.confirm_code(session, one, tender.id, OpenerCodeDraft(code=code[:-3]))
        spoken = OpenerCodeDraft(code=code.lower().replace("-", " "))
        assert await openers.confirm_code(session, one, tender.id, spoken) is False
        with pytest.raises(OpenerCodeIsConfirmed):
            await openers.make_code(session, one, tender.id)


async def test_the_house_keeps_nothing_that_opens_a_share(house: House) -> None:
    at = await scene.sealed_tender(house)
    async with house.database.reading() as session:
        rows = await openers.of_tender(session, at.id)
        key = await session.get_one(TenderKey, at.id)
    for row, code in zip(rows, at.codes, strict=True):
        assert row.sealed_share is not None
        share = shares.unseal_share(row.sealed_share, codes.private_key(code, at.id))
        assert row.commitment == shares.commitment(share, row.share_salt or b"", at.id).hex()
        for other in at.codes:
            if other != code:
                with pytest.raises(shares.SharesDoNotOpen):
                    shares.unseal_share(row.sealed_share, codes.private_key(other, at.id))
    given = [
        shares.unseal_share(row.sealed_share or b"", codes.private_key(code, at.id))
        for row, code in zip(rows, at.codes, strict=True)
    ]
    assert all(shares.opens(key.canary, at.id, some) for some in combinations(given, 3))
    assert not any(shares.opens(key.canary, at.id, some) for some in combinations(given, 2))


# The opening


async def test_three_openers_open_after_the_deadline_and_the_record_is_public(
    house: House, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house, lots=(buying.lot(1), buying.lot(2)))
    one, manager = await scene.supplier(house, "暖阳助老服务社")
    two, rival = await scene.supplier(house, "康乐社工事务所")
    first = await scene.bid(house, at, one, manager, "150,000.00")
    clock.advance(timedelta(hours=1))
    await scene.bid(house, at, two, rival, "１４９，９９９．５０")
    await scene.open_all(house, clock, at)
    record = await opening(house, at.id)
    assert at.opened
    assert [one["number"] for one in record["openers"]] == [1, 3, 5]
    assert [(told["name"], [lot["price_fen"] for lot in told["lots"]]) for told in record["bids"]] == [
        ("暖阳助老服务社", [15_000_000, 15_000_000]),
        ("康乐社工事务所", [14_999_950, 14_999_950]),
    ]
    assert record["bids"][0]["sealed_sha256"] == first.receipt["sealed_sha256"]
    assert [lot["bids_that_count"] for lot in record["lots"]] == [2, 2]
    async with house.database.reading() as session:
        bids = list(await session.scalars(select(Bid).order_by(Bid.submitted_at)))
        assert [bid.organisation_id for bid in bids] == [one, two]
        paper = await session.scalar(select(BidDocument).where(BidDocument.bid_id == bids[0].id))
        assert paper is not None
        assert await house.files.get(paper.file_key) == scene.PDF
        assert (await session.get_one(Tender, at.id)).opened_at is not None
        assert (
            records.first_fault([records.published(row) for row in await records.entries(session, at.id)])
            is None
        )


async def test_two_openers_open_nothing_and_nobody_opens_early(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    with pytest.raises(SubmissionsAreStillOpen):
        await scene.give(house, at, 1)
    clock.set(await scene.deadline(house, at) - timedelta(microseconds=1))
    with pytest.raises(SubmissionsAreStillOpen) as refused:
        await scene.give(house, at, 1)
    assert refused.value.article
    clock.set(await scene.deadline(house, at))
    assert not await scene.give(house, at, 2)
    assert not await scene.give(house, at, 2)  # again: changes nothing
    assert not await scene.give(house, at, 4)
    async with house.database.reading() as session:
        assert await session.get(Opening, at.id) is None
        assert await session.scalar(select(func.count()).select_from(OpeningShare)) == 2
    assert await scene.give(house, at, 5)
    with pytest.raises(BidsAreOpenedAlready):
        await scene.give(house, at, 1)


async def test_a_wrong_code_or_share_is_refused_and_named(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    clock.set(await scene.deadline(house, at))
    with pytest.raises(OpenerCodeIsAnother):
        await scene.give(house, at, 1, at.codes[1])
    with pytest.raises(OpenerCodeIsAnother):
        await scene.give(house, at, 1, codes.new_code())
    with pytest.raises(OpenerCodeIsUnreadable):
        await scene.give(house, at, 1, "not a code")
    async with house.database.unit_of_work() as session:
        mine = codes.public_key(at.codes[1], at.id)
        forged = shares.seal_share(shares.Share(2, 4711), mine)
        await session.execute(
            update(Opener).where(Opener.tender_id == at.id, Opener.number == 2).values(sealed_share=forged)
        )
        await session.execute(
            update(Opener).where(Opener.tender_id == at.id, Opener.number == 3).values(sealed_share=b"gone")
        )
    for number in (2, 3):
        with pytest.raises(ShareDoesNotMatch) as refused:
            await scene.give(house, at, number)
        assert refused.value.facts["opener"] == number
    for number in (1, 4, 5):
        opened = await scene.give(house, at, number)
    assert opened


async def test_only_an_opener_gives_a_share(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    clock.set(await scene.deadline(house, at))
    async with house.database.unit_of_work() as session:
        others = [
            await buying.officer(session),
            await buying.supervisor(session),
            await builders.viewer(session, "管理员", Role.ADMINISTRATOR),
        ]
        for viewer in others:
            with pytest.raises(NotFound):
                await openings.give_share(
                    session, viewer, at.id, OpenerCodeDraft(code=at.codes[0]), house.vault, house.files
                )
        with pytest.raises(SignInNeeded):
            await openings.give_share(
                session, STRANGER, at.id, OpenerCodeDraft(code=at.codes[0]), house.vault, house.files
            )


async def test_a_fen_over_the_ceiling_is_refused_at_the_opening_with_the_reason(
    house: House, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house, lots=(buying.lot(1, ceiling_fen=10_000_000),))
    for name, price in (("甲社", "100,000.00"), ("乙社", "100,000.01")):
        organisation_id, manager = await scene.supplier(house, name)
        await scene.bid(house, at, organisation_id, manager, price)
        clock.advance(timedelta(minutes=1))
    await scene.open_all(house, clock, at)
    assert await refusals(house, at.id) == [(None, [None]), (None, ["over_ceiling"])]
    told = (await opening(house, at.id))["bids"][1]
    assert told["name"] == "乙社"
    assert told["lots"][0]["facts"] == {"price": "100000.01", "ceiling": "100000.00"}
    assert (await opening(house, at.id))["lots"][0]["bids_that_count"] == 1


async def test_bids_that_do_not_belong_here_are_refused_each_with_its_reason(
    house: House, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house)
    (one, manager), (two, rival) = await scene.supplier(house, "甲社"), await scene.supplier(house, "乙社")
    lot = at.tender.lot_ids[0]
    cases: list[tuple[str, dict[str, Any]]] = [
        ("other_tender", {"tender": new_id()}),
        ("other_version", {"tender_hash": "ab" * 32}),
        ("no_lot", {"lots": ()}),
        ("unknown_lot", {"lots": (BidLot(lot=new_id(), price=1),)}),
        ("partner_did_not_agree", {"partners": (two,)}),
    ]
    for n, (_, changes) in enumerate(cases):
        organisation_id, someone = await scene.supplier(house, f"社{n}")
        content = await scene.sealed(house, at, organisation_id, **changes)
        await scene.hand_in(house, at, organisation_id, someone, content)
        clock.advance(timedelta(minutes=1))
    # Somebody else's envelope, handed in as one's own: the name inside is another.
    await scene.hand_in(house, at, two, rival, await scene.sealed(house, at, one))
    clock.advance(timedelta(minutes=1))
    wrong_currency = (BidLot(lot=lot, price=1, currency="USD"),)
    await scene.hand_in(house, at, one, manager, await scene.sealed(house, at, one, lots=wrong_currency))
    await scene.open_all(house, clock, at)
    assert await refusals(house, at.id) == [
        *[(reason, []) for reason, _ in cases],
        ("other_bidder", []),
        (None, ["wrong_currency"]),
    ]
    told = (await opening(house, at.id))["bids"]
    assert told[5]["name"] is None  # whose it is, is not said on the word of a foreign envelope
    assert told[0]["name"] == "社0"


async def test_an_altered_or_lost_envelope_is_refused_and_the_others_open(
    house: House, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house)
    done = []
    for name in ("甲社", "乙社", "丙社", "丁社"):
        organisation_id, manager = await scene.supplier(house, name)
        done.append(await scene.bid(house, at, organisation_id, manager))
        clock.advance(timedelta(minutes=1))
    root = house.settings.data_folder / "files"
    paths = [root / one.receipt["sealed_sha256"][:2] / one.receipt["sealed_sha256"] for one in done]
    paths[0].write_bytes(paths[0].read_bytes()[:-1] + b"!")
    paths[1].unlink()
    organisation_id, manager = await scene.supplier(house, "戊社")
    await scene.hand_in(house, at, organisation_id, manager, bytes(32768 + 48))
    await scene.open_all(house, clock, at, 2, 4, 1)
    assert await refusals(house, at.id) == [
        ("altered", []), ("altered", []), (None, [None]), (None, [None]), ("does_not_open", []),
    ]  # fmt: skip


async def test_an_amendment_that_affects_bids_asks_for_confirmation(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    suppliers = [await scene.supplier(house, name) for name in ("甲社", "乙社", "丙社")]
    for organisation_id, manager in suppliers:
        await scene.bid(house, at, organisation_id, manager)
        clock.advance(timedelta(minutes=1))
    await amended(house, at, voids_bids=True)
    confirming, replacing, _ = suppliers
    async with house.database.unit_of_work() as session:
        with pytest.raises(TenderWasAmended) as refused:
            await submissions.confirm(session, confirming[1], at.id, scene.act(confirming[0]), house.vault)
        assert refused.value.facts["version"] == 2
        await submissions.confirm(
            session, confirming[1], at.id, scene.act(confirming[0], version=2), house.vault
        )
    async with house.database.unit_of_work() as session:
        with pytest.raises(NoBidToConfirm):
            await submissions.confirm(
                session, confirming[1], at.id, scene.act(confirming[0], version=2), house.vault
            )
    await scene.bid(house, at, *replacing, "120000")
    await scene.open_all(house, clock, at)
    assert sorted(await refusals(house, at.id), key=str) == sorted(
        [(None, [None]), (None, [None]), ("not_confirmed", [])], key=str
    )


async def amended(house: House, at: Scene, *, voids_bids: bool) -> None:
    async with house.database.unit_of_work() as session:
        changed = at.tender.file.model_copy(update={"description": "改为每周四次。"})
        tender = await openers.held(session, at.id)
        tender.version += 1
        session.add(
            TenderVersion(
                id=new_id(),
                tender_id=at.id,
                number=tender.version,
                content=changed.plain(),
                content_hash=changed.hash,
                voids_bids=voids_bids,
                published_at=session.now(),
                published_by=tender.created_by,
            )
        )


async def test_partners_agree_beforehand_and_nobody_is_in_two_bids(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    (lead, manager), (partner, other), (third, somebody) = [
        await scene.supplier(house, name) for name in ("牵头社", "成员社", "第三社")
    ]
    async with house.database.unit_of_work() as session:
        consent = ConsentDraft(organisation_id=partner, lead_id=lead)
        await consortia.agree(session, other, at.id, consent, house.vault)
        await consortia.agree(session, other, at.id, consent, house.vault)
        agreed = await consortia.partners_of(session, at.id, lead, house.vault)
        assert [one.name for one in agreed] == ["成员社"]
        assert [one.id for one in await consortia.leads_of(session, at.id, partner, house.vault)] == [lead]
        with pytest.raises(NotFound):
            await consortia.agree(session, manager, at.id, consent, house.vault)
    await scene.bid(house, at, lead, manager, partners=[str(partner)])
    clock.advance(timedelta(minutes=1))
    await scene.bid(house, at, third, somebody)
    await scene.open_all(house, clock, at)
    assert await refusals(house, at.id) == [(None, [None]), (None, [None])]
    told = (await opening(house, at.id))["bids"][0]
    assert told["partners"] == [{"id": str(partner), "name": "成员社"}]


async def test_whoever_is_in_two_bids_spoils_both(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    (lead, manager), (partner, other) = [await scene.supplier(house, name) for name in ("牵头社", "成员社")]
    async with house.database.unit_of_work() as session:
        consent = ConsentDraft(organisation_id=partner, lead_id=lead)
        await consortia.agree(session, other, at.id, consent, house.vault)
    await scene.bid(house, at, lead, manager, partners=[str(partner)])
    await scene.bid(house, at, partner, other)
    await scene.open_all(house, clock, at)
    assert [reason for reason, _ in await refusals(house, at.id)] == ["in_two_bids", "in_two_bids"]


async def test_nobody_spoils_a_rivals_bid_by_naming_it_as_a_partner(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    (one, manager), (two, spoiler) = await scene.supplier(house, "甲社"), await scene.supplier(house, "乙社")
    await scene.bid(house, at, one, manager)
    clock.advance(timedelta(minutes=1))
    content = await scene.sealed(house, at, two, partners=(one,))
    await scene.hand_in(house, at, two, spoiler, content)
    await scene.open_all(house, clock, at)
    assert await refusals(house, at.id) == [(None, [None]), ("partner_did_not_agree", [])]


async def test_too_few_openers_end_the_tender_and_its_bids_stay_closed(
    house: House, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house)
    await scene.bid(house, at, *await scene.supplier(house))
    clock.set(await scene.deadline(house, at))
    await scene.give(house, at, 1)
    await scene.give(house, at, 2)
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    await openings.give_up_overdue(house.database)
    async with house.database.reading() as session:
        assert (await session.get_one(Tender, at.id)).unsuccessful_at is None
    clock.advance(timedelta(seconds=1))
    await openings.give_up_overdue(house.database)
    await openings.give_up_overdue(house.database)
    async with house.database.reading() as session:
        tender = await session.get_one(Tender, at.id)
        assert tender.unsuccessful_reason == EndReason.NOT_OPENED
        assert await session.scalar(select(func.count()).select_from(Bid)) == 0
    with pytest.raises(TenderIsOver):
        await scene.give(house, at, 3)


async def test_the_record_of_an_opening_cannot_be_changed(house: House, clock: FixedClock) -> None:
    at = await scene.sealed_tender(house)
    await scene.open_all(house, clock, at)
    assert (await opening(house, at.id))["bids"] == []
    for statement in (update(Opening).values(record_hash="0"), delete(Opening)):
        with pytest.raises(Exception, match="append-only"):
            async with house.database.unit_of_work() as session:
                await session.execute(statement)
