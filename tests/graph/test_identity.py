"""Identity and the catalogue through the graph: a program signs in, acts within its scopes, and is refused as data."""

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.identity.gateway import ConsoleGateway
from marketplace.identity.models import Person, PersonQualification, RoleGrant, SignedInSession
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import parse_id
from tests import city
from tests.graph.client import GraphClient, api_token, browser_cookie, graph_client, operation
from tests.identity import scene


async def do(client: GraphClient, name: str, **variables: Any) -> Any:
    """The single answer of a named operation of ours."""
    (answer,) = (await client.data(operation(name), **variables)).values()
    return answer


async def refusal(client: GraphClient, name: str, **variables: Any) -> str:
    """The code with which a question is refused."""
    answer = await client.ask(operation(name), **variables)
    return str(answer["errors"][0]["extensions"]["code"])


async def token_of(house: House, viewer: Viewer, *scopes: str) -> str:
    async with house.database.unit_of_work() as session:
        return await api_token(session, viewer.signed_in(), *(scopes or ("read", "write", "account")))


def code_sent(house: House, sent: dict[str, Any]) -> str:
    """What the phone received."""
    assert isinstance(house.codes, ConsoleGateway)
    challenge_id = parse_id(sent["challengeId"])
    assert challenge_id is not None
    return house.codes.code_of(challenge_id) or ""


async def test_a_program_signs_a_newcomer_in_and_acts_for_them(house: House) -> None:
    async with graph_client(house) as client:
        sent = await do(client, "sign_in/ask_for_code", phone="138 0013 8000")
        assert (sent["phone"], sent["minutes"]) == ("138****8000", 10)
        given = {"challengeId": sent["challengeId"], "phone": "13800138000", "code": code_sent(house, sent)}
        more = await do(client, "sign_in/sign_in", input=given)
        assert more == {"needsName": True, "needsConsent": True}
        done = await do(client, "sign_in/sign_in", input={**given, "name": "王小明", "agrees": True})
    async with graph_client(house, token=done["token"]) as client:
        profile = await do(client, "people/my_profile")
        tokens = await do(client, "account/my_tokens")
    assert (profile["name"], profile["phone"], profile["locale"]) == ("王小明", "138****8000", "en")
    assert [token["name"] for token in tokens] == ["GraphQL"]


async def test_a_wrong_code_is_counted_though_it_comes_as_data(house: House) -> None:
    async with graph_client(house) as client:
        sent = await do(client, "sign_in/ask_for_code", phone="13800138000")
        given = {"challengeId": sent["challengeId"], "phone": "13800138000"}
        for left in (4, 3):
            wrong = await do(
                client, "sign_in/sign_in", input={**given, "code": scene.wrong(code_sent(house, sent))}
            )
            assert wrong["code"] == "one_time_code_is_wrong" and str(left) in wrong["message"]
        again = await do(client, "sign_in/ask_for_code", phone="13800138000")
    assert again["code"] == "too_many_codes"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"challengeId": "x"}, "challengeId"),
        ({"phone": "12"}, "phone"),
        ({"code": "x"}, "code"),
        ({"name": "长" * 61}, "name"),
        ({"program": ""}, "name"),
    ],
)
async def test_a_wrong_answer_names_the_field(house: House, facts: dict[str, str], field: str) -> None:
    given = {"challengeId": "0192f0c0-0000-7000-8000-000000000000", "phone": "13800138000", "code": "123456"}
    async with graph_client(house) as client:
        wrong = await do(client, "sign_in/sign_in", input={**given, **facts})
    assert wrong["code"] == "input_is_invalid" and wrong["fields"][0]["field"] == field


async def test_a_profile_is_changed_field_by_field(house: House) -> None:
    viewer = await scene.person(house, birth_date=None)
    async with graph_client(house, token=await token_of(house, viewer)) as client:
        first = await do(
            client,
            "people/change_profile",
            input={
                "about": "退休教师",
                "homeAreaCode": city.HUAYANG_COMMUNITY,
                "skills": ["haircut"],
                "birthDate": "1990-05-01",
                "availability": [{"weekday": 0, "fromMinute": 540, "toMinute": 720}],
            },
        )
        second = await do(client, "people/change_profile", input={"skills": None})
        wrong = await do(client, "people/change_profile", input={"homeAreaCode": "1", "about": "别的"})
        set_twice = await do(client, "people/change_profile", input={"birthDate": "1991-05-01"})
        seen = await do(client, "people/my_profile")
    assert first["profile"]["home"] == {"code": city.HUAYANG_COMMUNITY, "name": "华一居委会"}
    assert (second["profile"]["about"], second["profile"]["skills"]) == ("退休教师", [])
    assert wrong["fields"][0]["field"] == "homeAreaCode"
    assert set_twice["code"] == "birth_date_is_set"
    assert seen == second["profile"]


