"""The inbox and its settings through the graph: for oneself only, by token or not at all."""

from typing import Any

import httpx2
import pytest

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.notices import calendars
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from tests.graph.client import GraphClient, api_token, graph_client, operation
from tests.notices import scene


async def token_of(house: House, viewer: Viewer, *scopes: str) -> str:
    async with house.database.unit_of_work() as session:
        return await api_token(session, viewer.signed_in(), *(scopes or ("read", "write", "account")))


async def told(house: House, number: int = 1) -> Viewer:
    reader = await scene.reader(house)
    async with house.database.unit_of_work() as session:
        for each in range(number):
            news = News(Kind.NEED_PUBLISHED, f"test:{each}", {"need": f"需求{each}"}, "/about")
            await tell(session, [reader.signed_in()], news)
    return reader


async def do(client: GraphClient, name: str, **variables: Any) -> dict[str, Any]:
    """The answers of a named operation of ours."""
    return await client.data(operation(f"notices/{name}"), **variables)


async def test_an_inbox_is_read_page_by_page_and_marked_read(house: House) -> None:
    reader = await told(house, 3)
    async with graph_client(house, token=await token_of(house, reader)) as client:
        first = await do(client, "inbox", first=2)
        rest = await do(client, "inbox", first=2, after=first["inbox"]["pageInfo"]["endCursor"])
        shown = first["inbox"]["nodes"] + rest["inbox"]["nodes"]
        one = await do(client, "mark_notice_read", noticeId=shown[0]["id"])
        after_one = (await do(client, "inbox"))["unreadNotices"]
        everything = await do(client, "mark_all_notices_read")
    assert first["unreadNotices"] == 3
    assert sorted(notice["title"] for notice in shown) == [f"Published: 需求{each}" for each in range(3)]
    assert one["markNoticeRead"]["notice"]["readAt"] is not None
    assert (after_one, everything) == (2, {"markAllNoticesRead": {"unreadNotices": 0}})


async def test_the_words_are_those_of_the_request(house: House) -> None:
    reader = await told(house)
    token = await token_of(house, reader)
    async with graph_client(house, token=token, language="zh-CN") as client:
        (notice,) = (await do(client, "inbox"))["inbox"]["nodes"]
    assert notice["title"] == "已发布：需求0"


async def test_nobody_reads_or_marks_anothers_notice(house: House) -> None:
    owner, outsider = await told(house), await told(house)
    async with graph_client(house, token=await token_of(house, owner)) as client:
        (notice,) = (await do(client, "inbox"))["inbox"]["nodes"]
    async with graph_client(house, token=await token_of(house, outsider)) as client:
        assert (await client.data(operation("nodes/node"), id=notice["id"]))["node"] is None
        for given in (notice["id"], global_id("Notice", new_id()), global_id("Need", new_id()), "x"):
            refused = (await do(client, "mark_notice_read", noticeId=given))["markNoticeRead"]
            assert refused["code"] == "not_found"
    async with graph_client(house) as client:
        assert (await client.data("{unreadNotices}")) == {"unreadNotices": 0}
        refused = (await do(client, "mark_notice_read", noticeId=notice["id"]))["markNoticeRead"]
        assert refused["code"] == "sign_in_needed"
        for question in ("{inbox{nodes{id}}}", "{noticeWishes{email}}", "{hasCalendarAddress}"):
            assert (await client.ask(question))["errors"]


async def test_wishes_are_chosen(house: House) -> None:
    reader = await scene.reader(house)
    async with graph_client(house, token=await token_of(house, reader)) as client:
        chosen = await do(client, "choose_notices", input={"email": ["SHIFT_MOVED"]})
        quiet = await do(client, "set_quiet_hours", input={"quietFrom": "22:00", "quietTo": "07:00"})
        now = await do(client, "notice_wishes")
        none = await do(client, "set_quiet_hours", input={})
    wishes = chosen["chooseNotices"]["noticeWishes"]
    assert wishes["email"] == "lin@example.org"
    assert [wish["kind"] for wish in wishes["kinds"] if wish["byEmail"]] == ["SHIFT_MOVED"]
    expected = {"quietFrom": "22:00", "quietTo": "07:00"}
    assert quiet["setQuietHours"]["noticeWishes"]["quietHours"] == expected
    assert now["noticeWishes"]["quietHours"] == expected
    assert none["setQuietHours"]["noticeWishes"]["quietHours"] is None


@pytest.mark.parametrize(
    "given",
    [
        {"quietFrom": "22:00"},
        {"quietFrom": "25:00", "quietTo": "07:00"},
        {"quietFrom": "x" * 5000, "quietTo": "夜里"},
    ],
)
async def test_impossible_hours_are_problems(house: House, given: dict[str, str]) -> None:
    reader = await scene.reader(house)
    async with graph_client(house, token=await token_of(house, reader)) as client:
        refused = (await do(client, "set_quiet_hours", input=given))["setQuietHours"]
    assert refused["code"] == "input_is_invalid"


async def test_a_calendar_address_is_told_once_and_ended(house: House) -> None:
    reader = await scene.reader(house)
    async with graph_client(house, token=await token_of(house, reader)) as client:
        address = (await do(client, "make_calendar_address"))["makeCalendarAddress"]["address"]
        assert (await do(client, "notice_wishes"))["hasCalendarAddress"] is True
        token = httpx2.URL(address).path.removeprefix("/calendar/").removesuffix(".ics")
        async with house.database.reading() as session:
            assert (await calendars.behind(session, token)).entries == []
        ended = (await do(client, "revoke_calendar_address"))["revokeCalendarAddress"]
    assert ended == {"hasCalendarAddress": False}


async def test_a_token_without_the_account_makes_no_lasting_address(house: House) -> None:
    reader = await scene.reader(house)
    async with graph_client(house, token=await token_of(house, reader, "read", "write")) as client:
        refused = (await do(client, "make_calendar_address"))["makeCalendarAddress"]
        assert refused["code"] == "token_may_not_manage_account"
    async with graph_client(house, token=await token_of(house, reader, "read")) as client:
        refused = (await do(client, "mark_all_notices_read"))["markAllNoticesRead"]
        assert refused["code"] == "token_may_not_write"
    async with graph_client(house) as client:
        for name, field in (
            ("make_calendar_address", "makeCalendarAddress"),
            ("revoke_calendar_address", "revokeCalendarAddress"),
            ("mark_all_notices_read", "markAllNoticesRead"),
        ):
            assert (await do(client, name))[field]["code"] == "sign_in_needed"
