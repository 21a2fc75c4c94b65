"""Pages of organisations: the public list and page, registering with papers, people, and the officer's decision."""

from marketplace.bootstrap import House
from marketplace.discovery.rebuild import rebuild
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import Role
from marketplace.organisations import credit_code
from marketplace.organisations.models import OrganisationField
from tests import builders, city
from tests.web.visitor import Visitor

CODE = "52310105MJ5000001" + credit_code.check_character("52310105MJ5000001")
PDF = b"%PDF-1.7\n%%EOF"
REGISTER = "/organisations/register"


async def test_the_list_is_public_and_narrowed_by_links(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        await builders.organisation(session, "暖阳助老服务社", about="陪伴老人")
        await builders.organisation(session, "徐汇互助社", area_code=city.XUHUI)
        await builders.organisation(session, "还未核验", verified=False)
    page = await visitor.get("/organisations")
    assert (page.status, "2 organisations" in page.text, "还未核验" in page.text) == (200, True, False)
    page = await visitor.get(f"/organisations?area={city.XUHUI}")
    assert ("徐汇互助社" in page.text, "暖阳助老服务社" in page.text) == (True, False)
    page = await visitor.get("/organisations?q=没有这一家")
    assert "No organisation fits" in page.text
    for broken in ("?q=%00", "?after=nonsense", "?q=" + "长" * 200, "?area=abc"):
        assert (await visitor.get(f"/organisations{broken}")).status in (200, 422), broken


async def test_what_the_address_says_and_we_do_not_know_is_named(visitor: Visitor, house: House) -> None:
    page = await visitor.get("/organisations?colour=red&utm_source=x&gclid=1")
    assert page.status == 200
    assert "We left this out: colour. Everything else is as you asked." in page.text
    for choice in ("field=nonsense", "area=310199000000"):
        page = await visitor.get(f"/organisations?{choice}")
        assert (page.status, "is not known here" in page.text) == (422, True), choice


async def test_filters_are_counted_and_a_narrower_field_opens_below_its_own(
    visitor: Visitor, house: House
) -> None:
    async with house.database.unit_of_work() as session:
        bathing = await builders.organisation(session, "暖阳助老服务社")
        await builders.organisation(session, "徐汇互助社", area_code=city.XUHUI)
        session.add(OrganisationField(organisation_id=bathing, tag_code="bathing_help"))
    await rebuild(house.database, house.search)
    page = await visitor.get("/organisations")
    assert ("Changning District 1" in page.text, "Help with bathing" in page.text) == (True, False)
    page = await visitor.get("/organisations?field=elderly_care")
    assert ("暖阳助老服务社" in page.text, "徐汇互助社" in page.text) == (True, False)
    assert "/organisations?field=bathing_help" in page.links


async def test_the_public_page_tells_what_it_does_and_needs(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(
            session, about="陪伴独居老人", website="https://example.org"
        )
        await builders.need(session, "周末陪伴", organisation_id=organisation_id)
        hidden = await builders.organisation(session, "还未核验", verified=False)
    page = await visitor.get(f"/organisations/{organisation_id}")
    assert "陪伴独居老人" in page.text
    assert "周末陪伴" in page.text
    assert "https://example.org" in page.links
    assert f"/organisations/{organisation_id}/edit" not in page.links
    assert (await visitor.get(f"/organisations/{hidden}")).status == 404


async def test_an_organisation_is_registered_verified_and_public(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        founder = await builders.person(session, locale="en")
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING, locale="en")
    assert (await visitor.get(REGISTER)).status == 303
    await visitor.sign_in(founder)
    facts = {"name": "邻里互助服务社", "kind": "social_service", "area_code": city.CHANGNING}
    page = await visitor.submit(await visitor.get(REGISTER), REGISTER, **facts, credit_code=CODE[:17] + "!")
    assert (page.status, "The code has 18 digits" in page.text) == (422, True)
    page = await visitor.submit_and_follow(page, REGISTER, credit_code=CODE.lower(), fields=["elderly_care"])
    assert "upload its registration certificate" in page.text
    base = next(form.action for form in page.forms if form.action.endswith("/documents")).removesuffix(
        "/documents"
    )
    page = await visitor.submit(
        page, f"{base}/documents", files={"document": ("证书.pdf", b"<html>", "application/pdf")}
    )
    assert (page.status, "no PDF, PNG or JPEG" in page.text) == (422, True)
    page = await visitor.submit(page, f"{base}/documents")
    assert page.status == 422
    answer = await visitor.submit(
        page, f"{base}/documents", files={"document": ("证书.pdf", PDF, "application/pdf")},
        kind="registration_certificate",
    )  # fmt: skip
    assert answer.status == 303
    page = await visitor.get(f"{base}/documents")
    assert "证书.pdf" in page.text
    paper = next(link for link in page.links if "/documents/" in link)
    page = await visitor.submit_and_follow(page, f"{base}/submit")
    assert "An officer of your district" in page.text

    await visitor.sign_in(officer.signed_in())
    assert "邻里互助服务社" in (await visitor.get("/desk/organisations")).text
    shown = await visitor.client.get(paper)
    assert (shown.content, shown.headers["content-type"]) == (PDF, "application/pdf")
    assert shown.headers["content-disposition"].startswith("attachment")
    desk = f"/desk{base}"
    page = await visitor.submit(await visitor.get(desk), f"{desk}/refuse")
    assert page.status == 422
    page = await visitor.submit_and_follow(await visitor.get(desk), f"{desk}/verify")
    assert "verified and public" in page.text
    visitor.client.cookies.clear()
    assert "邻里互助服务社" in (await visitor.get("/organisations")).text
    assert (await visitor.client.get(paper)).status_code == 404


async def test_an_officer_suspends_and_lifts(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING, locale="en")
        far = await builders.viewer(session, "外区专员", Role.DISTRICT_OFFICER, city.XUHUI, locale="en")
    desk = f"/desk/organisations/{organisation_id}"
    assert (await visitor.get(desk)).status == 303
    await visitor.sign_in(far.signed_in())
    assert (await visitor.get(desk)).status == 403
    await visitor.sign_in(officer.signed_in())
    await visitor.submit_and_follow(await visitor.get(desk), f"{desk}/suspend", reason="年报逾期")
    page = await visitor.get(desk)
    assert "年报逾期" in page.text
    await visitor.submit_and_follow(page, f"{desk}/lift")
    assert "Verified" in (await visitor.get(desk)).text


async def test_people_are_taken_in_let_go_and_leave(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(
            session, "负责人", Role.ORGANISATION_MANAGER, organisation_id, locale="en"
        )
        outsider = await builders.person(session, "外人")
        person = await builders.person(
            session, "陈", phone_fingerprint=house.vault.fingerprint("+8613800138000", PURPOSE)
        )
    path = f"/organisations/{organisation_id}/members"
    assert (await visitor.get(path)).status == 303
    await visitor.sign_in(outsider)
    assert (await visitor.get(path)).status == 404
    await visitor.sign_in(manager.signed_in())
    page = await visitor.submit(await visitor.get(path), path, phone="123")
    assert page.status == 422
    page = await visitor.submit_and_follow(page, path, phone="138 0013 8000")
    assert "陈" in page.text
    assert (await visitor.submit(await visitor.get(path), path, phone="13800138000")).status == 409
    page = await visitor.submit_and_follow(page, f"{path}/{person}/let-go")
    assert "陈" not in page.text
    assert (await visitor.submit(page, f"{path}/leave")).status == 409


async def test_a_manager_keeps_the_profile(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(
            session, "负责人", Role.ORGANISATION_MANAGER, organisation_id, locale="en"
        )
        member = await builders.viewer(
            session, "成员", Role.ORGANISATION_MEMBER, organisation_id, locale="en"
        )
    path = f"/organisations/{organisation_id}/edit"
    await visitor.sign_in(member.signed_in())
    assert (await visitor.get(path)).status == 403
    await visitor.sign_in(manager.signed_in())
    page = await visitor.submit(await visitor.get(path), path, website="javascript:alert(1)")
    assert (page.status, "begins with https://" in page.text) == (422, True)
    page = await visitor.submit_and_follow(page, path, website="https://example.org", about="陪伴老人")
    assert "陪伴老人" in page.text