async def test_devices_and_tokens_are_listed_and_ended(house: House) -> None:
    viewer, other = await scene.person(house), await scene.person(house)
    async with house.database.unit_of_work() as session:
        await browser_cookie(session, viewer.signed_in())
        await browser_cookie(session, other.signed_in())
        theirs = await session.scalar(
            select(SignedInSession.id).where(SignedInSession.person_id == other.person_id)
        )
    async with graph_client(house, token=await token_of(house, viewer)) as client:
        (device,) = await do(client, "account/my_devices")
        missing = await do(client, "account/sign_out_device", deviceId=global_id("Device", theirs or ""))
        ended = await do(client, "account/sign_out_device", deviceId=device["id"])
        made = await do(client, "account/make_token", input={"name": "日历", "scopes": ["READ"]})
        wrong = await do(client, "account/make_token", input={"name": "", "scopes": [], "days": 999})
        (new,) = [token for token in made["tokens"] if token["name"] == "日历"]
        left = await do(client, "account/revoke_token", tokenId=new["id"])
        await do(client, "account/sign_out_everywhere")
    assert (missing["code"], ended["devices"]) == ("not_found", [])
    assert {fault["field"] for fault in wrong["fields"]} == {"name", "scopes", "days"}
    assert [token["name"] for token in left["tokens"]] == ["test"]
    async with house.database.reading() as session:
        open_ones = (
            select(func.count()).select_from(SignedInSession).where(SignedInSession.revoked_at.is_(None))
        )
        assert await session.scalar(open_ones) == 1


async def test_a_program_without_the_scope_manages_nothing(house: House) -> None:
    viewer = await scene.person(house)
    async with graph_client(house, token=await token_of(house, viewer, "read", "write")) as client:
        code = "token_may_not_manage_account"
        assert (await do(client, "account/make_token", input={"name": "x", "scopes": ["READ"]}))[
            "code"
        ] == code
        assert (await do(client, "account/erase_my_account", confirmed=True))["code"] == code
        assert (await do(client, "account/give_consent", kind="CONTACT"))["code"] == code
        assert await refusal(client, "account/my_data") == code
        assert await refusal(client, "account/my_tokens") == code
    async with graph_client(house, token=await token_of(house, viewer, "read")) as client:
        assert (await do(client, "people/change_profile", input={}))["code"] == "token_may_not_write"


async def test_strangers_are_asked_to_sign_in(house: House) -> None:
    async with graph_client(house) as client:
        assert await do(client, "people/my_profile") is None
        for name in (
            "account/my_devices",
            "account/my_consents",
            "people/my_qualifications",
            "roles/role_grants",
        ):
            assert await refusal(client, name) == "sign_in_needed"
        assert await refusal(client, "people/guardian_consents") == "sign_in_needed"
        assert await refusal(client, "catalogue/proposed_tags") == "sign_in_needed"
        for name, variables in (
            ("people/change_profile", {"input": {}}),
            ("people/give_email", {"email": "a@example.org"}),
            ("people/state_qualification", {"input": {"qualificationCode": "nurse"}}),
            ("people/verify_qualification", {"qualificationId": global_id("Qualification", "x")}),
            ("account/sign_out_everywhere", {}),
            ("account/withdraw_consent", {"kind": "CONTACT"}),
            ("account/erase_my_account", {"confirmed": True}),
            ("catalogue/approve_tag", {"code": "x"}),
        ):
            assert (await do(client, name, **variables))["code"] in {"sign_in_needed", "not_found"}, name
        assert (await do(client, "people/qualifications_to_verify"))["nodes"] == []


async def test_consent_export_and_erasure(house: House) -> None:
    viewer = await scene.join(house)
    async with graph_client(house, token=await token_of(house, viewer)) as client:
        given = await do(client, "account/give_consent", kind="CONTACT")
        withdrawn = await do(client, "account/withdraw_consent", kind="CONTACT")
        kept = await do(client, "account/withdraw_consent", kind="TERMS")
        exported = orjson.loads(await do(client, "account/my_data"))
        unconfirmed = await do(client, "account/erase_my_account", confirmed=False)
        erased = await do(client, "account/erase_my_account", confirmed=True)
    assert [item["given"] for item in withdrawn["consents"]][:2] == [False, True]
    assert len(given["consents"]) == 3 and kept["code"] == "consent_is_required"
    assert exported["identity"]["name"] == "王小明"
    assert (unconfirmed["code"], erased) == ("erasure_is_not_confirmed", {"erased": True})
    async with house.database.reading() as session:
        assert await session.scalar(select(Person.erased_at).where(Person.id == viewer.person_id)) is not None


