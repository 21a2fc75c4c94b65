"""Rating tickets over GraphQL, by the named operations: one's own, with a code, with help, and what is refused."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.ratings import codes, periods
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from tests import builders, city
from tests.delivery.ratings import scene
from tests.graph import client
from tests.graph.client import api_token, graph_client, operation

ask_as = partial(client.ask_as, "ratings")


def said(**facts: Any) -> dict[str, Any]:
    return {"overall": 4, "idempotencyKey": new_id().hex, **facts}


def code_of(house: House, ticket_id: UUID) -> str:
    return codes.grouped(codes.code_of(house.vault, ticket_id))


async def test_who_received_a_service_finds_the_ticket_rates_and_reads_it_again(house: House) -> None:
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in())
    await scene.issue(house, delivery_id)
    (ticket,) = (await ask_as(house, grandma, "my_rating_tickets", waiting=True))["nodes"]
    assert (ticket["state"], ticket["lastDay"], ticket["rating"]) == ("VALID", "2026-12-22", None)
    assert (ticket["provider"], ticket["title"]) == ("暖阳助老服务社", "上门助浴")
    given = said(ticketId=ticket["id"], handling=None, respect=5, shouldContinue=True, text="很细心")
    rated = await ask_as(house, grandma, "rate_service", input=given)
    assert rated["appearsOn"] == "2026-12-01"
    assert (await ask_as(house, grandma, "rate_service", input=given)) == rated
    assert (await ask_as(house, grandma, "my_rating_tickets", waiting=True))["nodes"] == []
    again = await ask_as(house, grandma, "rating_ticket", id=ticket["id"])
    assert again["state"] == "USED" and again["rating"]["text"] == "很细心"
    points = [again["rating"][name] for name in ("content", "quality", "timeliness", "respect", "handling")]
    assert points == [4, 4, 4, 5, None] and again["rating"]["appearedAt"] is None


async def test_somebody_elses_ticket_is_not_there(house: House) -> None:
    grandma, outsider = await scene.resident(house), await scene.resident(house, "路人")
    under = await scene.supplied(house)
    ticket = (await scene.issue(house, await scene.done(house, under, grandma.signed_in())))[0]
    ticket_id = global_id("RatingTicket", ticket.id)
    for viewer in (outsider, under.manager, under.officer):
        assert await ask_as(house, viewer, "rating_ticket", id=ticket_id) is None
        assert (await ask_as(house, viewer, "my_rating_tickets"))["nodes"] == []
        assert (await ask_as(house, viewer, "rate_service", input=said(ticketId=ticket_id)))[
            "code"
        ] == "not_found"
    assert await ask_as(house, None, "my_rating_tickets") == "sign_in_needed"
    stranger = await ask_as(house, None, "rate_service", input=said(ticketId=ticket_id))
    assert stranger["code"] == "sign_in_needed"
    assert await scene.all_ratings(house) == []


async def test_a_code_needs_no_account_and_is_good_once(house: House) -> None:
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    code = code_of(house, ticket.id).lower()
    rated = await ask_as(house, None, "rate_by_code", input=said(code=code))
    assert rated["appearsOn"] == "2026-12-01"
    again = await ask_as(house, None, "rate_by_code", input=said(code=code, overall=1))
    assert again["code"] == "ticket_is_used" and again["message"]
    assert [row.sixtieths for row in await scene.all_ratings(house)] == [240]


async def test_a_helper_enters_a_rating_with_the_code(house: House) -> None:
    helper = await scene.worker(house)
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    given = said(code=code_of(house, ticket.id), assistedHow="PHONE")
    assert (await ask_as(house, None, "rate_by_code", input=given))["code"] == "sign_in_needed"
    assert "ratingId" in await ask_as(house, helper, "rate_by_code", input=given)
    assert (await scene.all_ratings(house))[0].assisted_by == helper.person_id


@pytest.mark.parametrize(
    ("facts", "code", "field"),
    [
        ({"code": "0000-0000-0000"}, "ticket_is_unknown", None),
        ({"code": "x" * 50_000}, "ticket_is_unknown", None),
        ({"code": ""}, "ticket_is_unknown", None),
        ({"overall": 6}, "input_is_invalid", "overall"),
        ({"quality": 0}, "input_is_invalid", "quality"),
        ({"text": "字" * 1001}, "input_is_invalid", "text"),
        ({"shouldContinue": None, "overall": None}, "rating_is_empty", None),
        ({"deliveryId": "nonsense"}, "not_found", None),
        ({"idempotencyKey": ""}, "input_is_invalid", "idempotencyKey"),
    ],
)
async def test_what_is_wrong_is_told_and_uses_nothing_up(
    house: House, facts: dict[str, Any], code: str, field: str | None
) -> None:
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    refused = await ask_as(
        house, None, "rate_by_code", input=said(**{"code": code_of(house, ticket.id), **facts})
    )
    assert refused["code"] == code and refused["message"]
    assert [fault["field"] for fault in refused.get("fields", [])] == ([field] if field else [])
    assert (await scene.tickets_of(house, ticket.delivery_id))[0].used_at is None


async def test_a_code_of_another_delivery_is_told_so(house: House) -> None:
    under = await scene.supplied(house)
    first, second = await scene.done(house, under, None), await scene.done(house, under, None)
    ticket = (await scene.issue(house, first))[0]
    meant = said(code=code_of(house, ticket.id), deliveryId=global_id("Delivery", second))
    refused = await ask_as(house, None, "rate_by_code", input=meant)
    assert refused["code"] == "ticket_is_of_another_delivery"


async def test_wrong_codes_stay_counted_although_they_are_refused(house: House) -> None:
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    for _ in range(20):
        refused = await ask_as(house, None, "rate_by_code", input=said(code="0000-0000-0000"))
        assert refused["code"] == "ticket_is_unknown"
    refused = await ask_as(house, None, "rate_by_code", input=said(code=code_of(house, ticket.id)))
    assert (refused["code"], bool(refused["article"])) == ("ticket_tries_are_used_up", True)


async def test_codes_are_for_the_communitys_workers(house: House) -> None:
    helper, under = await scene.worker(house), await scene.supplied(house)
    elsewhere = await scene.worker(house, city.TIANPING_COMMUNITY)
    delivery_id = await scene.done(house, under, None)
    ticket = (await scene.issue(house, delivery_id))[0]
    asked = {"deliveryId": global_id("Delivery", delivery_id)}
    assert [one["code"] for one in await ask_as(house, helper, "rating_codes", **asked)] == [
        code_of(house, ticket.id)
    ]
    for viewer, refusal in (
        (None, "sign_in_needed"),
        (elsewhere, "not_found"),
        (under.manager, "not_permitted"),
        (under.officer, "not_permitted"),
    ):
        assert await ask_as(house, viewer, "rating_codes", **asked) == refusal


async def test_everybody_reads_the_rules_of_the_running_period(house: House) -> None:
    assert await ask_as(house, None, "rating_period") is None
    async with house.database.unit_of_work() as session:
        await periods.current(session)
    period = await ask_as(house, None, "rating_period")
    assert (period["startsOn"], period["endsOn"], period["closedAt"]) == ("2026-11-01", "2026-11-30", None)
    assert '"valid_days":30' in period["rules"]


async def test_rules_of_ratings_do_not_change_while_a_period_is_open(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await periods.current(session)
        administrator = await builders.viewer(session, role=Role.ADMINISTRATOR)
        token = await api_token(session, administrator.signed_in(), "read", "write")
    change = {
        "code": "rating.reply",
        "value": '{"reply_within_days": 5, "update_within_days": 9}',
        "article": "本平台规则",
        "source": "own",
        "reason": "试点",
    }
    async with graph_client(house, token=token) as client:
        refused = (await client.data(operation("catalogue/change_rule"), input=change))["changeRule"]
        told = await client.data("{ rules { code frozenUntil } }")
    assert (refused["code"], bool(refused["article"])) == ("rules_are_frozen", True)
    frozen = {one["code"]: one["frozenUntil"] for one in told["rules"]}
    assert frozen["rating.reply"] is not None and frozen["signal.wishes"] is None
