"""A release at every event with the right tag: valid, complete, and silent about what is not public yet."""

import hashlib
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.opendata.merging import compiled
from marketplace.opendata.models import OcdsRelease
from marketplace.opendata.reading import validate
from marketplace.outbox.here import deliver_all
from marketplace.outbox.models import InboxEntry, OutboxEvent
from marketplace.procurement.awards.events import AwardEnded, SuspensionLifted, TenderSuspended
from marketplace.procurement.awards.models import Award
from marketplace.procurement.bids.models import BidSubmission
from marketplace.procurement.contracts.events import (
    ContractAccepted,
    ContractChanged,
    ContractSigned,
    MilestoneDecided,
    PaymentRecorded,
)
from marketplace.procurement.contracts.models import (
    Contract,
    ContractChange,
    MilestoneReport,
    Payment,
    UserOpinion,
)
from marketplace.procurement.models import Buyer
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.events import (
    QuestionAnswered,
    QuestionAsked,
    TenderAmended,
    TenderCancelled,
    TenderEndedUnsuccessful,
    TenderPublished,
)
from marketplace.procurement.tenders.models import Asker, Lot, Question, Tender, TenderVersion
from tests import builders, buying
from tests.opendata import procurement, standard
from tests.opendata.procurement import DAY, told


def _check(releases: list[dict[str, Any]], record: dict[str, Any]) -> None:
    """What holds of every process: valid by our own judge and the official one, ids and dates rise, the record is their merger."""
    for release in releases:
        assert validate(release) == ()
    dates = [release["date"] for release in releases]
    assert dates == sorted(set(dates)) and len({release["id"] for release in releases}) == len(releases)
    assert {release["ocid"] for release in releases} == {record["ocid"]}
    assert compiled(releases) == record
    assert validate(record) == ()
    if standard.SCHEMA.exists():
        schema = standard.need_schema()
        for one in (*releases, record):
            assert list(schema.faults("release", one)) == []


async def test_the_whole_way_of_a_purchase_is_told_with_the_standards_tags(
    house: House, clock: FixedClock
) -> None:
    purchase = await procurement.published(house)
    tender_id = purchase.tender.id
    clock.advance(31 * DAY)
    offers = await procurement.opened(house, purchase)
    award_id = await procurement.awarded(house, purchase, offers[1])
    contract_id, milestone_id = await procurement.contracted(house, purchase, award_id)
    async with house.database.unit_of_work() as session:
        session.add(
            MilestoneReport(
                id=new_id(),
                milestone_id=milestone_id,
                number=1,
                text="已完成",
                reported_at=session.now(),
                reported_by=purchase.officer,
                is_accepted=True,
                decided_at=session.now(),
                decided_by=purchase.officer,
            )
        )
        payment = Payment(
            id=new_id(),
            contract_id=contract_id,
            milestone_id=milestone_id,
            amount_fen=5_400_000,
            currency="CNY",
            paid_on=date(2027, 4, 2),
            reference="P-1",
            idempotency_key="p1",
            recorded_at=session.now(),
            recorded_by=purchase.officer,
        )
        session.add(payment)
        other = await builders.person(session, "科长")
        session.add(
            ContractChange(
                id=new_id(),
                contract_id=contract_id,
                number=1,
                kind="change",
                title="补充协议一",
                added_fen=1_000_000,
                ends_on=date(2028, 1, 31),
                what="延长一个月",
                reason="服务对象增加",
                proposed_at=session.now(),
                proposed_by=purchase.officer,
                decided_at=session.now(),
                decided_by=other,
                is_approved=True,
            )
        )
    await told(
        house,
        MilestoneDecided(tender_id, contract_id, milestone_id),
        PaymentRecorded(tender_id, contract_id, payment.id),
        ContractChanged(tender_id, contract_id),
    )
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Contract)
            .where(Contract.id == contract_id)
            .values(accepted_at=session.now(), acceptance="合格")
        )
    await told(house, ContractAccepted(tender_id, contract_id))

    releases, record = (
        await procurement.releases(house, tender_id),
        await procurement.record(house, tender_id),
    )
    assert [release["tag"] for release in releases] == [
        ["tender"],
        ["tenderUpdate"],
        ["award"],
        ["contract"],
        ["implementation"],
        ["implementationUpdate"],
        ["contractAmendment"],
        ["contractTermination"],
    ]
    _check(releases, record)
    assert record["tender"]["status"] == "complete" and record["tender"]["numberOfTenderers"] == 2
    assert record["awards"][0]["value"] == {"amount": 180000.01, "currency": "CNY"}
    assert record["awards"][0]["suppliers"] == [
        {"id": f"WUSHE-{purchase.suppliers[1]}", "name": "晨光社工站"}
    ]
    contract = record["contracts"][0]
    assert contract["status"] == "terminated" and contract["value"]["amount"] == 190000.01
    assert contract["period"]["endDate"] == "2028-01-31T15:59:59Z"
    assert contract["amendments"][0]["rationale"] == "服务对象增加"
    assert contract["implementation"]["milestones"][0]["status"] == "met"
    assert contract["implementation"]["transactions"][0]["value"]["amount"] == 54000
    roles = {party["name"]: set(party["roles"]) for party in record["parties"]}
    assert roles["晨光社工站"] == {"tenderer", "supplier"} and roles["暖阳助老服务社"] == {"tenderer"}


