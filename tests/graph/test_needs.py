"""Needs and shifts through the graph: published, planned, changed and read in few statements."""

from typing import Any

import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from tests import builders, city
from tests.graph.client import GraphClient, api_token, graph_client, operation
from tests.statements import counting


def a_need(**facts: Any) -> dict[str, Any]:
    defaults = {
        "title": "周六陪老人做眼科检查",
        "description": "陪两位老人去区中心医院做眼科检查。",
        "category": "陪诊",
        "areaCode": city.JIANGSU_COMMUNITY,
        "place": "区中心医院门诊大厅",
        "risks": "上下车时注意搀扶。",
        "tags": ["older_people"],
    }
    return {**defaults, **facts}


async def worker_token(house: House) -> str:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, "周社工", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        return await api_token(session, viewer.signed_in(), "read", "write")


async def publish(client: GraphClient, **facts: Any) -> dict[str, Any]:
    """What publishing answers."""
    answer = await client.data(operation("needs/publish_need"), input={"need": a_need(**facts)})
    result: dict[str, Any] = answer["publishNeed"]
    return result


async def test_a_need_goes_from_published_to_cancelled(house: House) -> None:
    async with graph_client(house, token=await worker_token(house)) as client:
        need = (await publish(client))["need"]
        assert (need["state"], need["category"]["code"], need["organisation"]) == (
            "OPEN",
            "medical_company",
            None,
        )
        added = await client.data(
            operation("shifts/add_shift"),
            input={
                "needId": need["id"],
                "startsAt": "2026-11-28T09:00:00+08:00",
                "endsAt": "2026-11-28T11:30:00+08:00",
                "capacity": 3,
            },
        )
        shift = added["addShift"]["shift"]
        assert (shift["minutes"], shift["placesLeft"], shift["state"]) == (150, 3, "COMING")
        moved = await client.data(
            operation("shifts/move_shift"),
            input={
                "shiftId": shift["id"],
                "startsAt": "2026-11-28T10:00:00+08:00",
                "endsAt": "2026-11-28T12:00:00+08:00",
            },
        )
        assert moved["moveShift"]["shift"]["startsAt"] == "2026-11-28T10:00:00+08:00"
        for name, change in (("resize_shift", {"capacity": 5}), ("note_shift", {"note": "带水杯"})):
            await client.data(operation(f"shifts/{name}"), input={"shiftId": shift["id"], **change})
        edited = await client.data(
            operation("needs/edit_need"), input={"needId": need["id"], "need": a_need(minimumAge=18)}
        )
        assert edited["editNeed"]["need"]["minimumAge"] == 18
        async with graph_client(house) as stranger:
            read = (await stranger.data(operation("needs/need"), id=need["id"]))["node"]
            assert [row["note"] for row in read["comingShifts"]] == ["带水杯"]
            assert read["nextShift"]["capacity"] == 5
        cancelled = await client.data(
            operation("needs/cancel_need"), input={"needId": need["id"], "reason": "医院停诊"}
        )
        assert cancelled["cancelNeed"]["need"]["state"] == "CANCELLED"
        left = await client.data(operation("shifts/shifts_of_need"), needId=need["id"])
        assert [row["state"] for row in left["shiftsOfNeed"]["nodes"]] == ["CANCELLED"]
        again = await client.data(operation("needs/close_need"), needId=need["id"])
        assert again["closeNeed"]["code"] == "need_is_over"


async def test_a_series_is_made_and_made_anew(house: House) -> None:
    async with graph_client(house, token=await worker_token(house)) as client:
        need = (await publish(client))["need"]
        plan = {
            "rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=3",
            "firstStartsAt": "2026-11-24T14:00:00+08:00",
            "durationMinutes": 90,
            "capacity": 4,
        }
        made = await client.data(operation("shifts/create_series"), input={"needId": need["id"], **plan})
        series = made["createSeries"]
        assert len(series["added"]) == 3
        plan["rule"] = "FREQ=WEEKLY;BYDAY=TH;COUNT=2"
        changed = await client.data(
            operation("shifts/change_series"), input={"seriesId": series["seriesId"], **plan}
        )
        assert (len(changed["changeSeries"]["added"]), len(changed["changeSeries"]["removed"])) == (2, 3)
        plan["rule"] = "FREQ=SECONDLY"
        wrong = await client.data(
            operation("shifts/change_series"), input={"seriesId": series["seriesId"], **plan}
        )
        assert wrong["changeSeries"]["fields"][0]["code"] == "rule_frequency"