async def test_a_qualification_goes_from_statement_to_decision(house: House) -> None:
    holder = await scene.person(house)
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    outsider = await scene.person(house, Role.DISTRICT_OFFICER, city.XUHUI)
    async with graph_client(house, token=await token_of(house, holder)) as client:
        stated = await do(client, "people/state_qualification", input={"qualificationCode": "nurse"})
        wrong = await do(client, "people/state_qualification", input={"qualificationCode": "astronaut"})
        own = stated["qualifications"][0]
        assert (own["state"], wrong["fields"][0]["field"]) == ("STATED", "qualificationCode")
        assert (await do(client, "people/verify_qualification", qualificationId=own["id"]))["code"] == (
            "qualification_is_own"
        )
    async with graph_client(house, token=await token_of(house, outsider)) as client:
        assert (await do(client, "people/verify_qualification", qualificationId=own["id"]))[
            "code"
        ] == "not_found"
    async with graph_client(house, token=await token_of(house, officer)) as client:
        (waiting,) = (await do(client, "people/qualifications_to_verify"))["nodes"]
        assert waiting["qualification"] == own and waiting["personId"] == global_id(
            "Person", holder.signed_in()
        )
        await do(client, "people/verify_qualification", qualificationId=own["id"])
        late = await do(
            client, "people/refuse_qualification", input={"qualificationId": own["id"], "reason": "晚了"}
        )
        corrected = await do(
            client,
            "people/correct_birth_date",
            input={"personId": waiting["personId"], "birthDate": "1991-05-01", "reason": "核对身份证"},
        )
    assert late["code"] == "qualification_is_decided"
    assert corrected["person"]["birthDate"] == "1991-05-01"
    async with graph_client(house, token=await token_of(house, holder)) as client:
        assert (await do(client, "people/my_qualifications"))[0]["state"] == "VERIFIED"
        await do(client, "people/remove_qualification", qualificationId=own["id"])
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(PersonQualification)) == 0


async def test_a_guardian_consents_through_the_graph(house: House, clock: FixedClock) -> None:
    minor = await scene.person(house, phone=scene.PHONE, birth_date=date(2012, 5, 1))
    mother = {"guardianName": "王妈妈", "guardianPhone": "139 0013 9000", "relation": "PARENT"}
    async with graph_client(house, token=await token_of(house, minor)) as client:
        sent = await do(client, "people/ask_guardian", input=mother)
        given = {**mother, "challengeId": sent["challengeId"], "code": code_sent(house, sent)}
        wrong = await do(
            client, "people/give_guardian_consent", input={**given, "code": scene.wrong(given["code"])}
        )
        done = await do(client, "people/give_guardian_consent", input=given)
        consent = done["consents"][0]
        ended = await do(client, "people/withdraw_guardian_consent", consentId=consent["id"])
        clock.advance(timedelta(minutes=2))
        own = await do(client, "people/ask_guardian", input={**mother, "guardianPhone": "13800138000"})
        listed = await do(client, "people/guardian_consents")
    assert wrong["code"] == "one_time_code_is_wrong"
    assert (consent["guardianName"], consent["guardianPhone"]) == ("王妈妈", "139****9000")
    assert ended["consents"][0]["withdrawnAt"] is not None and listed == ended["consents"]
    assert own["code"] == "guardian_phone_is_your_own"


async def test_roles_are_granted_and_revoked_within_reach(house: House) -> None:
    await scene.person(house, phone=scene.PHONE, name="王小明")
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    wanted = {"role": "COMMUNITY_WORKER", "phone": "13800138000", "areaCode": city.JIANGSU_COMMUNITY}
    async with graph_client(house, token=await token_of(house, officer)) as client:
        given = await do(client, "roles/grant_role", input=wanted)
        (grant,) = [item for item in given["grants"] if item["personName"] == "王小明"]
        again = await do(client, "roles/grant_role", input=wanted)
        far = await do(client, "roles/grant_role", input={**wanted, "areaCode": city.XUHUI})
        high = await do(client, "roles/grant_role", input={**wanted, "role": "ADMINISTRATOR"})
        nowhere = await do(client, "roles/grant_role", input={"role": "MODERATOR", "phone": "13800138000"})
        foreign = await do(client, "roles/grant_role", input={**wanted, "organisationId": "nonsense"})
        revoked = await do(client, "roles/revoke_role", grantId=grant["id"])
        missing = await do(client, "roles/revoke_role", grantId=global_id("Need", grant["id"]))
    assert grant["area"] == {"code": city.JIANGSU_COMMUNITY, "name": "江苏居委会"}
    assert [again["code"], far["code"], high["code"]] == [
        "role_is_held_already",
        "role_is_out_of_reach",
        "role_is_out_of_reach",
    ]
    assert (nowhere["fields"][0]["code"], foreign["code"]) == ("role_needs_area", "not_found")
    assert [item["personName"] for item in revoked["grants"]] == ["林小满"]
    assert missing["code"] == "not_found"
    async with house.database.reading() as session:
        assert len(list(await session.scalars(select(RoleGrant.id)))) == 2


