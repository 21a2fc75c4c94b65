"""Organisations through the graph: registered, verified, staffed, and hidden from whom they are not for."""

from typing import Any

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id, key_of
from marketplace.identity import viewers
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import Role
from marketplace.organisations import credit_code, documents
from marketplace.organisations.drafts import DocumentDraft, DocumentKind
from tests import builders, city
from tests.graph.client import api_token, graph_client, operation

CODE = "52310105MJ5000001" + credit_code.check_character("52310105MJ5000001")
PDF = b"%PDF-1.7\n%%EOF"


def registration(**facts: Any) -> dict[str, Any]:
    defaults = {
        "name": "江苏路邻里互助服务社",
        "creditCode": CODE,
        "kind": "SOCIAL_SERVICE",
        "areaCode": city.CHANGNING,
        "fields": ["elderly_care"],
        "areas": [city.JIANGSU_ROAD],
    }
    return {**defaults, **facts}


async def test_an_organisation_is_registered_submitted_and_verified(house: House) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.viewer(session)
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
        tokens = [await api_token(session, who.signed_in(), "read", "write") for who in (person, officer)]
    async with graph_client(house, token=tokens[0]) as founder:
        made = await founder.data(operation("organisations/register_organisation"), input=registration())
        organisation = made["registerOrganisation"]["organisation"]
        assert (organisation["state"], organisation["fields"][0]["code"]) == ("REGISTERED", "elderly_care")
        again = await founder.data(operation("organisations/register_organisation"), input=registration())
        assert again["registerOrganisation"]["code"] == "credit_code_is_taken"
        refused = await founder.data(
            operation("organisations/submit_organisation"), organisationId=organisation["id"]
        )
        assert refused["submitOrganisation"]["code"] == "certificate_is_missing"
        mine = (await founder.data(operation("organisations/my_organisations")))["myOrganisations"]
        assert [row["id"] for row in mine] == [organisation["id"]]
    async with house.database.unit_of_work() as session:
        manager = await viewers.of_person(session, person.signed_in())
        paper = DocumentDraft(kind=DocumentKind.REGISTRATION_CERTIFICATE, file_name="证书.pdf")
        key = key_of("Organisation", organisation["id"])
        await documents.add(session, manager, house.files, key, paper, PDF)
    async with graph_client(house, token=tokens[0]) as founder:
        papers = await founder.data(
            operation("organisations/organisation_documents"), organisationId=organisation["id"]
        )
        assert papers["organisationDocuments"][0]["contentType"] == "application/pdf"
        await founder.data(operation("organisations/submit_organisation"), organisationId=organisation["id"])
        own = await founder.data(
            operation("organisations/verify_organisation"), organisationId=organisation["id"]
        )
        assert own["verifyOrganisation"]["code"] == "not_permitted"
    async with graph_client(house, token=tokens[1]) as desk:
        waiting = await desk.data(operation("organisations/organisations_to_verify"))
        assert [row["id"] for row in waiting["organisationsToVerify"]["nodes"]] == [organisation["id"]]
        verified = await desk.data(
            operation("organisations/verify_organisation"), organisationId=organisation["id"]
        )
        assert verified["verifyOrganisation"]["organisation"]["state"] == "VERIFIED"
    async with graph_client(house) as stranger:
        listed = await stranger.data(operation("organisations/organisations"), filter={"text": "邻里"})
        assert [row["name"] for row in listed["organisations"]["nodes"]] == ["江苏路邻里互助服务社"]


async def test_a_wrong_registration_names_its_fields(house: House) -> None:
    async with house.database.unit_of_work() as session:
        token = await api_token(session, (await builders.viewer(session)).signed_in(), "read", "write")
    async with graph_client(house, token=token) as client:
        answer = await client.data(
            operation("organisations/register_organisation"),
            input=registration(creditCode=CODE[:17] + "!", publicEmail="nobody", website="ftp://x.y"),
        )
    problem = answer["registerOrganisation"]
    assert problem["code"] == "input_is_invalid"
    assert {(fault["field"], fault["code"]) for fault in problem["fields"]} == {
        ("creditCode", "credit_code_wrong"),
        ("publicEmail", "string_pattern_mismatch"),
        ("website", "web_address_wrong"),
    }


async def test_members_are_taken_in_and_let_go(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        await builders.person(
            session, "陈", phone_fingerprint=house.vault.fingerprint("+8613800138000", PURPOSE)
        )
        token = await api_token(session, manager.signed_in(), "read", "write")
    key = global_id("Organisation", organisation_id)
    async with graph_client(house, token=token) as client:
        taken = await client.data(
            operation("organisations/take_in_member"), input={"organisationId": key, "phone": "138 0013 8000"}
        )
        people = taken["takeInMember"]["members"]
        assert [(row["name"], row["role"]) for row in people] == [("负责人", "MANAGER"), ("陈", "MEMBER")]
        gone = await client.data(
            operation("organisations/let_member_go"), organisationId=key, personId=people[1]["personId"]
        )
        assert len(gone["letMemberGo"]["members"]) == 1
        last = await client.data(operation("organisations/leave_organisation"), organisationId=key)
        assert last["leaveOrganisation"]["code"] == "last_manager_stays"
        listed = await client.data(operation("organisations/organisation_members"), organisationId=key)
        assert len(listed["organisationMembers"]) == 1
    async with graph_client(house) as stranger:
        answer = await stranger.ask(operation("organisations/organisation_members"), organisationId=key)
        assert answer["errors"][0]["extensions"]["code"] == "not_found"


async def test_officers_suspend_with_a_reason_and_lift_again(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
        token = await api_token(session, officer.signed_in(), "read", "write")
    key = global_id("Organisation", organisation_id)
    async with graph_client(house, token=token) as desk:
        for reason, code in (("", "input_is_invalid"), ("长" * 501, "input_is_invalid")):
            answer = await desk.data(
                operation("organisations/suspend_organisation"),
                input={"organisationId": key, "reason": reason},
            )
            assert answer["suspendOrganisation"]["code"] == code
        answer = await desk.data(
            operation("organisations/suspend_organisation"),
            input={"organisationId": key, "reason": "年报逾期"},
        )
        assert answer["suspendOrganisation"]["organisation"]["state"] == "SUSPENDED"
        async with graph_client(house) as stranger:
            assert await stranger.data(operation("nodes/node"), id=key) == {"node": None}
        answer = await desk.data(operation("organisations/lift_suspension"), organisationId=key)
        assert answer["liftSuspension"]["organisation"]["state"] == "VERIFIED"