async def test_the_same_key_is_the_same_need(house: House) -> None:
    key = str(new_id())
    async with graph_client(house, token=await worker_token(house)) as client:
        ids = {
            (
                await client.data(
                    operation("needs/publish_need"), input={"need": a_need(), "idempotencyKey": key}
                )
            )["publishNeed"]["need"]["id"]
            for _ in range(2)
        }
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"risks": None}, "risks_are_not_stated"),
        ({"isRisky": True}, "insurance_is_missing"),
        ({"title": "长" * 121}, "input_is_invalid"),
        ({"tags": ["没有这个标签"]}, "input_is_invalid"),
        ({"areaCode": "310105005999"}, "not_permitted"),
        ({"areaCode": city.TIANPING_COMMUNITY}, "not_permitted"),
        ({"organisationId": global_id("Organisation", new_id())}, "not_permitted"),
        ({"organisationId": global_id("Need", new_id())}, "not_found"),
        ({"organisationId": "nonsense"}, "not_found"),
    ],
)
async def test_what_cannot_be_published_says_why_and_changes_nothing(
    house: House, facts: dict[str, Any], code: str
) -> None:
    async with graph_client(house, token=await worker_token(house)) as client:
        assert (await publish(client, **facts))["code"] == code
        listed = await client.data(operation("needs/managed_needs"))
    assert listed["managedNeeds"]["nodes"] == []


async def test_a_resident_raises_a_need_that_a_worker_publishes(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await api_token(session, (await builders.viewer(session)).signed_in(), "read", "write")
    wish = {
        "title": "想学用手机挂号",
        "description": "请人教我们用手机挂号。",
        "category": "digital_help",
        "areaCode": city.JIANGSU_COMMUNITY,
        "place": "小区活动室",
    }
    async with graph_client(house, token=resident) as client:
        first = (await client.data(operation("needs/raise_need"), input=wish))["raiseNeed"]["need"]
        second = (await client.data(operation("needs/raise_need"), input=wish))["raiseNeed"]["need"]
        taken = await client.data(operation("needs/take_back_need"), needId=second["id"])
        assert taken["takeBackNeed"]["need"]["state"] == "CANCELLED"
        states = [
            row["state"]
            for row in (await client.data(operation("needs/my_raised_needs")))["myRaisedNeeds"]["nodes"]
        ]
        assert sorted(states) == ["CANCELLED", "RAISED"]
    async with graph_client(house) as stranger:
        assert await stranger.data(operation("needs/need"), id=first["id"]) == {"node": None}
        answer = await stranger.data(operation("needs/raise_need"), input=wish)
        assert answer["raiseNeed"]["code"] == "sign_in_needed"
    async with graph_client(house, token=await worker_token(house)) as worker:
        waiting = await worker.data(operation("needs/managed_needs"), states=["RAISED"])
        assert [row["id"] for row in waiting["managedNeeds"]["nodes"]] == [first["id"]]
        published = await worker.data(
            operation("needs/publish_raised_need"), input={"needId": first["id"], "need": a_need()}
        )
        assert published["publishRaisedNeed"]["need"]["state"] == "OPEN"
        declined = await worker.data(
            operation("needs/decline_need"), input={"needId": first["id"], "reason": "晚了"}
        )
        assert declined["declineNeed"]["code"] == "need_is_published_already"


async def test_a_page_of_fifty_needs_with_everything_around_them_is_read_in_batches(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(50):
            organisation_id = await builders.organisation(session, f"服务社{number}")
            need_id = await builders.need(session, organisation_id=organisation_id)
            await builders.shift(session, need_id)
    query = """{ needs(first: 50) { nodes { title nextShift { placesLeft } organisation { name } } } }"""
    async with graph_client(house) as client:
        with counting(house) as sent:
            data = await client.data(query)
    assert {node["organisation"]["name"] for node in data["needs"]["nodes"]} == {
        f"服务社{number}" for number in range(50)
    }
    assert len(sent) <= 4


async def test_a_filter_finds_needs_by_organisation_and_time(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        need_id = await builders.need(session, organisation_id=organisation_id)
        await builders.shift(session, need_id)
        await builders.need(session)
    fits = {
        "organisationId": global_id("Organisation", organisation_id),
        "startsFrom": "2026-11-24T00:00:00+08:00",
        "startsBefore": "2026-11-25T00:00:00+08:00",
        "hasPlaces": True,
        "areaCode": city.CHANGNING,
    }
    async with graph_client(house) as client:
        found = await client.data(operation("needs/needs"), filter=fits)
        assert [row["id"] for row in found["needs"]["nodes"]] == [global_id("Need", need_id)]
        found = await client.data(
            operation("needs/needs"), filter={**fits, "startsBefore": fits["startsFrom"]}
        )
        assert found["needs"]["nodes"] == []
        answer = await client.ask(operation("needs/needs"), filter={"organisationId": "nonsense"})
        assert answer["errors"][0]["extensions"]["code"] == "not_found"


@pytest.mark.parametrize("text", ["%", "_", "\\\\", "长长长", "\\u202e"])
async def test_any_search_text_is_answered(house: House, text: str) -> None:
    async with house.database.unit_of_work() as session:
        await builders.need(session)
    query = (
        f'{{ needs(filter: {{text: "{text}", category: "{text}", areaCode: "{text}"}}) {{ nodes {{ id }} }} '
        f'organisations(filter: {{text: "{text}", field: "{text}", areaCode: "{text}"}}) {{ nodes {{ id }} }} }}'
    )
    async with graph_client(house) as client:
        data = await client.data(query)
    assert data == {"needs": {"nodes": []}, "organisations": {"nodes": []}}