async def test_the_tender_tells_what_its_file_tells(house: House) -> None:
    purchase = await procurement.published(house)
    release = (await procurement.releases(house, purchase.tender.id))[0]
    tender, file = release["tender"], purchase.tender.file
    assert tender["title"] == "社区助浴服务" and tender["status"] == "active"
    assert tender["procurementMethod"] == "open" and tender["value"] == {"amount": 200000, "currency": "CNY"}
    assert tender["lots"][0]["id"] == tender["items"][0]["relatedLot"] == str(purchase.tender.lot_ids[0])
    assert tender["items"][0]["quantity"] == 3000 and tender["items"][0]["unit"]["name"] == "人次"
    assert "价格：权重 20%" in tender["awardCriteriaDetails"] and "100 分：" in tender["awardCriteriaDetails"]
    assert "依法登记的社会组织（登记证书）" in tender["eligibilityCriteria"]
    assert tender["tenderPeriod"]["endDate"] == "2026-12-22T02:00:00Z"
    documents = {document["id"]: document for document in tender["documents"]}
    assert documents["file-1"]["contentHash"] == f"sha256:{file.hash}"
    assert documents["official-notice"]["url"] == file.official_notice_url
    assert (
        release["ocid"].startswith("ocds-wushe0-tender-T-")
        and release["id"] == f"{release['ocid']}-0001-tender"
    )
    assert release["buyer"] in [{"id": party["id"], "name": party["name"]} for party in release["parties"]]


async def test_nothing_of_a_bid_is_told_before_the_opening(house: House) -> None:
    """Every event there is, while sealed bids and even opened rows are in the tables: not a name, not a number, not a price."""
    purchase = await procurement.published(house)
    tender = purchase.tender
    async with house.database.unit_of_work() as session:
        await buying.opened_bid(session, tender, purchase.suppliers[0], 17_654_321)
        session.add(
            BidSubmission(
                id=new_id(),
                tender_id=tender.id,
                bidder_tag=b"t" * 32,
                number=1,
                kind="submit",
                idempotency_key="k",
                tender_version=1,
                sealed_key="f" * 64,
                sealed_size=4096,
                submitted_at=session.now(),
                receipt="receipt",
            )
        )
    await told(
        house,
        QuestionAnswered(tender.id, new_id()),
        TenderAmended(tender.id, 1),
        TenderSuspended(tender.id),
        SuspensionLifted(tender.id),
        TenderEndedUnsuccessful(tender.id),
    )
    written = orjson.dumps(await procurement.releases(house)).decode()
    assert len(await procurement.releases(house, tender.id)) == 6
    for canary in (
        "暖阳助老服务社",
        str(purchase.suppliers[0]),
        "176543",
        "numberOfTenderers",
        '"bids"',
        "tenderers",
    ):
        assert canary not in written


