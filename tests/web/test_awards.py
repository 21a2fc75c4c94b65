"""Results, objections and supervision as pages: without JavaScript, in both languages, to strangers, outsiders and members."""

import re

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.evaluation.report import read_report, verify_ranking
from tests.procurement.awards import scene as scenes
from tests.web.visitor import Visitor


@pytest.fixture
def backend() -> str:
    return "sqlite"


async def _as(app: Starlette, house: House, viewer: Viewer | None, locale: str = "en") -> Visitor:
    visitor = Visitor(app, house, locale)
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            (await session.get_one(Person, viewer.signed_in())).locale = locale
        await visitor.sign_in(viewer.signed_in())
    return visitor


async def test_a_lot_is_awarded_on_the_desk_and_everybody_reads_why(app: Starlette, house: House) -> None:
    it = await scenes.evaluated(house)
    tender_id, results = it.scene.tender.id, f"/buying/tenders/{it.scene.tender.id}/results"
    stranger = await _as(app, house, None)
    assert (await stranger.get(results)).status == 404
    officer = await _as(app, house, it.scene.officer)
    desk = f"/desk/buying/tenders/{tender_id}/award"
    page = await officer.get(desk)
    assert page.status == 200 and "90.40" in page.text
    award = f"/desk/buying/lots/{it.lot_id}/award"
    wrong = await officer.submit(
        await officer.get(award), award, bid_lot_ids=str(it.ranked[1]), reason="它更近"
    )
    assert wrong.status == 409 and "Place 1 is next" in wrong.text
    page = await officer.submit_and_follow(wrong, award, bid_lot_ids=str(it.ranked[0]))
    assert "Publish the notice" in page.text
    page = await officer.submit_and_follow(page, desk, official_notice_url="https://example.org/notice")
    assert page.status == 200
    page = await stranger.get(results)
    for said in (scenes.NAMES[2], "90.40", "88.40", "84.00", "¥125,000.00", "它更近", "评审专家甲"):
        assert said in page.text, said
    assert "https://example.org/notice" in page.html
    found = re.search(rf"{results}/[0-9a-f-]+\.json", page.html)
    assert found is not None
    answer = await stranger.client.get(found[0])
    assert verify_ranking(read_report(answer.json())) == ()
    notices = await stranger.client.get(f"{results}/notices.json")
    assert notices.json()[0]["content_hash"] in page.html
    chinese = await (await _as(app, house, None, "zh-CN")).get(results)
    assert "排序" in chinese.text and "Ranking" not in chinese.text


async def test_another_weight_of_the_price_needs_no_javascript(app: Starlette, house: House) -> None:
    it, _ = await scenes.awarded(house)
    stranger = await _as(app, house, None)
    path = f"/buying/tenders/{it.scene.tender.id}/results"
    shifted = await stranger.get(f"{path}?price_weight=60")
    # 60 % price: 90 × 0.6 + 88 × 0.4 = 89.2; 100 × 0.6 + 80 × 0.4 = 92.0; 72 × 0.6 + 95 × 0.4 = 81.2.
    assert "92.00" in shifted.text and "89.20" in shifted.text and "81.20" in shifted.text
    assert 'min="10"' in shifted.html and 'max="100"' in shifted.html
    for odd in ("-5", "1e9", "%00", "９９", "100000"):
        assert (await stranger.get(f"{path}?price_weight={odd}")).status == 200


async def test_a_loser_sees_its_own_result_apart(app: Starlette, house: House) -> None:
    it, award_id = await scenes.awarded(house)
    path = f"/buying/tenders/{it.scene.tender.id}/results"
    loser = await (await _as(app, house, scenes.winner(it, 3)[1])).get(path)
    assert "Your own result" in loser.text and "Place 3 of 3" in loser.text
    outsider = await (await _as(app, house, it.scene.outsider[1])).get(path)
    assert "Your own result" not in outsider.text
    winner = await _as(app, house, scenes.winner(it)[1])
    decline = f"/supplier/awards/{award_id}/decline"
    assert (await (await _as(app, house, it.scene.outsider[1])).get(decline)).status == 404
    page = await winner.submit_and_follow(await winner.get(decline), decline, reason="人手不足")
    assert "the supplier declined" in page.text


