"""Recommendations through the graph, by the named operations: the same numbers as on the page, in the reader's language."""

from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Role, Viewer
from marketplace.recommendations import lists
from tests import builders, city
from tests.graph.client import GraphClient, api_token, graph_client, operation
from tests.recommendations import scene


async def _token(house: House, viewer: Viewer, *scopes: str) -> str:
    async with house.database.unit_of_work() as session:
        return await api_token(session, viewer.signed_in(), *(scopes or ("read", "write", "account")))


async def _do(client: GraphClient, name: str, **variables: Any) -> Any:
    (answer,) = (await client.data(operation(name), **variables)).values()
    return answer


def _sums(why: dict[str, Any]) -> bool:
    return bool(round(10 * why["score"]) == sum(round(10 * one["points"]) for one in why["factors"]))


async def test_what_is_recommended_says_why(house: House) -> None:
    me = await scene.volunteer(house, skills=("accompanying",))
    place = await scene.need(house, tags=("accompanying",))
    async with graph_client(house, token=await _token(house, me, "read")) as client:
        shown = (await _do(client, "recommendations/my_recommendations"))["recommendations"]
    (item,) = shown["items"]
    assert (shown["isPersonal"], shown["weightsVersion"]) == (True, 1)
    assert shown["madeAt"] == "2026-11-22T10:00:00+08:00"
    assert item["need"]["id"] == global_id("Need", place.need_id)
    assert item["shift"]["placesLeft"] == 2
    assert _sums(item["why"])
    skill = item["why"]["factors"][0]
    assert (skill["label"], skill["points"], skill["most"]) == ("Skills", 25.0, 25.0)
    assert skill["sentence"] == "It asks for what you can do: Accompanying"
    assert await scene.stored(house) == []  # asking writes nothing
    await lists.renew_for_the_present(house.database)
    assert [row.shift_id for row in await scene.stored(house)] == [place.shift_id]


async def test_turned_off_nothing_is_scored_and_the_graph_says_so(house: House) -> None:
    me, place = await scene.volunteer(house), await scene.need(house)
    async with graph_client(house, token=await _token(house, me)) as client:
        await _do(client, "account/withdraw_consent", kind="RANKING")
        shown = (await _do(client, "recommendations/my_recommendations"))["recommendations"]
        why = await _do(client, "recommendations/why_shift", shiftId=global_id("Shift", place.shift_id))
    assert shown == {"isPersonal": False, "weightsVersion": None, "madeAt": None, "items": []}
    assert why["whyThis"] is None and why["whyNotMe"] == []


async def test_why_not_me_names_the_change_that_would_lift_it(house: House) -> None:
    me, place = await scene.volunteer(house, birth_date=None), await scene.need(house)
    async with graph_client(house, token=await _token(house, me)) as client:
        of_shift = await _do(client, "recommendations/why_shift", shiftId=global_id("Shift", place.shift_id))
        of_need = await _do(client, "recommendations/why_need", needId=global_id("Need", place.need_id))
    (found,) = of_shift["whyNotMe"]
    assert (found["code"], found["lift"]) == ("birth_date_is_unknown", "ADD_BIRTH_DATE")
    assert found["liftMessage"] == "Add your birth date to your profile"
    assert found["liftPath"] == "/profile/about" and found["article"]
    assert _sums(of_shift["whyThis"])
    assert of_need == of_shift