async def test_a_draft_is_not_told(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, published_at=None, version=0)
    await told(house, TenderPublished(tender.id), TenderCancelled(tender.id))
    assert await procurement.releases(house) == []


async def test_a_contract_is_told_when_it_is_public_and_not_when_it_is_signed(house: House) -> None:
    purchase = await procurement.published(house)
    offers = await procurement.opened(house, purchase)
    award_id = await procurement.awarded(house, purchase, offers[1])
    contract_id, milestone_id = await procurement.contracted(house, purchase, award_id, published_at=None)
    await told(
        house,
        ContractSigned(purchase.tender.id, contract_id),
        MilestoneDecided(purchase.tender.id, contract_id, milestone_id),
    )
    releases = await procurement.releases(house, purchase.tender.id)
    assert [release["tag"] for release in releases] == [["tender"], ["tenderUpdate"], ["award"]]
    assert all("contracts" not in release for release in releases)


async def test_an_award_that_ended_is_told_as_cancelled_and_its_successor_beside_it(house: House) -> None:
    purchase = await procurement.published(house)
    offers = await procurement.opened(house, purchase)
    first = await procurement.awarded(house, purchase, offers[1])
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Award).where(Award.id == first).values(ended_at=session.now(), ended_for="corrected")
        )
    await told(house, AwardEnded(purchase.tender.id, first))
    second = await procurement.awarded(house, purchase, offers[0], 19_000_000)
    releases, record = (
        await procurement.releases(house, purchase.tender.id),
        await procurement.record(house, purchase.tender.id),
    )
    assert [release["tag"][0] for release in releases[2:]] == ["award", "awardCancellation", "award"]
    statuses = {award["id"]: award["status"] for award in record["awards"]}
    assert statuses == {str(first): "cancelled", str(second): "active"}
    _check(releases, record)


async def test_questions_are_told_with_their_answer_under_a_pseudonym(house: House) -> None:
    purchase = await procurement.published(house)
    tender_id = purchase.tender.id
    async with house.database.unit_of_work() as session:
        session.add(Asker(tender_id=tender_id, organisation_id=purchase.suppliers[0], number=1))
        for number, answer in ((1, "可以。"), (2, None)):
            session.add(
                Question(
                    id=new_id(),
                    tender_id=tender_id,
                    number=number,
                    organisation_id=purchase.suppliers[0],
                    asked_by=purchase.officer,
                    idempotency_key=f"q{number}",
                    text=f"问题{number}",
                    asked_at=session.now(),
                    answer=answer,
                    answered_at=session.now() if answer else None,
                )
            )
    await told(house, QuestionAsked(tender_id, new_id()), QuestionAnswered(tender_id, new_id()))
    releases = await procurement.releases(house, tender_id)
    assert [release["tag"] for release in releases] == [["tender"], ["tenderUpdate"]]
    enquiries = releases[1]["tender"]["enquiries"]
    assert [(one["author"], one["description"], one["answer"]) for one in enquiries] == [
        ({"name": "提问单位 1"}, "问题1", "可以。")
    ]
    assert "暖阳" not in orjson.dumps(releases).decode() and "问题2" not in orjson.dumps(releases).decode()
    _check(releases, await procurement.record(house, tender_id))


