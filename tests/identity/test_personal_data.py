"""One's own data: all of it in the export, none of it after erasure, and consent as a record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity import consents, contacts, profiles, qualifications, sessions, tokens, viewers
from marketplace.identity.consents import ConsentKind
from marketplace.identity.drafts import ErasureDraft, ProfileDraft, QualificationDraft, TokenDraft
from marketplace.identity.errors import (
    ConsentIsRequired,
    ErasureIsNotConfirmed,
    LastAdministratorStays,
    TokenMayNotManageAccount,
)
from marketplace.identity.models import Consent, Person, PersonTag, RoleGrant
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, SignInNeeded
from marketplace.kernel.input import read
from marketplace.outbox.models import OutboxEvent
from tests import city
from tests.identity import scene

CONFIRMED = ErasureDraft(confirmed=True)


async def somebody(house: House) -> Viewer:
    """A person with something in every table of identity."""
    viewer = await scene.join(house)
    async with house.database.unit_of_work() as session:
        await profiles.change(
            session,
            viewer,
            read(
                ProfileDraft,
                {
                    "about": "退休教师",
                    "home_area_code": city.JIANGSU_COMMUNITY,
                    "skills": ["haircut"],
                    "availability": [{"weekday": 0, "from_minute": 540, "to_minute": 720}],
                },
            ),
        )
        await qualifications.state(
            session, viewer, QualificationDraft(qualification_code="nurse", certificate_number="N-1")
        )
        await tokens.create(session, viewer, read(TokenDraft, {"name": "日历同步", "scopes": ["read"]}))
        await sessions.open_for(session, viewer.signed_in(), "Firefox on Linux")
    return viewer


async def export(house: House, viewer: Viewer) -> dict[str, Any]:
    async with house.database.reading() as session:
        return await house.personal_data.export(session, viewer)


async def erase(house: House, viewer: Viewer, draft: ErasureDraft = CONFIRMED) -> None:
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, viewer, draft)


async def test_the_export_holds_everything_in_plain_json(house: House) -> None:
    viewer = await somebody(house)
    exported = orjson.loads(orjson.dumps(await export(house, viewer)))
    own = exported["identity"]
    assert (own["name"], own["phone"], own["about"]) == ("王小明", scene.PHONE, "退休教师")
    assert own["qualifications"][0]["certificate_number"] == "N-1"
    assert {consent["kind"] for consent in own["consents"]} == {"terms", "privacy"}
    assert own["tags"] == [{"tag_code": "haircut"}]
    assert len(own["availability"]) == len(own["tokens"]) == len(own["sessions"]) == 1
    assert "token_digest" not in str(exported)


async def test_after_erasure_nothing_names_the_person(house: House) -> None:
    viewer = await somebody(house)
    await erase(house, viewer)
    async with house.database.reading() as session:
        person = await session.get_one(Person, viewer.signed_in())
        assert (person.name, person.phone_sealed, person.phone_fingerprint) == ("—", None, None)
        assert (person.about, person.email, person.birth_date, person.home_area_code) == (None,) * 4
        assert await session.scalar(select(func.count()).select_from(PersonTag)) == 0
        assert (await viewers.of_person(session, viewer.signed_in())).is_stranger
        names = list(await session.scalars(select(OutboxEvent.name)))
        assert names[-1] == "PersonErased"


async def test_an_erased_number_may_join_anew_as_somebody_else(house: House, clock: FixedClock) -> None:
    viewer = await somebody(house)
    await erase(house, viewer)
    clock.advance(timedelta(hours=2))
    assert (await scene.join(house)).person_id != viewer.person_id


async def test_erasure_ends_roles_sessions_and_tokens(house: House) -> None:
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    async with house.database.unit_of_work() as session:
        opened = await sessions.open_for(session, officer.signed_in(), "")
        token = await tokens.create(session, officer, read(TokenDraft, {"name": "程序", "scopes": ["read"]}))
    await erase(house, officer)
    async with house.database.reading() as session:
        assert (await viewers.from_session(session, opened.token)).is_stranger
        assert (await viewers.from_api_token(session, token.token)).is_stranger
        assert list(await session.scalars(select(RoleGrant.revoked_at.is_(None)))) == [False]


async def test_erasure_is_confirmed_and_happens_once(house: House) -> None:
    viewer = await somebody(house)
    with pytest.raises(ErasureIsNotConfirmed):
        await erase(house, viewer, ErasureDraft())
    assert (await export(house, viewer))["identity"]["name"] == "王小明"
    await erase(house, viewer)
    with pytest.raises(NotFound):
        await erase(house, viewer)


async def test_the_last_administrator_is_not_erased(house: House) -> None:
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    with pytest.raises(LastAdministratorStays):
        await erase(house, administrator)
    assert (await export(house, administrator))["identity"]["roles"]


async def test_every_slice_brings_and_forgets_its_share_the_highest_first(house: House) -> None:
    viewer = await somebody(house)
    done: list[str] = []

    async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
        return {"of": str(person_id)}

    async def forget(session: Session, person_id: UUID) -> None:
        person = await session.get_one(Person, person_id)
        done.append(person.name)

    house.personal_data.add("upstairs", collect, forget)
    assert (await export(house, viewer))["upstairs"] == {"of": str(viewer.person_id)}
    await erase(house, viewer)
    assert done == ["王小明"]
    with pytest.raises(ValueError, match="twice"):
        house.personal_data.add("upstairs", collect, forget)


async def test_a_slice_that_cannot_forget_keeps_the_person(house: House) -> None:
    viewer = await somebody(house)

    async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
        return {}

    async def fail(session: Session, person_id: UUID) -> None:
        raise RuntimeError

    house.personal_data.add("broken", collect, fail)
    with pytest.raises(RuntimeError):
        await erase(house, viewer)
    assert (await export(house, viewer))["identity"]["name"] == "王小明"


async def test_strangers_and_programs_without_the_scope_get_nothing(house: House) -> None:
    viewer = await somebody(house)
    async with house.database.unit_of_work() as session:
        token = await tokens.create(
            session, viewer, read(TokenDraft, {"name": "程序", "scopes": ["read", "write"]})
        )
    async with house.database.reading() as session:
        program = await viewers.from_api_token(session, token.token)
    for asking, refusal in ((STRANGER, SignInNeeded), (program, TokenMayNotManageAccount)):
        with pytest.raises(refusal):
            await export(house, asking)
        with pytest.raises(refusal):
            await erase(house, asking)


async def test_consent_is_given_and_withdrawn_by_new_rows(house: House) -> None:
    viewer = await scene.join(house)
    for given in (True, True, False, False):
        async with house.database.unit_of_work() as session:
            act = consents.give if given else consents.withdraw
            await act(session, viewer, ConsentKind.CONTACT)
        async with house.database.reading() as session:
            assert await consents.holds(session, viewer.signed_in(), ConsentKind.CONTACT) is given
    async with house.database.reading() as session:
        rows = await session.scalars(
            select(Consent.given).where(Consent.kind == "contact").order_by(Consent.id)
        )
        assert list(rows) == [True, False]
        assert len(await consents.history(session, viewer)) == 4


async def test_a_number_is_told_only_of_those_who_agree_now(house: House) -> None:
    viewer, other = await scene.join(house), await scene.person(house, phone=scene.OTHER_PHONE)
    ids = [viewer.signed_in(), other.signed_in()]
    for act, told in ((None, {}), (consents.give, {ids[0]: scene.PHONE}), (consents.withdraw, {})):
        async with house.database.unit_of_work() as session:
            if act is not None:
                await act(session, viewer, ConsentKind.CONTACT)
            assert await contacts.allowed_phones(session, house.vault, ids) == told


async def test_terms_and_privacy_end_with_the_account(house: House) -> None:
    viewer = await scene.join(house)
    for kind in consents.REQUIRED:
        with pytest.raises(ConsentIsRequired):
            async with house.database.unit_of_work() as session:
                await consents.withdraw(session, viewer, kind)
    with pytest.raises(SignInNeeded):
        async with house.database.unit_of_work() as session:
            await consents.give(session, STRANGER, ConsentKind.CONTACT)
