"""The pages of sealed bids: a supplier writes, seals, replaces and withdraws; openers keep codes and open; everybody reads the record."""

import json
import re
from datetime import timedelta

from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.procurement.bids import receipts
from marketplace.procurement.models import Access
from tests import builders, buying
from tests.graph.client import operation
from tests.procurement.bids import scene
from tests.web.visitor import Visitor


async def enter(house: House, visitor: Visitor, viewer: Viewer) -> None:
    """Signs somebody in who reads English."""
    async with house.database.unit_of_work() as session:
        await session.execute(update(Person).where(Person.id == viewer.person_id).values(locale="en"))
    await visitor.sign_in(viewer.signed_in())


async def test_a_supplier_writes_checks_seals_and_keeps_the_receipt(house: House, visitor: Visitor) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    path = f"/supplier/{one}/tenders/{at.id}"
    await enter(house, visitor, manager)
    assert "No tender on your desk yet" in (await visitor.get("/supplier")).text
    desk = await visitor.get(path)
    assert f"{path}/bid" in desk.links
    form = await visitor.get(f"{path}/bid")
    price = f"price_{at.tender.lot_ids[0]}"
    unread = await visitor.submit(form, f"{path}/bid", **{price: "1,00"})
    assert unread.status == 422 and 'value="1,00"' in unread.html
    check = await visitor.submit_and_follow(
        form, f"{path}/bid", **{price: "１５０，０００．００", "then": "check"}
    )
    assert "Something is missing" in check.text and "150,000.00" in check.text
    refused = await visitor.submit(check, f"{path}/check")
    assert refused.status == 422
    form = await visitor.get(f"{path}/bid")
    check = await visitor.submit_and_follow(
        form,
        f"{path}/bid",
        answer_plan="每周三次",
        answer_team="十二人",
        conditions="registered",
        then="check",
    )
    assert "Something is missing" not in check.text
    done = await visitor.submit_and_follow(check, f"{path}/check")
    assert "This is your receipt" in done.text and receipts.public_key(house.vault) in done.text
    file = next(link for link in done.links if link.endswith("/receipt.json"))
    receipt = (await visitor.get(file)).html
    page = await visitor.submit(await visitor.get("/buying/receipts"), "/buying/receipts", receipt=receipt)
    assert "not a letter was changed" in page.text
    forged = json.dumps({**json.loads(receipt), "number": 7})
    page = await visitor.submit(await visitor.get("/buying/receipts"), "/buying/receipts", receipt=forged)
    assert "did not sign it" in page.text
    page = await visitor.submit(await visitor.get("/buying/receipts"), "/buying/receipts", receipt="{}")
    assert page.status == 422
    out = await visitor.submit_and_follow(await visitor.get(path), f"{path}/withdraw")
    assert "Withdrawn" in out.text
    assert "Withdrawn" in (await visitor.get("/supplier")).text


async def test_a_bid_sealed_on_ones_own_machine_is_uploaded(house: House, visitor: Visitor) -> None:
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    path = f"/supplier/{one}/tenders/{at.id}"
    await enter(house, visitor, manager)
    key = json.loads((await visitor.get(f"/buying/tenders/{at.id}/key.json")).html)
    assert key["format"] == "wushe-tender-key/1" and len(key["public_key"]) == 64
    desk = await visitor.get(path)
    sealed = await scene.sealed(house, at, one)
    done = await visitor.submit(desk, f"{path}/sealed", files={"sealed": ("bid.sealed", sealed)})
    assert done.status == 303
    wrong = await visitor.submit(desk, f"{path}/sealed", files={"sealed": ("bid.json", b"{}")})
    assert wrong.status == 422 and "is not a sealed bid" in wrong.text


async def test_nobody_else_finds_a_suppliers_desk(house: House, visitor: Visitor) -> None:
    at = await scene.sealed_tender(house)
    one, _ = await scene.supplier(house)
    _, rival = await scene.supplier(house, "乙社")
    path = f"/supplier/{one}/tenders/{at.id}"
    assert (await visitor.get(path)).status == 303
    await enter(house, visitor, rival)
    for door in (path, f"{path}/bid", f"{path}/check"):
        assert (await visitor.get(door)).status == 404


