"""An organisation registers with a valid code, hands in papers, and is verified by an officer who is not one of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import credit_code, documents, organisations, queries, verification
from marketplace.organisations.drafts import (
    DocumentDraft,
    DocumentKind,
    OrganisationDraft,
    ProfileDraft,
    ReasonDraft,
)
from marketplace.organisations.errors import (
    CertificateIsMissing,
    CreditCodeIsTaken,
    DocumentIsTooLarge,
    DocumentTypeIsNotTaken,
    OfficerIsMember,
    OrganisationIsNotSubmitted,
    OrganisationIsNotSuspended,
    OrganisationIsNotVerified,
    OrganisationIsSubmitted,
    OrganisationIsSuspended,
    OrganisationIsVerified,
    TooManyDocuments,
)
from marketplace.organisations.models import Organisation
from marketplace.outbox.models import OutboxEvent
from tests import builders, city

CODE = "52310105MJ5000001" + credit_code.check_character("52310105MJ5000001")
PDF = b"%PDF-1.7\n%%EOF"


def a_registration(**facts: Any) -> OrganisationDraft:
    defaults = {
        "name": "江苏路邻里互助服务社",
        "credit_code": CODE,
        "kind": "social_service",
        "area_code": city.CHANGNING,
        "fields": ["elderly_care", "meal_help"],
        "areas": [city.JIANGSU_ROAD],
        "website": "https://example.org/neighbours",
    }
    return read(OrganisationDraft, {**defaults, **facts})


def a_paper(kind: DocumentKind = DocumentKind.REGISTRATION_CERTIFICATE) -> DocumentDraft:
    return DocumentDraft(kind=kind, file_name="登记证书.pdf")


async def founder_of(session: Session, **facts: Any) -> tuple[Viewer, UUID]:
    """A new organisation and its manager."""
    person_id = (await builders.viewer(session, "创办人")).signed_in()
    organisation_id = await organisations.register(
        session, await viewers.of_person(session, person_id), a_registration(**facts)
    )
    return await viewers.of_person(session, person_id), organisation_id


async def officer(session: Session, area: str = city.CHANGNING) -> Viewer:
    return await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, area)


async def submitted(house: House) -> tuple[Viewer, UUID]:
    """An organisation that waits for its officer, and its manager."""
    async with house.database.unit_of_work() as session:
        manager, organisation_id = await founder_of(session)
        await documents.add(session, manager, house.files, organisation_id, a_paper(), PDF)
        await verification.submit(session, manager, organisation_id)
    return manager, organisation_id


async def news(session: Session) -> list[str]:
    rows = await session.scalars(
        select(OutboxEvent.name).order_by(OutboxEvent.created_at, OutboxEvent.sequence)
    )
    return [name for name in rows if name.startswith("Organisation")]


def test_the_check_character_is_that_of_the_standard() -> None:
    # Codes that their bearers print on every invoice.
    for code in ("91350100M000100Y43", "914403001922038216", "9144030071526726XG", "91330100799655058B"):
        assert credit_code.check_character(code[:17]) == code[17]


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_is_always_noticed(place: int, char: str) -> None:
    wrong = CODE[:place] + char + CODE[place + 1 :]
    if wrong == CODE:
        assert a_registration(credit_code=wrong).credit_code == CODE
    else:
        with pytest.raises(InputIsInvalid):
            a_registration(credit_code=wrong)


def test_a_code_is_read_as_people_type_it() -> None:
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in CODE.lower())
    assert a_registration(credit_code=f" {full_width[:6]} {full_width[6:]} ").credit_code == CODE


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"credit_code": "12345"}, "credit_code", "credit_code_wrong"),
        (
            {"credit_code": CODE[:17] + ("0" if CODE[17] != "0" else "1")},
            "credit_code",
            "credit_code_check_wrong",
        ),
        ({"credit_code": "5231010５MJ500000１I"}, "credit_code", "credit_code_wrong"),
        ({"name": "长" * 121}, "name", "string_too_long"),
        ({"kind": "company"}, "kind", "enum"),
        ({"website": "javascript:alert(1)"}, "website", "web_address_wrong"),
        ({"website": "https://[broken"}, "website", "web_address_wrong"),
        ({"public_email": "not an address"}, "public_email", "string_pattern_mismatch"),
        ({"public_phone": "call me"}, "public_phone", "string_pattern_mismatch"),
        ({"areas": [city.CHANGNING] * 31}, "areas", "too_long"),
        ({"verified_at": "2026-01-01"}, "verified_at", "extra_forbidden"),
    ],
)
def test_bad_input_names_its_field(facts: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(InputIsInvalid) as refusal:
        a_registration(**facts)
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [(field, code)]


async def test_whoever_registers_an_organisation_manages_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        manager, organisation_id = await founder_of(session)
    async with house.database.reading() as session:
        assert manager.holds_in_organisation(organisation_id, Role.ORGANISATION_MANAGER)
        shown = await queries.details(session, manager, organisation_id)
        assert [tag.code for tag in shown.fields] == ["elderly_care", "meal_help"]
        assert [area.code for area in shown.areas] == [city.JIANGSU_ROAD]
        assert await news(session) == ["OrganisationChanged"]


async def test_a_stranger_cannot_register(house: House) -> None:
    with pytest.raises(SignInNeeded):
        async with house.database.unit_of_work() as session:
            await organisations.register(session, STRANGER, a_registration())


async def test_a_code_is_registered_once(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await founder_of(session)
    with pytest.raises(CreditCodeIsTaken):
        async with house.database.unit_of_work() as session:
            await founder_of(session)
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Organisation)) == 1


@pytest.mark.parametrize(
    "facts", [{"fields": ["no_such_field"]}, {"areas": ["310105999000"]}, {"area_code": "990000000000"}]
)
async def test_unknown_fields_and_areas_are_refused(house: House, facts: dict[str, Any]) -> None:
    with pytest.raises(InputIsInvalid):
        async with house.database.unit_of_work() as session:
            await founder_of(session, **facts)


async def test_an_unverified_organisation_is_seen_by_its_own_people_and_its_officers_only(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        manager, organisation_id = await founder_of(session)
        outsider = await builders.viewer(session)
        near, far = await officer(session), await officer(session, city.XUHUI)
    async with house.database.reading() as session:
        for viewer in (manager, near):
            assert organisation_id in await queries.by_ids(session, viewer, [organisation_id])
        for viewer in (STRANGER, outsider, far):
            assert await queries.by_ids(session, viewer, [organisation_id]) == {}
            page = await queries.page(session, viewer, queries.OrganisationFilters(), PageRequest())
            assert (page.rows, page.total) == ([], 0)
            with pytest.raises(NotFound):
                await queries.details(session, viewer, organisation_id)


async def test_an_officer_verifies_what_was_submitted_with_its_certificate(house: House) -> None:
    _, organisation_id = await submitted(house)
    async with house.database.unit_of_work() as session:
        near = await officer(session)
        waiting = await queries.waiting(session, near, PageRequest())
        assert [row.id for row in waiting.rows] == [organisation_id]
        await verification.verify(session, near, organisation_id)
    async with house.database.reading() as session:
        assert organisation_id in await queries.by_ids(session, STRANGER, [organisation_id])
        assert (await queries.waiting(session, near, PageRequest())).rows == []
        assert await news(session) == [
            "OrganisationChanged",
            "OrganisationChanged",
            "OrganisationSubmitted",
            "OrganisationChanged",
            "OrganisationVerified",
        ]


async def test_without_the_certificate_nothing_is_submitted(house: House) -> None:
    async with house.database.unit_of_work() as session:
        manager, organisation_id = await founder_of(session)
        paper = await documents.add(session, manager, house.files, organisation_id, a_paper(), PDF)
        await documents.remove(session, manager, paper)
        await documents.add(
            session, manager, house.files, organisation_id, a_paper(DocumentKind.CHARTER), PDF
        )
    with pytest.raises(CertificateIsMissing):
        async with house.database.unit_of_work() as session:
            await verification.submit(session, manager, organisation_id)


Decision = Callable[[Session, Viewer, UUID], Awaitable[None]]
DECISIONS: list[Decision] = [
    verification.verify,
    lambda session, viewer, organisation_id: verification.refuse(
        session, viewer, organisation_id, ReasonDraft(reason="证书不清晰")
    ),
    lambda session, viewer, organisation_id: verification.suspend(
        session, viewer, organisation_id, ReasonDraft(reason="年报逾期")
    ),
    verification.lift,
]


@pytest.mark.parametrize("decide", DECISIONS, ids=["verify", "refuse", "suspend", "lift"])
async def test_only_an_officer_of_its_area_decides_and_never_about_their_own(
    house: House, decide: Decision
) -> None:
    manager, organisation_id = await submitted(house)
    async with house.database.unit_of_work() as session:
        outsider = await builders.viewer(session)
        far = await officer(session, city.XUHUI)
        worker = await builders.viewer(session, "社工", Role.COMMUNITY_WORKER, city.CHANGNING)
        of_both = await builders.viewer(session, "专员兼成员", Role.DISTRICT_OFFICER, city.CHANGNING)
        await builders.grant(session, of_both.signed_in(), Role.ORGANISATION_MEMBER, organisation_id)
        of_both = await viewers.of_person(session, of_both.signed_in())
        await builders.grant(session, manager.signed_in(), Role.DISTRICT_OFFICER, city.CHANGNING)
        promoted = await viewers.of_person(session, manager.signed_in())
    for viewer, error in (
        (STRANGER, SignInNeeded),
        (outsider, NotFound),
        (far, NotFound),
        (worker, NotFound),
        (manager, NotPermitted),
        (of_both, OfficerIsMember),
        (promoted, OfficerIsMember),
    ):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await decide(session, viewer, organisation_id)


async def test_a_refusal_says_why_and_may_be_mended(house: House) -> None:
    manager, organisation_id = await submitted(house)
    async with house.database.unit_of_work() as session:
        near = await officer(session)
        await DECISIONS[1](session, near, organisation_id)
    async with house.database.unit_of_work() as session:
        shown = await queries.details(session, manager, organisation_id)
        assert shown.organisation.refusal_reason == "证书不清晰"
        await organisations.correct(session, manager, organisation_id, a_registration(name="江苏路互助社"))
        await verification.submit(session, manager, organisation_id)
        await verification.verify(session, near, organisation_id)
    async with house.database.reading() as session:
        assert (await session.get_one(Organisation, organisation_id)).name == "江苏路互助社"


@pytest.mark.parametrize(
    ("facts", "step", "error"),
    [
        ({"verified": False, "submitted_at": None}, 0, OrganisationIsNotSubmitted),
        ({"verified": True}, 0, OrganisationIsNotSubmitted),
        ({"verified": False}, 2, OrganisationIsNotVerified),
        ({"verified": True}, 3, OrganisationIsNotSuspended),
    ],
)
async def test_decisions_follow_each_other(
    house: House, facts: dict[str, Any], step: int, error: type[MarketplaceError]
) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, **facts)
        near = await officer(session)
    with pytest.raises(error):
        async with house.database.unit_of_work() as session:
            await DECISIONS[step](session, near, organisation_id)


async def test_a_suspended_organisation_is_out_of_sight_until_the_suspension_is_lifted(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        near = await officer(session)
        await DECISIONS[2](session, near, organisation_id)
    async with house.database.reading() as session:
        assert await queries.by_ids(session, STRANGER, [organisation_id]) == {}
        shown = await queries.details(session, manager, organisation_id)
        assert shown.organisation.suspension_reason == "年报逾期"
    with pytest.raises(OrganisationIsSuspended):
        async with house.database.unit_of_work() as session:
            await organisations.edit(session, manager, organisation_id, ProfileDraft(about="新的介绍"))
    async with house.database.unit_of_work() as session:
        await verification.lift(session, near, organisation_id)
    async with house.database.reading() as session:
        assert organisation_id in await queries.by_ids(session, STRANGER, [organisation_id])


async def test_what_was_verified_does_not_change_any_more_but_the_profile_does(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        await organisations.edit(
            session,
            manager,
            organisation_id,
            read(ProfileDraft, {"about": "陪伴老人", "fields": ["meal_help"]}),
        )
        assert (await session.get_one(Organisation, organisation_id)).version == 2
    for step in (
        lambda session: organisations.correct(session, manager, organisation_id, a_registration()),
        lambda session: verification.submit(session, manager, organisation_id),
    ):
        with pytest.raises(OrganisationIsVerified):
            async with house.database.unit_of_work() as session:
                await step(session)


async def test_what_an_officer_has_in_hand_is_not_changed_under_their_eyes(house: House) -> None:
    manager, organisation_id = await submitted(house)
    for step in (
        lambda session: organisations.correct(session, manager, organisation_id, a_registration()),
        lambda session: verification.submit(session, manager, organisation_id),
    ):
        with pytest.raises(OrganisationIsSubmitted):
            async with house.database.unit_of_work() as session:
                await step(session)


async def test_only_managers_edit(house: House) -> None:
    async with house.database.unit_of_work() as session:
        shown = await builders.organisation(session)
        hidden = await builders.organisation(session, "还未核验", verified=False)
        member = await builders.viewer(session, "成员", Role.ORGANISATION_MEMBER, shown)
        outsider = await builders.viewer(session)
    for viewer, organisation_id, error in (
        (STRANGER, shown, SignInNeeded),
        (outsider, shown, NotPermitted),
        (outsider, hidden, NotFound),
        (outsider, new_id(), NotFound),
        (member, shown, NotPermitted),
    ):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await organisations.edit(session, viewer, organisation_id, ProfileDraft(about="改"))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", DocumentTypeIsNotTaken),
        (b"<html><script>", DocumentTypeIsNotTaken),
        (b"MZ\x90\x00 an .exe named .pdf", DocumentTypeIsNotTaken),
        (PDF + b"0" * documents.MOST_BYTES, DocumentIsTooLarge),
    ],
)
async def test_papers_are_known_by_their_bytes_and_bounded(
    house: House, content: bytes, error: type[MarketplaceError]
) -> None:
    async with house.database.unit_of_work() as session:
        manager, organisation_id = await founder_of(session)
    with pytest.raises(error):
        async with house.database.unit_of_work() as session:
            await documents.add(session, manager, house.files, organisation_id, a_paper(), content)


async def test_the_same_paper_handed_in_twice_is_kept_once_and_their_number_is_bounded(house: House) -> None:
    async with house.database.unit_of_work() as session:
        manager, organisation_id = await founder_of(session)
        for number in (*range(documents.MOST_DOCUMENTS), 0):
            await documents.add(
                session, manager, house.files, organisation_id, a_paper(), PDF + str(number).encode()
            )
        assert len(await queries.documents(session, manager, organisation_id)) == documents.MOST_DOCUMENTS
    with pytest.raises(TooManyDocuments):
        async with house.database.unit_of_work() as session:
            await documents.add(session, manager, house.files, organisation_id, a_paper(), PDF + b"more")


async def test_papers_are_for_its_people_and_the_officers_of_its_area(house: House) -> None:
    manager, organisation_id = await submitted(house)
    async with house.database.unit_of_work() as session:
        near, far = await officer(session), await officer(session, city.XUHUI)
        outsider = await builders.viewer(session)
        paper = (await queries.documents(session, manager, organisation_id))[0].id
    async with house.database.reading() as session:
        for viewer in (manager, near):
            shown = await documents.read(session, viewer, house.files, paper)
            assert (shown.content, shown.content_type) == (PDF, "application/pdf")
        for viewer in (STRANGER, outsider, far):
            with pytest.raises(NotFound):
                await documents.read(session, viewer, house.files, paper)
            with pytest.raises(NotFound):
                await queries.documents(session, viewer, organisation_id)
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await documents.remove(session, near, paper)


async def test_a_paper_taken_back_by_many_at_once_is_taken_back_once(house: House) -> None:
    manager, organisation_id = await submitted(house)
    async with house.database.reading() as session:
        paper = (await queries.documents(session, manager, organisation_id))[0].id

    async def take_back() -> None:
        async with house.database.unit_of_work() as session:
            await documents.remove(session, manager, paper)

    outcomes = await asyncio.gather(*(take_back() for _ in range(5)), return_exceptions=True)
    assert [outcome for outcome in outcomes if not isinstance(outcome, NotFound)] == [None]


async def test_the_list_is_narrowed_and_read_page_by_page(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for number in range(3):
            await builders.organisation(session, f"服务社{number}")
        await builders.organisation(session, "徐汇互助社", area_code=city.XUHUI)
        await builders.organisation(session, "未核验社", verified=False)
    async with house.database.reading() as session:
        filters = queries.OrganisationFilters(area_code=city.CHANGNING)
        first = await queries.page(session, STRANGER, filters, PageRequest(2))
        second = await queries.page(session, STRANGER, filters, PageRequest(2, first.end_cursor))
        assert [row.name for row in (*first.rows, *second.rows)] == ["服务社0", "服务社1", "服务社2"]
        assert (first.total, first.has_next, second.has_next) == (3, True, False)
        found = await queries.page(
            session, STRANGER, queries.OrganisationFilters(text="互助%"), PageRequest()
        )
        assert found.rows == []
