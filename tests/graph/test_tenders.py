"""Tenders over GraphQL, by the named operations: written, mended, published, asked about, amended, followed; closed doors."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from marketplace.bootstrap import House
from marketplace.graph import tender_commands
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.procurement.records import content_hash
from tests import buying, city
from tests.graph.client import api_token, graph_client, operation
from tests.procurement.tenders import scene


async def ask_as(house: House, viewer: Viewer | None, name: str, **variables: Any) -> Any:
    """The first field of the answer to a named operation of tenders."""
    token = None
    if viewer is not None:
        async with house.database.unit_of_work() as session:
            token = await api_token(session, viewer.signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.ask(operation(f"tenders/{name}"), **variables)
    if answer.get("errors"):
        return answer["errors"][0]["extensions"]["code"]
    (found,) = answer["data"].values()
    return found


@pytest.fixture(autouse=True)
def _key_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tender_commands, "must_be_ready", scene.ready)


def _file(clock: FixedClock, **changes: Any) -> dict[str, Any]:
    steps = [{"points": points, "description": f"满足第{points}档的要求"} for points in (100, 50, 0)]
    defaults: dict[str, Any] = {
        "title": "社区助浴服务", "problem": "洗浴困难", "users": "高龄老人", "peopleServed": 320, "description": "上门助浴", "standards": "持证上岗",
        "acceptance": "听取意见", "category": "elderly_care", "areaCode": city.JIANGSU_ROAD,
        "lots": [{
            "number": 1, "title": "助浴", "areaCode": city.JIANGSU_ROAD, "ceiling": "20万", "startsOn": "2027-02-01", "endsOn": "2027-12-31",
            "items": [{"description": "助浴", "quantity": 3000, "unit": "人次"}],
        }],
        "conditions": [{"key": "registered", "kind": "REGISTERED", "text": "依法登记", "proof": "证书"}],
        "criteria": [
            {"key": "price", "kind": "PRICE", "name": "价格", "weight": 20},
            {"key": "plan", "kind": "QUALITY", "name": "服务方案", "weight": 80, "scale": steps},
        ],
        "milestones": [{"title": "完成", "deliverable": "全部服务", "dueOn": "2027-12-31", "share": 100}],
        "enquiriesEndAt": (clock.now() + timedelta(days=12)).isoformat(),
        "submissionsEndAt": (clock.now() + timedelta(days=30)).isoformat(),
        "officialNoticeUrl": "https://www.zfcg.sh.gov.cn/1",
    }  # fmt: skip
    return {**defaults, **changes}


async def test_from_the_draft_to_an_amended_file_with_a_hash_that_anybody_checks(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        buyer_id = global_id("Buyer", await buying.buyer(session))
        organisation_id, manager = await buying.supplier(session, "暖阳社")
    start = {"buyerId": buyer_id, "procedure": "OPEN_TENDER", "title": "助浴", "idempotencyKey": str(uuid4())}
    draft = (await ask_as(house, officer, "start_tender", input=start))["draft"]
    again = (await ask_as(house, officer, "start_tender", input=start))["draft"]
    assert again["tender"]["id"] == draft["tender"]["id"] and draft["draftVersion"] == 1
    tender_id = draft["tender"]["id"]
    early = (clock.now() + timedelta(days=5)).isoformat()
    unlawful = {"tenderId": tender_id, "draftVersion": 1, "file": _file(clock, submissionsEndAt=early)}
    saved = (await ask_as(house, officer, "save_tender", input=unlawful))["draft"]
    finding = next(one for one in saved["findings"] if one["code"] == "lint_deadline_early")
    assert finding["canBeMended"] and finding["severity"] == "REFUSE" and finding["article"]
    assert (await ask_as(house, officer, "save_tender", input=unlawful))["code"] == "changed_meanwhile"
    refused = await ask_as(house, officer, "publish_tender", tenderId=tender_id)
    assert refused["code"] == "file_is_unlawful" and "第三十五条" in refused["article"]
    assert "submissionsEndAt" in {one["field"] for one in refused["fields"]}
    mend = {
        "tenderId": tender_id,
        "draftVersion": 2,
        "code": "lint_deadline_early",
        "field": "submissions_end_at",
    }
    mended = (await ask_as(house, officer, "mend_tender", input=mend))["draft"]
    assert "lint_deadline_early" not in {one["code"] for one in mended["findings"]}
    lawful = {"tenderId": tender_id, "draftVersion": 3, "file": _file(clock)}
    assert not [
        one for one in (await ask_as(house, officer, "save_tender", input=lawful))["draft"]["findings"] if one["severity"] == "REFUSE"
    ]  # fmt: skip
    published = (await ask_as(house, officer, "publish_tender", tenderId=tender_id))["tender"]
    assert (published["stage"], published["status"], published["version"]) == ("ENQUIRY", "ACTIVE", 1)
    assert published["ceiling"] == {"amount": "200000.00", "currency": "CNY"}
    listed = await ask_as(house, None, "tenders", filters={"stages": ["ENQUIRY"], "areaCode": city.CHANGNING})
    assert [one["reference"] for one in listed["nodes"]] == ["CN-2026-0001"]
    follow = {"tenderId": tender_id, "organisationId": global_id("Organisation", organisation_id)}
    followed = (await ask_as(house, manager, "follow_tender", input=follow))["tender"]
    assert followed["followedBy"] == [follow["organisationId"]]
    question = {**follow, "text": "可以分时段吗？", "idempotencyKey": "one"}
    asked = (await ask_as(house, manager, "ask_question", input=question))["question"]
    assert (asked["asker"], asked["isMine"], asked["answer"]) == (1, True, None)
    changed = _file(clock, problem="洗浴困难，家属白天上班")
    await ask_as(
        house, officer, "save_tender", input={"tenderId": tender_id, "draftVersion": 4, "file": changed}
    )
    amend = {"tenderId": tender_id, "reason": "补充说明", "affectsBids": False}
    assert (await ask_as(house, officer, "amend_tender", input=amend))["tender"]["version"] == 2
    answer = {"questionId": asked["id"], "answer": "可以", "version": 2}
    assert (await ask_as(house, officer, "answer_question", input=answer))["question"]["version"] == 2
    public = await ask_as(house, None, "tender", id=tender_id)
    assert content_hash(json.loads(public["inForce"]["json"])) == public["versions"][-1]["contentHash"]
    assert [one["voidsBids"] for one in public["versions"]] == [False, False]
    assert [(one["asker"], one["answer"], one["isMine"]) for one in public["questions"]] == [
        (1, "可以", False)
    ]
    assert "暖阳社" not in json.dumps(public, ensure_ascii=False) and public["followedBy"] == []
    stopped = (await ask_as(house, manager, "unfollow_tender", input=follow))["tender"]
    assert stopped["followedBy"] == []
    desk = await ask_as(house, officer, "tenders_on_desk")
    assert [one["questionsWaiting"] for one in desk["nodes"]] == [0]
    off = {"tenderId": tender_id, "reason": "预算取消"}
    assert (await ask_as(house, officer, "cancel_tender", input=off))["tender"]["status"] == "CANCELLED"


async def test_a_change_in_preparation_is_thrown_away_and_a_paper_taken_out(
    house: House, clock: FixedClock
) -> None:
    from marketplace.procurement.tenders import documents
    from marketplace.procurement.tenders.drafts import DocumentDraft

    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        published = await scene.published(session, officer)
        document_id = await documents.add(
            session, officer, house.files, published, DocumentDraft(title="图", file_name="图.pdf"), b"%PDF-1"
        )
    removed = await ask_as(
        house, officer, "remove_tender_document", documentId=global_id("TenderDocument", document_id)
    )
    assert removed["draft"]["file"]["documents"] == []
    tender_id = global_id("Tender", published)
    reset = await ask_as(house, officer, "reset_tender_draft", tenderId=tender_id)
    assert reset["draft"]["file"]["title"] == "社区助浴服务"
    assert (await ask_as(house, officer, "tender_draft", tenderId=tender_id))["draftVersion"] == 5


async def test_closed_doors(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        outsider = await buying.officer(session, "徐汇采购员", city.XUHUI)
        _, manager = await buying.supplier(session)
        draft_id = global_id("Tender", await scene.drafted(session, officer))
        buyer_id = global_id("Buyer", await buying.buyer(session, "另一街道"))
    writes = (
        ("publish_tender", {"tenderId": draft_id}),
        ("reset_tender_draft", {"tenderId": draft_id}),
        ("cancel_tender", {"input": {"tenderId": draft_id, "reason": "x"}}),
        ("amend_tender", {"input": {"tenderId": draft_id, "reason": "x"}}),
        ("save_tender", {"input": {"tenderId": draft_id, "draftVersion": 2, "file": _file(clock)}}),
    )
    for name, variables in writes:
        for viewer, code in ((None, "sign_in_needed"), (outsider, "not_found"), (manager, "not_found")):
            answer = await ask_as(house, viewer, name, **variables)
            assert (answer if isinstance(answer, str) else answer["code"]) == code, (name, code)
    assert (await ask_as(house, None, "tender", id=draft_id)) is None
    assert await ask_as(house, outsider, "tender_draft", tenderId=draft_id) == "not_found"
    start = {"buyerId": buyer_id, "procedure": "FRAMEWORK"}
    assert (await ask_as(house, outsider, "start_tender", input=start))["code"] == "not_permitted"


async def test_bad_input_is_named_by_its_field(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = global_id("Tender", await scene.drafted(session, officer))
    file = _file(clock)
    file["lots"][0]["ceiling"] = "1,00"
    wrong = {"tenderId": tender_id, "draftVersion": 2, "file": file}
    answer = await ask_as(house, officer, "save_tender", input=wrong)
    assert [(one["field"], one["code"]) for one in answer["fields"]] == [("lots.0.ceilingFen", "amount")]