async def test_an_amendment_tells_its_reason_and_what_is_gone_is_gone_from_the_record(house: House) -> None:
    async with house.database.reading() as session:
        file = buying.file(session, lots=2)
    purchase = await procurement.published(house, file=file)
    tender_id, gone = purchase.tender.id, purchase.tender.lot_ids[1]
    newer = file.model_copy(update={"lots": file.lots[:1], "standards": None, "problem": None})
    async with house.database.unit_of_work() as session:
        session.add(
            TenderVersion(
                id=new_id(),
                tender_id=tender_id,
                number=2,
                content=newer.plain(),
                content_hash=newer.hash,
                reason="预算调整，取消第二包",
                voids_bids=True,
                published_at=session.now(),
                published_by=purchase.officer,
            )
        )
        await session.execute(update(Lot).where(Lot.id == gone).values(removed_at=session.now()))
        await procurement.set_on(session, tender_id, version=2)
        await session.execute(
            update(Buyer).where(Buyer.id == purchase.tender.buyer_id).values(contact_phone=None)
        )
    await told(house, TenderAmended(tender_id, 2))
    releases, record = (
        await procurement.releases(house, tender_id),
        await procurement.record(house, tender_id),
    )
    assert releases[1]["tag"] == ["tenderAmendment"]
    tender = record["tender"]
    assert tender["amendments"][0]["rationale"] == "预算调整，取消第二包"
    assert {lot["id"]: lot["status"] for lot in tender["lots"]}[str(gone)] == "cancelled"
    quantities = {item["relatedLot"]: item["quantity"] for item in tender["items"]}
    assert quantities[str(gone)] == 0 and tender["value"]["amount"] == 200000
    assert {document["id"] for document in tender["documents"]} >= {"file-1", "file-2"}
    _check(releases, record)


async def test_what_a_buyer_takes_back_is_null_in_the_release_and_absent_in_the_record(house: House) -> None:
    purchase = await procurement.published(house)
    tender_id = purchase.tender.id
    async with house.database.unit_of_work() as session:
        where = update(Buyer).where(Buyer.id == purchase.tender.buyer_id)
        await session.execute(where.values(contact_phone="021-1234", contact_name="采购科"))
    await told(house, TenderAmended(tender_id, 1))
    async with house.database.unit_of_work() as session:
        await session.execute(where.values(contact_phone=None))
    await told(house, TenderAmended(tender_id, 1))
    releases, record = (
        await procurement.releases(house, tender_id),
        await procurement.record(house, tender_id),
    )
    assert releases[1]["parties"][0]["contactPoint"] == {"name": "采购科", "telephone": "021-1234"}
    assert releases[2]["parties"][0]["contactPoint"] == {"name": "采购科", "telephone": None}
    assert record["parties"][0]["contactPoint"] == {"name": "采购科"}
    _check(releases, record)


@pytest.mark.parametrize(
    ("event", "facts", "tag", "status"),
    [
        (
            TenderCancelled,
            {"cancelled_at": None, "cancellation_reason": "需求变化"},
            "tenderCancellation",
            "cancelled",
        ),
        (TenderEndedUnsuccessful, {"unsuccessful_at": None}, "tenderUpdate", "unsuccessful"),
    ],
)
async def test_an_end_without_result_is_told(
    house: House, event: type[Any], facts: dict[str, Any], tag: str, status: str
) -> None:
    purchase = await procurement.published(house)
    async with house.database.unit_of_work() as session:
        moments = {name: session.now() if value is None else value for name, value in facts.items()}
        await procurement.set_on(session, purchase.tender.id, **moments)
    await told(house, event(purchase.tender.id))
    releases, record = (
        await procurement.releases(house, purchase.tender.id),
        await procurement.record(house, purchase.tender.id),
    )
    assert releases[-1]["tag"] == [tag]
    assert record["tender"]["status"] == status
    _check(releases, record)


async def test_a_tender_that_replaces_a_failed_one_names_it(house: House) -> None:
    failed = await procurement.published(house)
    again = await procurement.published(house, replaces_tender_id=failed.tender.id)
    release = (await procurement.releases(house, again.tender.id))[0]
    ocid = (await procurement.record(house, failed.tender.id))["ocid"]
    assert release["relatedProcesses"] == [
        {
            "id": str(failed.tender.id),
            "relationship": ["unsuccessfulProcess"],
            "scheme": "ocid",
            "identifier": ocid,
        }
    ]