async def test_an_organiser_invites_and_the_person_declines(house: House) -> None:
    organiser, me = await scene.organiser(house), await scene.volunteer(house)
    place = await scene.need(house)
    shift, need = global_id("Shift", place.shift_id), global_id("Need", place.need_id)
    await house.volunteers.rebuild()
    async with graph_client(house, token=await _token(house, organiser)) as client:
        found = await _do(client, "recommendations/suggested_volunteers", shiftId=shift)
        (person,) = found["people"]
        given = {"shiftId": shift, "personIds": [person["personId"]]}
        first = await _do(client, "recommendations/invite_volunteers", input=given)
        again = await _do(client, "recommendations/invite_volunteers", input=given)
    assert (person["maskedName"], person["district"]) == ("林＊＊", "Changning District")
    assert _sums(person["why"])
    assert (first, again) == ({"invited": 1}, {"invited": 0})
    async with graph_client(house, token=await _token(house, me)) as client:
        (asked,) = await _do(client, "recommendations/my_invitations")
        answer = await _do(client, "recommendations/decline_invitation", invitationId=asked["id"])
    assert answer["invitation"]["state"] == "DECLINED"
    async with graph_client(house, token=await _token(house, organiser)) as client:
        of_need = await _do(client, "recommendations/invitations_of_need", needId=need)
    assert (of_need["invited"], of_need["accepted"], of_need["declined"]) == (1, 0, 1)


async def test_refusals_come_as_problems(house: House) -> None:
    me, place = await scene.volunteer(house), await scene.need(house)
    given = {
        "shiftId": global_id("Shift", place.shift_id),
        "personIds": [global_id("Person", me.signed_in())],
    }
    async with graph_client(house, token=await _token(house, me)) as client:
        refused = await _do(client, "recommendations/invite_volunteers", input=given)
    assert refused["code"] == "not_permitted"
    async with graph_client(house) as client:
        answer = await client.ask(operation("recommendations/my_invitations"))
    assert answer["errors"][0]["extensions"]["code"] == "sign_in_needed"


async def test_weights_are_previewed_proposed_and_decided_by_another(house: House) -> None:
    async with house.database.unit_of_work() as session:
        one = await builders.viewer(session, "甲", Role.ADMINISTRATOR, city.CITY)
        other = await builders.viewer(session, "乙", Role.DISTRICT_OFFICER, city.CITY)
    await scene.volunteer(house)
    await scene.need(house)
    async with graph_client(house, token=await _token(house, one)) as client:
        shipped = await _do(client, "ranking/ranking_weights")
        now = next(row["points"] for row in shipped if row["kind"] == "VOLUNTEER")
        points = [
            {**row, "points": row["points"] + {"skill": -5, "fairness": 5}.get(row["name"], 0)} for row in now
        ]
        given = {"kind": "VOLUNTEER", "points": points, "reason": "给新人更多机会"}
        preview = await _do(client, "ranking/preview_weights", input=given)
        proposed = (await _do(client, "ranking/propose_weights", input=given))["weights"]
        own = await _do(client, "ranking/approve_weights", weightsId=proposed["id"])
    assert (proposed["state"], proposed["version"]) == ("PROPOSED", 2)
    assert proposed["preview"] == preview
    assert own["code"] == "nobody_decides_own_weights"
    async with graph_client(house, token=await _token(house, other)) as client:
        approved = (await _do(client, "ranking/approve_weights", weightsId=proposed["id"]))["weights"]
        late = await _do(
            client, "ranking/refuse_weights", input={"weightsId": proposed["id"], "reason": "太晚了"}
        )
    assert (approved["state"], approved["decidedBy"]) == ("IN_FORCE", "乙")
    assert late["code"] == "weights_are_decided"


async def test_needs_for_an_organisation_are_for_its_people(house: House) -> None:
    manager, outsider = await scene.manager(house), await scene.volunteer(house)
    place = await scene.need(house)
    of = global_id("Organisation", manager.roles[0].organisation_id or "")
    async with graph_client(house, token=await _token(house, manager)) as client:
        (item,) = await _do(client, "recommendations/needs_for_organisation", organisationId=of)
    assert item["need"]["id"] == global_id("Need", place.need_id) and _sums(item["why"])
    async with graph_client(house, token=await _token(house, outsider)) as client:
        answer = await client.ask(operation("recommendations/needs_for_organisation"), organisationId=of)
    assert answer["errors"][0]["extensions"]["code"] == "not_permitted"
