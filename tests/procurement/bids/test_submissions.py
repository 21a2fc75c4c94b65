"""Submissions: until the deadline by the database's clock, replaced and withdrawn at will, never changed, with a signed receipt each."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select, text, update

from marketplace.bootstrap import House, open_house
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import FixedClock, SystemClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.input import read
from marketplace.organisations.models import Organisation
from marketplace.procurement.bids import bid_drafts, envelope, keys, receipts, submissions, tags
from marketplace.procurement.bids.bid_drafts import Paper
from marketplace.procurement.bids.drafts import BidDraftInput
from marketplace.procurement.bids.errors import (
    BiddingIsOver,
    BidIsOverTheLimit,
    FileIsNoSealedBid,
    NoBidToWithdraw,
    NoLotIsOffered,
    OrganisationMayNotBid,
    TenderTakesNoBids,
)
from marketplace.procurement.bids.models import BidDraft, BidSubmission
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying
from tests.procurement.bids import scene
from tests.procurement.bids.scene import Scene


async def rows(house: House, tender_id: UUID) -> list[BidSubmission]:
    async with house.database.reading() as session:
        found = await session.scalars(
            select(BidSubmission).where(BidSubmission.tender_id == tender_id).order_by(BidSubmission.number)
        )
        return list(found)


async def withdraw(house: House, at: Scene, organisation_id: UUID, viewer: Any, key: str = "") -> Any:
    async with house.database.unit_of_work() as session:
        return await submissions.withdraw(
            session, viewer, at.id, scene.act(organisation_id, key), house.vault
        )


async def test_a_bid_is_handed_in_replaced_and_withdrawn_each_with_a_genuine_receipt(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    first = await scene.bid(house, at, one, manager)
    second = await scene.bid(house, at, one, manager, "99,000")
    third = await withdraw(house, at, one, manager)
    with pytest.raises(NoBidToWithdraw):
        await withdraw(house, at, one, manager)
    again = await scene.bid(house, at, one, manager, "98,000")
    done = [first, second, third, again]
    assert [one.receipt["act"] for one in done] == ["submit", "replace", "withdraw", "submit"]
    assert [one.receipt["number"] for one in done] == [1, 2, 3, 4]
    public = receipts.public_key(house.vault)
    assert all(receipts.is_genuine(one.receipt, public) for one in done)
    assert third.receipt["sealed_sha256"] is None
    kept = await rows(house, at.id)
    assert [row.sealed_key for row in kept] == [one.receipt["sealed_sha256"] for one in done]
    assert str(one) not in str(first.receipt)


async def test_the_same_key_is_the_same_bid_however_often_it_is_pressed(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    first = await scene.bid(house, at, one, manager, key="double")
    assert (await scene.bid(house, at, one, manager, key="double")).receipt == first.receipt
    out = await withdraw(house, at, one, manager, "out")
    assert (await withdraw(house, at, one, manager, "out")).receipt == out.receipt
    assert len(await rows(house, at.id)) == 2


async def test_two_presses_at_once_are_one_bid(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    content = await scene.sealed(house, at, one)
    done = await asyncio.gather(
        *(scene.hand_in(house, at, one, manager, content, key="same") for _ in range(4))
    )
    assert len({one.submission_id for one in done}) == 1
    done = await asyncio.gather(
        *(
            scene.hand_in(house, at, one, manager, content, key=f"other {n}".replace(" ", "-"))
            for n in range(4)
        )
    )
    assert sorted(one.receipt["number"] for one in done) == [2, 3, 4, 5]


async def test_the_deadline_is_a_moment_and_rivals_at_it_are_judged_alike(
    house: House, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house)
    (one, manager), (two, rival) = await scene.supplier(house, "甲社"), await scene.supplier(house, "乙社")
    clock.set(await scene.deadline(house, at) - timedelta(microseconds=1))
    for organisation_id, viewer in ((one, manager), (two, rival)):
        await scene.hand_in(
            house, at, organisation_id, viewer, await scene.sealed(house, at, organisation_id)
        )
    clock.set(await scene.deadline(house, at))
    files = await _files(house)
    for organisation_id, viewer in ((one, manager), (two, rival)):
        content = await scene.sealed(house, at, organisation_id)
        with pytest.raises(BiddingIsOver) as refused:
            await scene.hand_in(house, at, organisation_id, viewer, content)
        assert refused.value.article
        with pytest.raises(BiddingIsOver):
            await withdraw(house, at, organisation_id, viewer)
    assert await _files(house) == files, "a late bid leaves no file"
    assert len(await rows(house, at.id)) == 2


async def _files(house: House) -> int:
    return sum(1 for path in (house.settings.data_folder / "files").rglob("*") if path.is_file())


class _Jumping(SystemClock):
    """A machine whose clock is wrong by days."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return datetime.now(UTC) + self._by