async def test_an_opener_writes_the_code_down_and_gives_the_part(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    at = await scene.sealed_tender(house)
    await scene.bid(house, at, *await scene.supplier(house))
    me = at.openers[2]
    await enter(house, visitor, me)
    path = f"/openers/{at.id}"
    assert path in (await visitor.get("/openers")).links
    assert "Nothing to do until the deadline" in (await visitor.get(path)).text
    before = await visitor.get(f"/buying/tenders/{at.id}/opening")
    assert "Bids are sealed" in before.text and "暖阳" not in before.text
    clock.set(await scene.deadline(house, at) + timedelta(seconds=1))
    await scene.give(house, at, 1)
    await scene.give(house, at, 2)
    await enter(house, visitor, me)
    desk = await visitor.get(path)
    wrong = await visitor.submit(desk, f"{path}/share", code=at.codes[0])
    assert wrong.status == 409 and at.codes[0] not in wrong.html
    opened = await visitor.submit_and_follow(desk, f"{path}/share", code=at.codes[2])
    assert "暖阳助老服务社" in opened.text and "150,000.00" in opened.text and "counts" in opened.text
    record = json.loads((await visitor.get(f"/buying/tenders/{at.id}/opening.json")).html)
    assert record["bids"][0]["name"] == "暖阳助老服务社"


async def test_a_code_is_shown_once_and_confirmed(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, published_at=None)
        people = [await builders.viewer(session, f"开标人{n}") for n in range(5)]
        await scene._named(session, tender.id, people)
    await enter(house, visitor, people[0])
    path = f"/openers/{tender.id}"
    shown = await visitor.submit(await visitor.get(path), f"{path}/code")
    code = shown.text.split("for you.")[1].split("Keep the paper")[0].split()
    typed = " ".join(code)
    assert len(code) == 9
    wrong = await visitor.submit(shown, f"{path}/confirm", code=typed[:-1])
    assert wrong.status == 422
    page = await visitor.submit_and_follow(shown, f"{path}/confirm", code=typed.lower())
    assert "Your code is confirmed" in page.text and typed not in page.html


async def test_before_the_opening_whoever_asks_for_bids_is_refused_and_on_record(
    house: House, visitor: Visitor, clock: FixedClock
) -> None:
    """Scenario 17."""
    at = await scene.sealed_tender(house)
    one, manager = await scene.supplier(house)
    await scene.bid(house, at, one, manager)
    async with house.database.unit_of_work() as session:
        asking = [
            await buying.officer(session),
            await buying.supervisor(session),
            await builders.viewer(session, "管理员", Role.ADMINISTRATOR),
            (await buying.supplier(session, "乙社"))[1],
            at.openers[0],
            manager,
        ]
    path = f"/buying/tenders/{at.id}/bids"
    for viewer in asking:
        await enter(house, visitor, viewer)
        page = await visitor.get(path)
        assert (page.status == 403 and "暖阳" not in page.text and "28" in page.text) or "二十八" in page.text
    async with house.database.reading() as session:
        noted = list(await session.scalars(select(Access).where(Access.process_id == at.id)))
    assert [(row.person_id, row.what, row.was_allowed) for row in noted] == [
        (viewer.person_id, "bids", False) for viewer in asking
    ]
    await scene.open_all(house, clock, at)
    for viewer, status in zip(asking, (200, 200, 404, 404, 404, 200), strict=True):
        await enter(house, visitor, viewer)
        page = await visitor.get(path)
        assert page.status == status
        if status == 200:
            paper = next(link for link in page.links if "bid-papers" in link)
            assert (await visitor.get(paper)).status == 200
    async with house.database.reading() as session:
        seen = await session.scalars(select(Access.what).where(Access.was_allowed))
        assert sorted(seen) == ["bid_document"] * 3 + ["bids"] * 3


_DRAWN = re.compile(
    r'name="csrf" value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{8,128}|T-[0-9a-f]+|\?v=\w+'
)
"""What is drawn by lot for each page and tender: tokens, ids, hashes, keys."""


async def test_a_rivals_bid_changes_no_byte_of_any_page_or_answer(house: House, visitor: Visitor) -> None:
    alone, contested = await scene.sealed_tender(house), await scene.sealed_tender(house)
    (one, me), (two, rival) = await scene.supplier(house, "甲社"), await scene.supplier(house, "乙社")
    for at in (alone, contested):
        await scene.bid(house, at, one, me)
    async with house.database.unit_of_work() as session:
        officer, supervisor = await buying.officer(session), await buying.supervisor(session)
    await scene.bid(house, contested, two, rival, "99,999.99")
    await scene.bid(house, contested, two, rival, "88,888.88")
    operations = [
        operation(f"bids/{name}") for name in ("bid_opening", "tender_key", "opened_bids", "my_bid")
    ]
    for viewer in (me, officer, supervisor, None):
        seen = []
        for at in (alone, contested):
            if viewer is not None:
                await enter(house, visitor, viewer)
            own = f"/supplier/{one}/tenders/{at.id}"
            paths = [
                f"/buying/tenders/{at.id}/{page}" for page in ("opening", "opening.json", "key.json", "bids")
            ]
            paths += [own, f"{own}/bid", f"{own}/check", f"/buying/records/{at.id}", f"/openers/{at.id}"]
            pages = [await visitor.get(path) for path in paths]
            answers = [f"{page.status} {_DRAWN.sub('#', page.html)}" for page in pages]
            ids = {"tenderId": global_id("Tender", at.id), "organisationId": global_id("Organisation", one)}
            for asked in operations:
                wanted = {name: value for name, value in ids.items() if f"${name}" in asked}
                sent = {"query": asked, "variables": wanted}
                answer = (await visitor.client.post("/graphql", json=sent)).text
                answers.append(_DRAWN.sub("#", answer.replace(ids["tenderId"], "#")))
            seen.append(answers)
        assert seen[0] == seen[1]
        assert sum(len(one) for one in seen[0]) > 3_000
