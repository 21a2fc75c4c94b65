"""Evaluation over GraphQL, by the named operations: from the draw to the report, and closed doors for everybody else."""

import json
from typing import Any

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Role, Viewer
from marketplace.procurement import accesses
from marketplace.procurement.evaluation.models import ScoreSheet
from marketplace.procurement.evaluation.report import read_report, verify_panel, verify_ranking
from tests import builders, buying
from tests.graph.client import api_token, graph_client, operation
from tests.procurement.evaluation import scene as scenes
from tests.procurement.evaluation.scene import Scene


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of evaluation, or the code of what refused it."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"evaluation/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found.get("code", found) if isinstance(found, dict) else found


def _sheet(scene: Scene, points: tuple[str, ...]) -> dict[str, Any]:
    scores = [
        {"bidLotId": global_id("BidLot", offer), "criterionKey": key, "points": given, "reason": "方案可核查"}
        for offer, given in zip(scene.offers, points, strict=True)
        for key in ("plan", "team")
    ]
    return {"lotId": global_id("Lot", scene.lot), "scores": scores}


async def test_from_the_draw_to_a_report_that_anybody_redoes(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.opened(session, house, prices=(10_000_000, 9_000_000, 12_500_000, 5_000_000))
    tender_id = global_id("Tender", scene.tender.id)
    drawn = await ask_as(
        house, scene.officer, "draw_panel", input={"tenderId": tender_id, "representatives": scene.phones}
    )
    assert [one["seat"]["seat"] for one in drawn["evaluation"]["members"]] == [1, 2, 3, 4, 5]
    assert await ask_as(house, scene.officer, "draw_panel", input={"tenderId": tender_id}) == "panel_is_drawn"
    recused = await ask_as(
        house, scene.supervisor, "recuse_member",
        input={
            "tenderId": tender_id, "reason": "生病",
            "memberId": drawn["evaluation"]["members"][4]["seat"]["memberId"],
        },
    )  # fmt: skip
    assert recused["evaluation"]["vacantSeats"] == [5]
    async with house.database.unit_of_work() as session:
        phone = scenes.PHONE.format(88)
        await builders.person(session, "接替", phone_fingerprint=house.vault.fingerprint(phone, "phone"))
    named = await ask_as(
        house, scene.officer, "name_representative", input={"tenderId": tender_id, "phone": phone}
    )
    assert named["evaluation"]["vacantSeats"] == []
    async with house.database.reading() as session:
        seated = [viewer for _, viewer in await scenes.members(session, scene)]
    assert (await ask_as(house, scene.officer, "remind_panel", tenderId=tender_id))["evaluation"]
    for viewer in seated:
        before = await ask_as(house, viewer, "panel_desk", tenderId=tender_id)
        assert (len(before["bidders"]), before["lots"]) == (4, [])
        declared = await ask_as(
            house, viewer, "declare_ties", input={"tenderId": tender_id, "confirmed": True}
        )
        assert declared["panels"][0]["seat"]["declaredAt"]
    for bid_id in scene.bids:
        finding = {
            "tenderId": tender_id, "bidId": global_id("Bid", bid_id), "conditionKey": "registered", "isMet": True, "reason": "有效",
        }  # fmt: skip
        assert (await ask_as(house, scene.officer, "record_finding", input=finding))["finding"]["isMet"]
    closed = (await ask_as(house, scene.officer, "close_check", tenderId=tender_id))["evaluation"]
    (low,) = closed["lowPrices"]
    query_id = (
        await ask_as(house, seated[0], "ask_about_price", bidLotId=low["offer"]["bidLotId"])
    )["priceQueryId"]  # fmt: skip
    manager = scene.bidders[3][1]
    assert (await ask_as(house, manager, "price_question", priceQueryId=query_id))["answer"] is None
    answered = await ask_as(
        house, manager, "answer_price_question", input={"priceQueryId": query_id, "text": "场地无偿"}
    )
    assert answered["question"]["answer"] == "场地无偿"
    for viewer in seated[:3]:
        vote = {"tenderId": tender_id, "priceQueryId": query_id, "isAccepted": False, "reason": "不足"}
        voted = await ask_as(house, viewer, "vote_on_price", input=vote)
    assert voted["desk"]["priceQuestions"][0]["isAccepted"] is False
    for viewer in seated:
        sheet = _sheet(scene, ("88", "80", "95", "99"))
        saved = await ask_as(house, viewer, "save_sheet", input={**sheet, "scores": sheet["scores"][:1]})
        assert saved["sheet"]["gaps"] == 7
        assert (await ask_as(house, viewer, "submit_sheet", input=sheet))["sheet"]["submittedAt"]
        assert (await ask_as(house, viewer, "save_sheet", input=sheet)) == "sheet_is_frozen"
    mine = await ask_as(house, seated[0], "my_sheet", lotId=global_id("Lot", scene.lot))
    assert {one["points"] for one in mine["scores"]} == {"88.00", "80.00", "95.00", "99.00"}
    desk = await ask_as(house, scene.officer, "evaluation", tenderId=tender_id)
    assert (desk["sheetsMissing"], desk["reports"]) == (0, [])
    assert "95.00" not in json.dumps(desk)
    done = (await ask_as(house, scene.officer, "finish_evaluation", tenderId=tender_id))["evaluation"]
    report = read_report(json.loads(done["reports"][0]))
    assert [one.total for one in report.ranking] == ["90.40", "88.40", "84.00"]
    assert verify_ranking(report) == verify_panel(report) == ()


async def test_who_is_not_on_the_panel_finds_nothing_and_a_colleague_is_refused_on_record(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        seated = [viewer for _, viewer in await scenes.members(session, scene)]
        administrator = await builders.viewer(session, "管理员", Role.ADMINISTRATOR)
    tender_id, lot_id = global_id("Tender", scene.tender.id), global_id("Lot", scene.lot)
    bid = {"tenderId": tender_id, "bidId": global_id("Bid", scene.bids[0])}
    saved = await ask_as(house, seated[0], "save_sheet", input=_sheet(scene, ("88", "80", "95")))
    sheet_id = saved["sheet"]["id"]
    assert (await ask_as(house, seated[0], "score_sheet", sheetId=sheet_id))["gaps"] == 0
    assert (await ask_as(house, seated[0], "panel_bid", **bid))["bidder"] == "第1服务社"
    assert (await ask_as(house, seated[0], "my_panels"))[0]["tenderId"] == tender_id
    for viewer in (scene.bidders[0][1], administrator, scene.officer):
        assert await ask_as(house, viewer, "my_panels") == []
        assert await ask_as(house, viewer, "panel_desk", tenderId=tender_id) == "not_found"
        assert await ask_as(house, viewer, "panel_bid", **bid) == "not_found"
        assert await ask_as(house, viewer, "my_sheet", lotId=lot_id) == "not_found"
    for viewer in (scene.bidders[0][1], administrator, seated[1]):
        assert await ask_as(house, viewer, "evaluation", tenderId=tender_id) == "not_found"
        assert await ask_as(house, viewer, "finish_evaluation", tenderId=tender_id) == "not_permitted"
    assert await ask_as(house, None, "my_panels") == "sign_in_needed"
    assert await ask_as(house, scene.bidders[0][1], "score_sheet", sheetId=sheet_id) == "not_found"
    for viewer in (seated[1], scene.officer, scene.supervisor):
        assert await ask_as(house, viewer, "score_sheet", sheetId=sheet_id) == "sheet_is_secret"
    async with house.database.reading() as session:
        log = await accesses.of_process(session, scene.tender.id)
        sheets = (await session.scalars(select(ScoreSheet.id))).all()
    in_vain = {one.person_id for one in log if not one.was_allowed}
    assert in_vain == {seated[1].person_id, scene.officer.person_id, scene.supervisor.person_id}
    assert {one.what for one in log if one.was_allowed} == {"bid", "sheet"}
    assert len(sheets) == 1


async def test_supervisors_keep_the_register_and_nobody_else(house: House) -> None:
    async with house.database.unit_of_work() as session:
        supervisor, officer = await buying.supervisor(session), await buying.officer(session)
        phone = scenes.PHONE.format(600)
        await builders.person(session, "孙专家", phone_fingerprint=house.vault.fingerprint(phone, "phone"))
    given = {
        "phone": phone, "areaCode": "310105000000", "fields": ["elderly_care"], "speciality": "社会工作", "employer": "某大学",
    }  # fmt: skip
    assert await ask_as(house, officer, "register_expert", input=given) == "not_permitted"
    assert await ask_as(house, officer, "experts") == "not_permitted"
    expert = (await ask_as(house, supervisor, "register_expert", input=given))["expert"]
    assert (expert["name"], expert["endedAt"]) == ("孙专家", None)
    assert await ask_as(house, supervisor, "register_expert", input=given) == "expert_is_registered"
    assert [one["name"] for one in (await ask_as(house, supervisor, "experts"))["nodes"]] == ["孙专家"]
    assert await ask_as(house, officer, "end_expert", expertId=expert["id"]) == "not_found"
    assert (await ask_as(house, supervisor, "end_expert", expertId=expert["id"]))["expert"]["endedAt"]