async def test_the_catalogue_is_public_and_governed(house: House) -> None:
    author, moderator = await scene.person(house), await scene.person(house, Role.MODERATOR)
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    async with graph_client(house) as client:
        skills = await do(client, "catalogue/tags", kinds=["SKILL"])
        found = await do(client, "catalogue/tag_for", word="助老", kinds=[])
        types = {kind["code"]: kind["includes"] for kind in await do(client, "catalogue/qualification_types")}
        rules = {rule["code"]: rule for rule in await do(client, "catalogue/rules")}
    assert {tag["kind"] for tag in skills} == {"SKILL"} and found["code"] == "elderly_care"
    assert types["physician"] == ["first_aid", "nurse"] and rules["hours.stars"]["article"]
    wanted = {"kind": "TOPIC", "nameZh": "进博会", "nameEn": "Import Expo", "synonyms": ["CIIE"]}
    async with graph_client(house, token=await token_of(house, author)) as client:
        proposed = await do(client, "catalogue/propose_tag", input=wanted)
        again = await do(client, "catalogue/propose_tag", input=wanted)
        shut = await do(client, "catalogue/approve_tag", code=proposed["tag"]["code"])
        unruly = await do(client, "catalogue/change_rule", input=a_rule("{}"))
    assert (again["code"], shut["code"]) == ("tag_exists_already", "not_permitted")
    assert unruly["code"] in {"input_is_invalid", "not_permitted"}
    async with graph_client(house, token=await token_of(house, moderator)) as client:
        assert len((await do(client, "catalogue/proposed_tags"))["nodes"]) == 1
        await do(client, "catalogue/approve_tag", code="import_expo")
        late = await do(client, "catalogue/refuse_tag", input={"code": "import_expo", "reason": "晚了"})
        await do(client, "catalogue/retire_tag", input={"code": "haircut", "reason": "重复"})
    assert late["code"] == "tag_is_decided"
    async with graph_client(house, token=await token_of(house, administrator)) as client:
        for value in ("{", "7", '{"closes_after_minutes": "soon"}'):
            wrong = await do(client, "catalogue/change_rule", input=a_rule(value))
            assert wrong["fields"][0]["field"] == "value", value
        changed = await do(client, "catalogue/change_rule", input=a_rule('{"closes_after_minutes": 45}'))
    newest = next(rule for rule in changed["rules"] if rule["code"] == "hours.check_out_window")
    assert newest["value"] == '{"closes_after_minutes":45}'


def a_rule(value: str) -> dict[str, str]:
    given = {"article": "本平台规则", "source": "own", "reason": "试点"}
    return {"code": "hours.check_out_window", "value": value, **given}


async def test_areas_are_found_by_what_people_type(house: House) -> None:
    async with graph_client(house) as client:
        for typed in ("cn", "changning", "长宁", "長寧"):
            assert (await do(client, "areas/find_areas", text=typed))[0]["code"] == city.CHANGNING
        assert await do(client, "areas/find_areas", text="cn", under="x") == []
        assert await do(client, "areas/find_areas", text="cn", level="COMMUNITY") == []
        near = await do(client, "areas/nearest_district", latitude=31.22, longitude=121.42)
        assert near["code"] == city.CHANGNING
        assert await do(client, "areas/nearest_district", latitude=0.0, longitude=0.0) is None
        assert await refusal(client, "areas/find_areas", text="cn", first=51) == "page_size_is_invalid"


async def test_an_address_is_given_and_a_forged_link_refused(house: House) -> None:
    viewer = await scene.person(house)
    async with graph_client(house, token=await token_of(house, viewer)) as client:
        given = await do(client, "people/give_email", email="wang@example.org")
        wrong = await do(client, "people/give_email", email="nowhere")
        forged = await do(client, "people/confirm_email", token="a.1.b")
        taken = await do(client, "people/give_email", email=None)
    assert given["profile"]["email"] == "wang@example.org" and given["profile"]["emailConfirmedAt"] is None
    assert (wrong["fields"][0]["field"], forged["code"]) == ("email", "link_is_spent")
    assert taken["profile"]["email"] is None
