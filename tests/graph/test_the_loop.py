"""The whole loop by the named operations, as a program would live it: a need is published, found, taken, served and recorded."""

from datetime import timedelta
from typing import Any

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from tests import builders, city
from tests.deliveries import drain
from tests.graph.client import GraphClient, api_token, graph_client, operation

NEED = {
    "title": "教邻居用手机挂号",
    "description": "一对一教老人用手机预约看病。",
    "category": "digital_help",
    "areaCode": city.JIANGSU_COMMUNITY,
    "place": "江苏路街道社区学校 201",
    "risks": "没有特别的风险。",
}


async def do(client: GraphClient, name: str, **given: Any) -> Any:
    """The only field of what the operation answers."""
    data = await client.data(operation(name), **given)
    (answer,) = data.values()
    assert "code" not in answer, answer
    return answer


async def test_a_program_lives_the_loop_from_need_to_recorded_hours(house: House, clock: FixedClock) -> None:
    async with house.database.unit_of_work() as session:
        worker_id = await builders.person(session, "王秀英")
        await builders.grant(session, worker_id, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD)
        worker_token = await api_token(session, worker_id, "read", "write")
        volunteer_token = await api_token(session, await builders.person(session), "read", "write")
    await rebuild(house.database, house.search)

    async with (
        graph_client(house, token=worker_token) as worker,
        graph_client(house, token=volunteer_token) as volunteer,
    ):
        need = (await do(worker, "needs/publish_need", input={"need": NEED}))["need"]
        starts = clock.now() + timedelta(hours=2)
        times = {"startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=2)).isoformat()}
        planned = await do(worker, "shifts/add_shift", input={"needId": need["id"], "capacity": 1, **times})
        shift_id = planned["shift"]["id"]
        await drain(house)

        found = await do(volunteer, "search/search_needs", wishes={"text": "手机挂号"})
        assert [node["need"]["id"] for node in found["nodes"]] == [need["id"]]
        asked = {"shiftId": shift_id, "idempotencyKey": str(new_id())}
        signed_up = (await do(volunteer, "sign_ups/sign_up", input=asked))["signUp"]
        assert signed_up["state"] == "CONFIRMED"
        assert (await do(volunteer, "sign_ups/sign_up", input=asked))["signUp"]["id"] == signed_up["id"]

        clock.advance(timedelta(hours=2))
        screen = await do(worker, "hours/check_in_screen", shiftId=shift_id)
        await do(volunteer, "hours/check_in", input={"code": screen["token"]})
        clock.advance(timedelta(hours=2))
        screen = await do(worker, "hours/check_in_screen", shiftId=shift_id, direction="OUT")
        await do(volunteer, "hours/check_out", input={"code": screen["shortCode"], "shiftId": shift_id})

        mine = await do(volunteer, "hours/my_hours")
        assert mine["minutes"] == 120
        assert mine["years"] == [{"year": 2026, "minutes": 120}]
