"""Browsers and programs: listed and ended by their owner, shown once, and shut out when their day is over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity import sessions, tokens, viewers
from marketplace.identity.drafts import TokenDraft
from marketplace.identity.errors import TokenMayNotManageAccount, TooManyTokens
from marketplace.identity.models import ApiToken, SignedInSession
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.input import read
from tests.identity import scene

PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"


def a_token(**facts: Any) -> TokenDraft:
    return read(TokenDraft, {"name": "日历同步", "scopes": ["read"], "days": 30, **facts})


async def opened(house: House, viewer: Viewer, agent: str = PHONE_BROWSER) -> sessions.OpenedSession:
    async with house.database.unit_of_work() as session:
        return await sessions.open_for(session, viewer.signed_in(), agent)


async def by_cookie(house: House, token: str) -> Viewer:
    async with house.database.reading() as session:
        return await viewers.from_session(session, token)


async def created(house: House, viewer: Viewer, **facts: Any) -> tokens.NewToken:
    async with house.database.unit_of_work() as session:
        return await tokens.create(session, viewer, a_token(**facts))


async def by_token(house: House, token: str) -> Viewer:
    async with house.database.reading() as session:
        return await viewers.from_api_token(session, token)


async def test_a_session_brings_its_owner_back_until_it_is_signed_out(house: House) -> None:
    viewer = await scene.person(house)
    session_token = (await opened(house, viewer)).token
    back = await by_cookie(house, session_token)
    assert back.person_id == viewer.person_id
    async with house.database.unit_of_work() as session:
        await sessions.sign_out(session, back)
    assert (await by_cookie(house, session_token)).is_stranger


async def test_a_session_ends_by_itself_after_thirty_days(house: House, clock: FixedClock) -> None:
    session_token = (await opened(house, await scene.person(house))).token
    clock.advance(timedelta(days=30))
    assert (await by_cookie(house, session_token)).is_stranger


async def test_only_a_digest_of_a_session_or_token_is_kept(house: House) -> None:
    viewer = await scene.person(house)
    secrets = [(await opened(house, viewer)).token, (await created(house, viewer)).token]
    async with house.database.reading() as session:
        stored = [
            *(await session.scalars(select(SignedInSession.token_digest))),
            *(await session.scalars(select(ApiToken.token_digest))),
        ]
    for secret in secrets:
        assert not any(secret.encode() in digest for digest in stored)


async def test_sessions_are_listed_with_what_they_are_recognised_by(house: House) -> None:
    viewer = await scene.person(house)
    await opened(house, viewer)
    async with house.database.reading() as session:
        assert [row.device for row in await sessions.live(session, viewer)] == ["Chrome, Android"]


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("", "?"),
        ("curl/8", "?"),
        ("x" * 10_000, "?"),
        ("Mozilla/5.0 (iPhone) MicroMessenger/8", "WeChat, iPhone"),
    ],
)
def test_devices_are_named_coarsely(agent: str, device: str) -> None:
    assert sessions.device_of(agent) == device


async def test_one_browser_is_signed_out_from_another(house: House) -> None:
    viewer = await scene.person(house)
    lost, kept = await opened(house, viewer), await opened(house, viewer)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await sessions.revoke(session, viewer, lost.session_id)
    assert (await by_cookie(house, lost.token)).is_stranger
    assert not (await by_cookie(house, kept.token)).is_stranger


async def test_signing_out_everywhere_ends_every_session_of_that_person_alone(house: House) -> None:
    viewer, other = await scene.person(house), await scene.person(house)
    mine, theirs = [await opened(house, viewer), await opened(house, viewer)], await opened(house, other)
    async with house.database.unit_of_work() as session:
        await sessions.sign_out_everywhere(session, viewer)
    assert all([(await by_cookie(house, one.token)).is_stranger for one in mine])
    assert not (await by_cookie(house, theirs.token)).is_stranger


async def test_long_ended_sessions_are_forgotten(house: House, clock: FixedClock) -> None:
    viewer = await scene.person(house)
    await opened(house, viewer)
    clock.advance(timedelta(days=61))
    async with house.database.unit_of_work() as session:
        await sessions.forget_old(session)
        assert list(await session.scalars(select(SignedInSession.id))) == []


async def test_a_token_acts_within_its_scopes_until_its_day(house: House, clock: FixedClock) -> None:
    viewer = await scene.person(house)
    new = await created(house, viewer, scopes=["read", "write"])
    acting = await by_token(house, new.token)
    assert acting.person_id == viewer.person_id and acting.scopes == frozenset({"read", "write"})
    clock.advance(timedelta(days=30))
    assert (await by_token(house, new.token)).is_stranger


async def test_the_use_of_a_token_is_noted_now_and_then(house: House, clock: FixedClock) -> None:
    viewer = await scene.person(house)
    new = await created(house, viewer)
    assert (await by_token(house, new.token)).token_id == new.token_id
    async with house.database.unit_of_work() as session:
        await viewers.mark_used(session, new.token_id)
        (row,) = await tokens.live(session, viewer)
        assert row.last_used_at == clock.now()
    assert (await by_token(house, new.token)).token_id is None
    clock.advance(timedelta(minutes=11))
    assert (await by_token(house, new.token)).token_id == new.token_id


async def test_a_revoked_token_is_a_stranger(house: House) -> None:
    viewer = await scene.person(house)
    new = await created(house, viewer)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await tokens.revoke(session, viewer, new.token_id)
    assert (await by_token(house, new.token)).is_stranger
    async with house.database.reading() as session:
        assert await tokens.live(session, viewer) == []


async def test_a_person_has_at_most_twenty_live_tokens(house: House) -> None:
    viewer = await scene.person(house)
    for number in range(tokens.MOST_LIVE):
        await created(house, viewer, name=f"程序{number}")
    with pytest.raises(TooManyTokens):
        await created(house, viewer)


async def test_a_program_manages_the_account_only_with_that_scope(house: House) -> None:
    viewer = await scene.person(house)
    writing = await by_token(house, (await created(house, viewer, scopes=["read", "write"])).token)
    managing = await by_token(house, (await created(house, viewer, scopes=["account"])).token)
    with pytest.raises(TokenMayNotManageAccount):
        await created(house, writing)
    assert (await created(house, managing)).token


async def test_every_door_is_shut_to_strangers_and_to_other_people(house: House) -> None:
    owner, other = await scene.person(house), await scene.person(house)
    browser, program = await opened(house, owner), await created(house, owner)
    for viewer, refusal in ((STRANGER, SignInNeeded), (other, NotFound)):
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await sessions.revoke(session, viewer, browser.session_id)
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await tokens.revoke(session, viewer, program.token_id)
    with pytest.raises(SignInNeeded):
        async with house.database.unit_of_work() as session:
            await sessions.sign_out_everywhere(session, STRANGER)
    async with house.database.reading() as session:
        with pytest.raises(SignInNeeded):
            await sessions.live(session, STRANGER)
        with pytest.raises(SignInNeeded):
            await tokens.live(session, STRANGER)
    assert not (await by_cookie(house, browser.token)).is_stranger
    assert not (await by_token(house, program.token)).is_stranger


@pytest.mark.parametrize("token", ["", "wushe_", "x" * 100_000, "\0", "🙂"])
async def test_odd_tokens_are_strangers(house: House, token: str) -> None:
    assert (await by_token(house, token)).is_stranger
    assert (await by_cookie(house, token)).is_stranger


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": "read"}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"days": "soon"}, "days"),
    ],
)
def test_a_wrong_token_names_the_field(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        a_token(**facts)
    assert caught.value.problems[0].field == field