@pytest.mark.parametrize("wrong_by", [timedelta(days=-60), timedelta(days=3000)])
async def test_a_machines_wrong_clock_does_not_move_the_deadline(house: House, wrong_by: timedelta) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    content = await scene.sealed(house, at, one)
    wrong = open_house(house.settings, clock=_Jumping(wrong_by))
    try:
        for left, is_open in ((timedelta(minutes=5), True), (timedelta(seconds=-1), False)):
            async with house.database.unit_of_work() as session:
                await session.execute(
                    update(Tender).values(enquiries_end_at=None, submissions_end_at=datetime.now(UTC) + left)
                )
            if is_open:
                done = await scene.hand_in(wrong, at, one, manager, content)
                told = datetime.fromisoformat(done.receipt["at"])
                assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)
            else:
                with pytest.raises(BiddingIsOver):
                    await scene.hand_in(wrong, at, one, manager, content)
    finally:
        await wrong.close()


async def test_only_managers_of_verified_organisations_bid(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    content = await scene.sealed(house, at, one)
    async with house.database.unit_of_work() as session:
        member = await builders.viewer(session, "成员", Role.ORGANISATION_MEMBER, one)
        outsiders = [member, await buying.officer(session), (await buying.supplier(session, "乙社"))[1]]
    for viewer in outsiders:
        with pytest.raises(NotFound):
            await scene.hand_in(house, at, one, viewer, content)
    with pytest.raises(SignInNeeded):
        await scene.hand_in(house, at, one, STRANGER, content)
    async with house.database.unit_of_work() as session:
        await session.execute(update(Organisation).where(Organisation.id == one).values(verified_at=None))
    with pytest.raises(OrganisationMayNotBid):
        await scene.hand_in(house, at, one, manager, content)


@pytest.mark.parametrize("moment", ["cancelled_at", "suspended_at", "unsuccessful_at", "opened_at"])
async def test_a_tender_that_rests_or_is_over_takes_no_bids(house: House, moment: str) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    content = await scene.sealed(house, at, one)
    async with house.database.unit_of_work() as session:
        await session.execute(update(Tender).values({moment: session.now()}))
    with pytest.raises(TenderTakesNoBids):
        await scene.hand_in(house, at, one, manager, content)


@pytest.mark.parametrize("length", [0, 1, 32768, 32768 + 47, 32768 + 49, 25 * 1024 * 1024])
async def test_a_file_that_no_seal_made_is_refused(house: House, length: int) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    with pytest.raises(FileIsNoSealedBid):
        await scene.hand_in(house, at, one, manager, bytes(length))


async def test_a_draft_is_asked_for_what_is_missing_when_it_is_sealed(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    with pytest.raises(NoLotIsOffered):
        await scene.bid(house, at, one, manager, offers=[])
    with pytest.raises(InputIsInvalid) as refused:
        await scene.bid(house, at, one, manager, conditions=[], answers={"plan": "好"})
    assert [(one.field, one.code) for one in refused.value.problems] == [
        ("conditions", "condition_not_declared"), ("answer_team", "missing"),
    ]  # fmt: skip
    with pytest.raises(BidIsOverTheLimit):
        await scene.bid(
            house, at, one, manager, papers=(Paper("a.pdf", "application/pdf", bytes(envelope.MOST_BYTES)),)
        )
    assert await rows(house, at.id) == []


@pytest.mark.parametrize(
    ("price", "code"),
    [("1,00", "amount"), ("abc", "amount"), ("-1", "amount"), ("1.005", "amount"), ("9" * 14, "amount")],
)
async def test_a_price_that_can_be_read_two_ways_is_refused(price: str, code: str) -> None:
    lot = "0192f000-0000-7000-8000-000000000001"
    with pytest.raises(InputIsInvalid) as refused:
        read(BidDraftInput, {"organisation_id": lot, "offers": [{"lot_id": lot, "price": price}]})
    assert [one.code for one in refused.value.problems] == [code]


async def test_a_draft_is_kept_for_its_own_people_and_unreadable_to_others(house: House) -> None:
    at = await scene.sealed_tender(house)
    (one, manager), (_, rival) = await scene.supplier(house, "甲社"), await scene.supplier(house, "乙社")
    draft = scene.draft_of(at, one, "123,456.78")
    async with house.database.unit_of_work() as session:
        await bid_drafts.save(session, manager, at.id, draft, house.vault)
        await bid_drafts.save(session, manager, at.id, draft, house.vault)
        kept = await bid_drafts.kept(session, manager, at.id, one, house.vault)
        assert kept is not None and kept.draft == draft
        row = (await session.scalars(select(BidDraft))).one()
        assert b"12345678" not in row.sealed
        with pytest.raises(NotFound):
            await bid_drafts.kept(session, rival, at.id, one, house.vault)
        await bid_drafts.discard(session, manager, at.id, one, house.vault)
        assert await bid_drafts.kept(session, manager, at.id, one, house.vault) is None


async def test_submissions_cannot_be_changed(house: House) -> None:
    at = await scene.sealed_tender(house)
    await scene.bid(house, at, *await scene.supplier(house))
    for statement in (update(BidSubmission).values(tender_version=9), delete(BidSubmission)):
        with pytest.raises(Exception, match="append-only"):
            async with house.database.unit_of_work() as session:
                await session.execute(statement)


async def test_a_tag_is_another_in_another_tender_and_another_house(house: House) -> None:
    from marketplace.kernel.ids import new_id
    from marketplace.kernel.vault import Vault

    one, tender = new_id(), new_id()
    known = {
        tags.bidder_tag(house.vault, tender, one),
        tags.bidder_tag(house.vault, new_id(), one),
        tags.bidder_tag(house.vault, tender, new_id()),
        tags.bidder_tag(Vault(b"another secret of another house, really"), tender, one),
    }
    assert len(known) == 4


class Bidding(RuleBasedStateMachine):
    """A bidder who acts in any order, beside a model that knows what must come of it."""

    house: House
    loop: asyncio.AbstractEventLoop
    clock: FixedClock

    @initialize()
    def begin(self) -> None:
        self.at = self.loop.run_until_complete(scene.sealed_tender(self.house))
        self.one, self.manager = self.loop.run_until_complete(scene.supplier(self.house, "暖阳"))
        self.content = self.loop.run_until_complete(scene.sealed(self.house, self.at, self.one))
        self.acts: list[str] = []
        self.has_bid = self.is_over = False

    def _done(self, kind: str) -> None:
        self.acts.append(kind)
        self.has_bid = kind != "withdraw"

    @rule()
    def submit(self) -> None:
        work = scene.hand_in(self.house, self.at, self.one, self.manager, self.content)
        if self.is_over:
            with pytest.raises(BiddingIsOver):
                self.loop.run_until_complete(work)
        else:
            done = self.loop.run_until_complete(work)
            assert done.receipt["act"] == ("replace" if self.has_bid else "submit")
            self._done(done.receipt["act"])

    @rule()
    def withdraw(self) -> None:
        work = withdraw(self.house, self.at, self.one, self.manager)
        if self.has_bid and not self.is_over:
            self.loop.run_until_complete(work)
            self._done("withdraw")
        else:
            with pytest.raises(BiddingIsOver if self.has_bid else NoBidToWithdraw):
                self.loop.run_until_complete(work)

    @rule(late=st.booleans())
    def wait(self, late: bool) -> None:
        ends_at = self.loop.run_until_complete(scene.deadline(self.house, self.at))
        self.is_over = self.is_over or late
        if late:
            self.clock.set(max(ends_at, self.clock.now()))

    @invariant()
    def every_act_is_on_record(self) -> None:
        if hasattr(self, "acts"):
            kept = self.loop.run_until_complete(rows(self.house, self.at.id))
            assert [row.kind for row in kept] == self.acts
            assert [row.number for row in kept] == list(range(1, len(self.acts) + 1))

    def teardown(self) -> None:
        self.clock.set(self.start)

    start: datetime


async def test_whatever_a_bidder_does_in_whatever_order(house: House, clock: FixedClock) -> None:
    await house.database.close()

    def play() -> None:
        loop = asyncio.new_event_loop()
        own = open_house(house.settings, clock=clock)
        names = {"house": own, "loop": loop, "clock": clock, "start": clock.now()}
        machine = type("Machine", (Bidding,), names)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=6, stateful_step_count=8, deadline=None,
                suppress_health_check=list(HealthCheck), database=None,
            ),
        )  # fmt: skip
        loop.run_until_complete(own.close())
        loop.close()

    await asyncio.to_thread(play)


async def test_the_statement_of_a_submission_names_no_bidder(house: House) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    await scene.bid(house, at, one, manager)
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(BidSubmission)) == 1
        names = [column.name for column in BidSubmission.__table__.columns]
        assert not [name for name in names if "organisation" in name or "person" in name]
        key = await keys.key_file(session, at.id)
        assert key["public_key"] and key["lots"][0]["ceiling"] == "200000.00"
        assert await session.scalar(text("select count(*) from audit_entries where action like 'bid%'")) == 0