async def test_an_objection_goes_from_the_supplier_to_the_supervisor_and_back(
    app: Starlette, house: House
) -> None:
    scene = await scenes.tender(house, opened=True)
    supplier = await _as(app, house, scene.suppliers[0][1])
    public = f"/buying/tenders/{scene.tender.id}/objections"
    assert "You may object" in (await supplier.get(public)).text
    path = f"/supplier/tenders/{scene.tender.id}/object"
    fields = {"organisation_id": str(scene.suppliers[0][0]), "about": "process", "wish": "重新开标"}
    refused = await supplier.submit(await supplier.get(path), path, **fields, text="")
    assert refused.status == 422
    page = await supplier.submit_and_follow(refused, path, **fields, text="开标时间有误")
    assert "Waits for an answer" in page.text
    objection = await _newest(house)
    stranger = await _as(app, house, None)
    assert (await stranger.get(objection)).status == 404
    assert "Nothing to read yet" in (await stranger.get(public)).text
    officer = await _as(app, house, scene.officer)
    assert "process" in (await officer.get("/desk/buying/objections")).text
    page = await officer.submit_and_follow(
        await officer.get(objection), f"{objection}/answer", answer="时间无误", is_upheld="no"
    )
    assert "Not upheld" in page.text
    seen = await stranger.get(objection)
    assert seen.status == 200 and scenes.NAMES[0] not in seen.text
    assert "Our objections" in (await supplier.get("/supplier/objections")).text
    page = await supplier.submit_and_follow(
        await supplier.get(f"{objection}/complain"), f"{objection}/complain", text="没有回应", wish="请处理"
    )
    complaint = await _newest(house)
    supervisor = await _as(app, house, scene.supervisor)
    assert "Complaints to decide" in (await supervisor.get("/desk/supervision")).text
    page = await supervisor.submit_and_follow(
        await supervisor.get(f"{complaint}/suspend"), f"{complaint}/suspend", days="10", reason="影响结果"
    )
    assert "The process rests" in page.text
    page = await supervisor.submit_and_follow(page, f"{complaint}/lift")
    page = await supervisor.submit_and_follow(
        page, f"{complaint}/decide", answer="投诉成立", is_upheld="yes", remedy="retender"
    )
    assert "The process ends and is run again" in page.text
    assert scenes.NAMES[0] in (await stranger.get(complaint)).text
    log = await supervisor.get(f"/desk/supervision/tenders/{scene.tender.id}/accesses")
    assert log.status == 200


async def test_desks_are_closed_to_strangers_and_outsiders(app: Starlette, house: House) -> None:
    it, award_id = await scenes.awarded(house)
    tender_id = it.scene.tender.id
    stranger, outsider = await _as(app, house, None), await _as(app, house, it.scene.outsider[1])
    for path, status in (
        (f"/desk/buying/tenders/{tender_id}/award", 403),
        (f"/desk/buying/lots/{it.lot_id}/award", 403),
        (f"/desk/buying/lots/{it.lot_id}/end", 403),
        (f"/desk/buying/awards/{award_id}/correction", 403),
        (f"/desk/buying/awards/{award_id}/not-signed", 403),
        ("/desk/supervision", 403),
        (f"/desk/supervision/tenders/{tender_id}/accesses", 403),
    ):
        assert (await stranger.get(path)).status == 303, path
        assert (await outsider.get(path)).status == status, path
    log = await (await _as(app, house, it.scene.supervisor)).get("/desk/supervision")
    assert log.status == 200


async def test_a_wrong_award_is_corrected_by_two_officers(app: Starlette, house: House) -> None:
    it, award_id = await scenes.awarded(house)
    officer, colleague = await _as(app, house, it.scene.officer), await _as(app, house, it.scene.colleague)
    path = f"/desk/buying/awards/{award_id}/correction"
    page = await officer.submit_and_follow(
        await officer.get(path), path, reason="价格分算错", successor_id=str(it.ranked[1])
    )
    assert "Waits for another officer" in page.text
    desk = await colleague.get(f"/desk/buying/tenders/{it.scene.tender.id}/award")
    decide = next(link for link in desk.links if "/corrections/" in link)
    page = await colleague.submit_and_follow(
        await colleague.get(decide), decide, is_approved="yes", reason="复核属实"
    )
    results = await (await _as(app, house, None)).get(f"/buying/tenders/{it.scene.tender.id}/results")
    assert "Approved by a second person" in results.text and "Earlier awards" in results.text


async def _newest(house: House) -> str:
    async with house.database.reading() as session:
        found = await session.scalar(
            select(Objection.id).order_by(Objection.raised_at.desc(), Objection.id.desc())
        )
    return f"/buying/objections/{found}"