async def test_an_event_that_is_delivered_twice_makes_one_release(house: House) -> None:
    purchase = await procurement.published(house)
    async with house.database.unit_of_work() as session:
        # As if the worker had died after its effect and before it could say so.
        await session.execute(update(OutboxEvent).values(done_at=None, lease_token=None, leased_until=None))
        assert await session.scalar(select(InboxEntry.event_id).limit(1)) is not None
    await deliver_all(house.database, procurement.listening(house))
    assert len(await procurement.releases(house, purchase.tender.id)) == 1


async def test_a_release_that_fails_leaves_nothing_behind(house: House) -> None:
    """The transaction is one: no position is taken by what was not written."""
    purchase = await procurement.published(house)
    with pytest.raises(RuntimeError, match="power cut"):
        async with house.database.unit_of_work() as session:
            for consumer in house.registry.consumers_of("TenderAmended"):
                if consumer.name == "opendata.release":
                    await consumer.handle(session, TenderAmended(purchase.tender.id, 1))
            await session.do_last_acts()
            raise RuntimeError("power cut")
    await told(house, TenderAmended(purchase.tender.id, 1))
    async with house.database.reading() as session:
        assert list(await session.scalars(select(OcdsRelease.position).order_by(OcdsRelease.position))) == [
            1,
            2,
        ]


async def test_a_release_can_not_be_changed_and_carries_its_hash(house: House) -> None:
    await procurement.published(house)
    async with house.database.reading() as session:
        row = (await session.scalars(select(OcdsRelease))).one()
    assert row.content_hash == hashlib.sha256(row.body.encode()).hexdigest()
    for statement in ("UPDATE ocds_releases SET body = '{}'", "DELETE FROM ocds_releases"):
        with pytest.raises(DBAPIError):
            async with house.database.unit_of_work() as session:
                await session.execute(text(statement))


async def test_anybody_can_check_the_hash_of_an_award(house: House) -> None:
    purchase = await procurement.published(house)
    offers = await procurement.opened(house, purchase)
    await procurement.awarded(house, purchase, offers[1])
    award = (await procurement.releases(house, purchase.tender.id))[-1]["awards"][0]
    notice = next(one for one in award["documents"] if one["documentType"] == "awardNotice")
    bare = {name: value for name, value in award.items() if name != "documents"}
    assert notice["contentHash"] == f"sha256:{content_hash(bare)}"


async def test_users_and_officers_stay_unnamed(house: House, clock: FixedClock) -> None:
    purchase = await procurement.published(house)
    offers = await procurement.opened(house, purchase)
    award_id = await procurement.awarded(house, purchase, offers[1])
    contract_id, _ = await procurement.contracted(house, purchase, award_id)
    async with house.database.unit_of_work() as session:
        user = await builders.person(session, "王奶奶")
        session.add(
            UserOpinion(
                id=new_id(),
                contract_id=contract_id,
                person_id=user,
                is_satisfied=True,
                text="护理员很好",
                given_at=session.now(),
            )
        )
        people = [str(purchase.officer), str(user), "王奶奶", "护理员很好", "采购员小顾"]
        await session.execute(
            update(Contract)
            .where(Contract.id == contract_id)
            .values(accepted_at=session.now() + timedelta(hours=1))
        )
    await told(house, ContractAccepted(purchase.tender.id, contract_id))
    written = orjson.dumps(await procurement.releases(house)).decode()
    assert [canary for canary in people if canary in written] == []


async def test_a_process_that_was_never_told_of_is_told_whole(house: House) -> None:
    """Rows from before open data was there: the first event brings the tender along."""
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        assert await session.get(Tender, tender.id)
    await told(house, TenderAmended(tender.id, 1))
    releases = await procurement.releases(house, tender.id)
    assert [release["tag"] for release in releases] == [["tender", "tenderAmendment"]]


async def test_the_house_lets_open_data_hear_what_it_publishes(house: House) -> None:
    heard = procurement.listening(house)
    for event in ("TenderPublished", "BidsOpened", "AwardPublished", "ContractPublished", "EditionFinalised"):
        (ours,) = heard.consumers_of(event)
        assert ours.name in {one.name for one in house.registry.consumers_of(event)}
