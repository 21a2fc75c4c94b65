"""The pages of evaluation: a panel drawn, declared, scored and finished without scripts; closed doors; the register of experts."""

import re

from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role
from marketplace.procurement import accesses
from marketplace.procurement.evaluation import low_prices
from marketplace.procurement.evaluation.models import EvaluationReport, Expert, PanelMember
from tests import builders, buying
from tests.procurement.evaluation import scene as scenes
from tests.web.visitor import Visitor


async def in_english(session: Session) -> None:
    """Everybody who is there by now reads English."""
    await session.execute(update(Person).values(locale="en"))


async def test_an_officer_draws_checks_and_finishes_and_members_declare_and_score(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.opened(session, house)
        await in_english(session)
    desk = f"/desk/buying/tenders/{scene.tender.id}/evaluation"
    await visitor.sign_in(scene.officer.signed_in())
    page = await visitor.submit_and_follow(
        await visitor.get(desk), f"{desk}/panel", representatives=["138 1000 0001"]
    )
    assert "The panel is drawn" in page.text
    assert "Seat 5, sent by the buyer" in page.text
    assert len(page.ids) == len(set(page.ids))
    for bid_id in scene.bids:
        path = f"{desk}/bids/{bid_id}"
        page = await visitor.submit_and_follow(
            page, path, **{f"met-{bid_id}-registered": "yes", f"reason-{bid_id}-registered": "证书有效"}
        )
    page = await visitor.submit_and_follow(page, f"{desk}/check")
    assert "The check is closed" in page.text
    async with house.database.reading() as session:
        seated = await scenes.members(session, scene)
    for number, (_, viewer) in enumerate(seated):
        await visitor.sign_in(viewer.signed_in())
        panel = f"/panel/{scene.tender.id}"
        assert panel in (await visitor.get("/panel")).links
        page = await visitor.get(panel)
        assert "First: your ties to the bidders" in page.text
        assert f"/panel/sheets/{scene.lot}" not in page.links
        refused = await visitor.submit(page, f"{panel}/declaration")
        assert refused.status == 409
        page = await visitor.submit_and_follow(page, f"{panel}/declaration", confirmed="on")
        assert "You may read the bids now" in page.text
        sheet = f"/panel/sheets/{scene.lot}"
        page = await visitor.get(sheet)
        given = {
            f"{field}-{offer}-{key}": value
            for offer, points in zip(scene.offers, ("88", "80", "95"), strict=True)
            for key in ("plan", "team")
            for field, value in (("points", points), ("reason", "方案具体可核查"))
        }
        if number == 0:
            first = f"points-{scene.offers[0]}-plan"
            wrong = await visitor.submit(page, sheet, **{**given, first: "很好"}, then="save")
            assert wrong.status == 422
            assert f"#field-{first}" in wrong.html
            assert "方案具体可核查" in wrong.html
            half = dict(list(given.items())[:3])
            page = await visitor.submit_and_follow(page, sheet, **half, then="save")
            assert "Only you see it" in page.text
            refused = await visitor.submit(page, sheet, then="submit")
            assert refused.status == 409
            assert "missing in 5 places" in refused.text
        page = await visitor.submit_and_follow(page, sheet, **given, then="submit")
        assert "Your sheet is handed in" in page.text
        assert "Handed in" in (await visitor.get(sheet)).text
    await visitor.sign_in(scene.officer.signed_in())
    page = await visitor.get(desk)
    assert "The report is due by" in page.text
    assert "95.00" not in page.text
    page = await visitor.submit_and_follow(page, f"{desk}/finish")
    assert re.search(r"90\.40.*88\.40.*84\.00", page.text, re.DOTALL)
    assert page.html.count('class="scores-dot"') == 15
    async with house.database.reading() as session:
        assert await session.get(EvaluationReport, scene.lot) is not None


async def test_a_member_reads_a_bid_and_that_is_on_record(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        _, viewer = (await scenes.members(session, scene))[0]
        await in_english(session)
    await visitor.sign_in(viewer.signed_in())
    page = await visitor.get(f"/panel/{scene.tender.id}/bids/{scene.bids[0]}")
    assert "第1服务社" in page.text
    assert "100,000.00" in page.text
    async with house.database.reading() as session:
        seen = await accesses.of_process(session, scene.tender.id)
    assert [(one.person_id, one.what, one.subject_id) for one in seen] == [
        (viewer.person_id, "bid", scene.bids[0])
    ]


async def test_closed_doors(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        seated = await scenes.members(session, scene)
        administrator = await builders.viewer(session, "管理员", Role.ADMINISTRATOR)
        await in_english(session)
    secret = [
        f"/panel/{scene.tender.id}",
        f"/panel/{scene.tender.id}/bids/{scene.bids[0]}",
        f"/panel/sheets/{scene.lot}",
    ]
    desk = f"/desk/buying/tenders/{scene.tender.id}/evaluation"
    for path in (*secret, desk, "/panel", "/desk/supervision/experts"):
        assert (await visitor.get(path)).location == f"/sign-in?next={path}"
    for viewer in (scene.bidders[0][1], administrator, scene.officer):
        await visitor.sign_in(viewer.signed_in())
        assert [(await visitor.get(path)).status for path in secret] == [404, 404, 404]
    for viewer in (scene.bidders[0][1], administrator, seated[0][1]):
        await visitor.sign_in(viewer.signed_in())
        assert (await visitor.get(desk)).status == 404
        assert (await visitor.get("/desk/supervision/experts")).status == 403


async def test_the_desk_before_the_opening_is_sealed_and_asking_is_on_record(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender = await buying.tender(session)
        await in_english(session)
    await visitor.sign_in(officer.signed_in())
    assert (await visitor.get(f"/desk/buying/tenders/{tender.id}/evaluation")).status == 403
    async with house.database.reading() as session:
        log = await accesses.of_process(session, tender.id)
    assert [(one.what, one.was_allowed) for one in log] == [("evaluation", False)]


async def test_a_declared_tie_gives_the_seat_to_the_next_of_the_draw(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        member, viewer = (await scenes.members(session, scene))[0]
        await in_english(session)
    await visitor.sign_in(viewer.signed_in())
    panel = f"/panel/{scene.tender.id}"
    bidder = scene.bidders[1][0]
    tie = {f"kind-{bidder}": "employment", f"until-{bidder}": "2099-01-01", "confirmed": "on"}
    wrong = await visitor.submit(await visitor.get(panel), f"{panel}/declaration", **tie)
    assert wrong.status == 422
    assert f"#field-until-{bidder}" in wrong.html
    tie[f"until-{bidder}"] = "2024-11-01"
    page = await visitor.submit_and_follow(wrong, f"{panel}/declaration", **tie)
    assert "Somebody else takes your seat" in page.text
    assert (await visitor.get(panel)).status == 404
    async with house.database.reading() as session:
        successors = select(PanelMember.id).where(PanelMember.replaces_id == member.id)
        assert len((await session.scalars(successors)).all()) == 1


async def test_a_bidder_justifies_a_low_price(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house, prices=(10_000_000, 9_000_000, 12_500_000, 5_000_000))
        query_id = await low_prices.ask(session, scene.officer, scene.offers[3])
        seated = await scenes.members(session, scene)
        await in_english(session)
    path = f"/supplier/prices/{query_id}"
    await visitor.sign_in(scene.bidders[0][1].signed_in())
    assert (await visitor.get(path)).status == 404
    await visitor.sign_in(scene.bidders[3][1].signed_in())
    page = await visitor.submit_and_follow(await visitor.get(path), path, text="场地无偿提供")
    assert "Your answer went to the panel" in page.text
    await visitor.sign_in(seated[0][1].signed_in())
    panel = f"/panel/{scene.tender.id}"
    page = await visitor.submit_and_follow(
        await visitor.get(panel),
        f"{panel}/prices/{query_id}",
        **{f"is_accepted-{query_id}": "no", f"reason-{query_id}": "没有说明人工"},
    )
    assert "You have voted" in page.text


async def test_supervisors_register_and_end_experts(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        supervisor = await buying.supervisor(session)
        phone = scenes.PHONE.format(501)
        person_id = await builders.person(
            session, "钱教授", phone_fingerprint=house.vault.fingerprint(phone, "phone")
        )
        await in_english(session)
    await visitor.sign_in(supervisor.signed_in())
    path = "/desk/supervision/experts"
    given = {"phone": phone, "area": "长宁区", "fields": ["elderly_care"], "speciality": "老年护理"}
    page = await visitor.submit_and_follow(await visitor.get(path), path, **given)
    assert "钱教授" in page.text
    again = await visitor.submit(page, path, **given)
    assert again.status == 409
    async with house.database.reading() as session:
        expert_id = await session.scalar(select(Expert.id).where(Expert.person_id == person_id))
    page = await visitor.submit_and_follow(page, f"{path}/{expert_id}/end")
    assert "Ended" in page.text


async def test_a_draw_that_is_refused_keeps_what_was_typed(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.opened(session, house, experts=2, representatives=0)
        await in_english(session)
    desk = f"/desk/buying/tenders/{scene.tender.id}/evaluation"
    await visitor.sign_in(scene.officer.signed_in())
    page = await visitor.submit(await visitor.get(desk), f"{desk}/panel", representatives=["13899999999"])
    assert page.status == 422
    assert "13899999999" in page.html
    page = await visitor.submit(page, f"{desk}/panel", representatives=[""])
    assert page.status == 409
    assert "第四十七" in page.text
