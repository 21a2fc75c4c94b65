"""Pages of whistles and wishes: whom they open to, what is drawn, and every way through without scripts, in both languages."""

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.signals.models import ServiceWish, Whistle
from marketplace.identity.viewer import Role
from marketplace.procurement.lists.models import ListItem
from tests import builders, city, delivering
from tests.delivering import SERVICE
from tests.delivery.signals import scene
from tests.procurement.lists import scene as list_scene
from tests.web.visitor import Visitor


@pytest.mark.parametrize(
    ("locale", "said"), [("zh_Hans", "承诺兑现不足"), ("en", "Commitments are not kept")]
)
async def test_an_officer_reads_a_whistle_with_its_numbers_drawn_and_answers(
    house: House, visitor: Visitor, locale: str, said: str
) -> None:
    under, whistle_id = await scene.blown(house)
    async with house.database.unit_of_work() as session:
        reader = await builders.viewer(
            session, "采购员", Role.PROCUREMENT_OFFICER, city.CHANGNING, locale=locale
        )
    await visitor.sign_in(reader.signed_in())
    path = f"/signals/{whistle_id}"
    listed = await visitor.get("/signals")
    assert path in listed.links and said in listed.text and "<svg" in listed.html
    page = await visitor.get(path)
    assert said in page.text and "<desc>" in page.html and "<table" in page.html
    for wrong in ("", "长" * 10_000):
        refused = await visitor.submit(page, path, answer=wrong)
        assert refused.status == 422 and "answer" in refused.html
    page = await visitor.submit_and_follow(page, path, answer="已约谈，增派两人")
    assert "已约谈，增派两人" in page.text and [form for form in page.forms if form.action == path] == []
    await visitor.sign_in(under.manager.signed_in())
    seen = await visitor.get(path)
    assert "已约谈，增派两人" in seen.text
    for way in (f"/contracts/{under.id}/deliveries", f"/organisations/{under.organisation_id}/scorecard"):
        assert way in seen.links and (await visitor.get(way)).status == 200
    assert path in (await visitor.get(f"/supplier/contracts/{under.id}")).links
    await visitor.sign_in(reader.signed_in())
    assert path in (await visitor.get(f"/desk/buying/contracts/{under.id}")).links
    assert path not in (await visitor.get(f"/buying/contracts/{under.id}")).links


async def test_whistles_are_closed_to_strangers_and_outsiders(house: House, visitor: Visitor) -> None:
    _, whistle_id = await scene.blown(house)
    for path in ("/signals", f"/signals/{whistle_id}"):
        assert (await visitor.get(path)).status in {302, 303, 401, 403}
    async with house.database.unit_of_work() as session:
        outsider = await builders.viewer(session)
    await visitor.sign_in(outsider.signed_in())
    assert (await visitor.get(f"/signals/{whistle_id}")).status == 404
    page = await visitor.get("/signals")
    assert "数据哨供对服务负责的人查看" in page.text and "/my/services" in page.links


async def test_falling_ratings_and_silence_are_drawn_too_and_what_is_over_is_found(
    house: House, visitor: Visitor
) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.fallen(session, under)
        silent = await delivering.contract(session, "无声服务社")
        await scene.unanswered(session, silent)
    for whistle in await scene.watch(house):
        await visitor.sign_in(under.officer.signed_in())
        page = await visitor.get(f"/signals/{whistle.id}")
        assert page.status == 200 and "<svg" in page.html and "<table" in page.html
        async with house.database.unit_of_work() as session:
            row = await session.get_one(Whistle, whistle.id)
            row.closed_at = session.now()
        assert "无需答复" in (await visitor.get(f"/signals/{whistle.id}")).text
    assert len((await visitor.get("/signals?show=all")).links) > len((await visitor.get("/signals")).links)


async def test_a_resident_wishes_withdraws_and_wishes_by_one_tap(house: House, visitor: Visitor) -> None:
    stranger = await visitor.get("/wishes")
    assert stranger.status == 200 and "Sign in to say your wish" in stranger.text
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
    await visitor.sign_in(resident.signed_in())
    page = await visitor.get(f"/wishes?kind={SERVICE}")
    refused = await visitor.submit(page, "/wishes", service_type="")
    assert refused.status == 422
    page = await visitor.submit_and_follow(page, "/wishes", text="每周一次就好")
    assert "心愿已记下" in page.text and "每周一次就好" in page.text and "江苏居委会" in page.text
    (withdraw,) = [form.action for form in page.forms if form.action.endswith("/withdraw")]
    page = await visitor.submit_and_follow(page, withdraw)
    assert "您还没有心愿" in page.text
    # Beside a service there is a button alone, which names the kind and nothing else.
    page = await visitor.submit_and_follow(page, "/wishes", service_type=SERVICE, area="", area_said="")
    assert "等待采纳" in page.text
    unclear = await visitor.submit(page, "/wishes", service_type=SERVICE, area="没有这个地方")
    assert unclear.status == 422 and "没有这个地方" in unclear.html


@pytest.mark.parametrize(("locale", "said"), [("zh_Hans", "大家最想要的"), ("en", "What is asked for most")])
async def test_what_is_asked_for_most_is_public_and_tells_no_small_number(
    house: House, visitor: Visitor, locale: str, said: str
) -> None:
    people = await scene.wished(house, 6)
    await scene.wished(house, 2, "child_care")
    async with house.database.unit_of_work() as session:
        reader = await builders.viewer(session, locale=locale)
    page = await visitor.get("/wishes/asked")
    assert page.status == 200
    await visitor.sign_in(reader.signed_in())
    for path in ("/wishes/asked", f"/wishes/asked/{city.JIANGSU_COMMUNITY}"):
        page = await visitor.get(path)
        assert said in page.text and "5+" in page.html and "<table" in page.html
        assert f"/{SERVICE}/need" not in page.html and "每周一次" not in page.text
        assert not {"儿童", "Child"} & set(page.text.split())
    assert (await visitor.get(f"/wishes/asked/{city.TIANPING_COMMUNITY}")).status == 200
    for wrong in ("310999999999", "changning", "0", "x" * 300):
        assert (await visitor.get(f"/wishes/asked/{wrong}")).status == 404
    assert people


async def test_a_worker_makes_a_draft_need_of_wishes_once(house: House, visitor: Visitor) -> None:
    people = await scene.wished(house, 6)
    worker = await scene.worker(house)
    path = f"/wishes/asked/{city.JIANGSU_COMMUNITY}/{SERVICE}/need"
    assert (await visitor.get(path)).status in {302, 303, 401, 403}
    await visitor.sign_in(people[0].signed_in())
    assert (await visitor.get(path)).status == 403
    await visitor.sign_in(worker.signed_in())
    assert path in (await visitor.get(f"/wishes/asked/{city.JIANGSU_COMMUNITY}")).links
    page = await visitor.get(path)
    assert "至少 5 位居民提出" in page.text and "每周一次就好 3" in page.text and "居民3" not in page.text
    words = {"title": "每周陪老人散步", "description": "居民希望有人陪老人散步。", "place": "江苏居委会"}
    refused = await visitor.submit(page, path, **words | {"title": ""})
    assert refused.status == 422 and "居民希望有人陪老人散步" in refused.html
    done = await visitor.submit_and_follow(page, path, **words)
    assert "已由心愿生成需求草案" in done.text and "每周陪老人散步" in done.html
    again = await visitor.submit(await visitor.get(path), path, **words)
    assert again.status == 409 and "不足 5 人" in again.text
    await visitor.sign_in(people[0].signed_in())
    assert "已采纳" in (await visitor.get("/wishes")).text


async def test_an_officer_puts_wishes_into_an_edition(house: House, visitor: Visitor) -> None:
    at = await list_scene.begun(house)
    await scene.wished(house, 6, "bathing_help")
    await visitor.sign_in(at.officer.signed_in())
    path = f"/wishes/asked/{city.JIANGSU_ROAD}/bathing_help/item"
    assert path in (await visitor.get(f"/wishes/asked/{city.JIANGSU_ROAD}")).links
    page = await visitor.get(path)
    fields = {
        "edition_id": str(at.edition_id),
        "title": "社区助浴服务",
        "description": "由持证护理员上门协助洗浴。",
        "budget_fen": "20万",
        "quantity": "3000",
        "unit": "人次",
        "planned_tender_on": "2027-02-01",
        "starts_on": "2027-04-01",
        "ends_on": "2027-03-01",
        "standards": "持证上岗",
    }
    refused = await visitor.submit(page, path, **fields)
    assert refused.status == 422 and 'href="#field-ends_on"' in refused.html
    done = await visitor.submit_and_follow(page, path, **fields | {"ends_on": "2028-03-31"})
    assert "项目已放入该版本" in done.text
    async with house.database.reading() as session:
        assert len((await session.scalars(select(ListItem))).all()) == 1
        assert all(one.taken_up_at for one in (await session.scalars(select(ServiceWish))).all())
    elsewhere = f"/wishes/asked/{city.TIANPING}/bathing_help/item"
    assert (await visitor.get(elsewhere)).status == 403
    for wrong in ("no_such_kind", "%00", "%E2%80%AE", "x" * 300):
        assert (await visitor.get(f"/wishes/asked/{city.JIANGSU_ROAD}/{wrong}/item")).status == 404
    assert (await visitor.get("/wishes?kind=%00&after=%00")).status in {200, 422}
    nothing = await visitor.get(f"/wishes/asked/{city.HUAYANG}/bathing_help/item")
    assert "目前没有可编辑的版本" in nothing.text


async def test_one_tap_beside_a_service_wishes_for_more_of_it_at_home(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        under = await delivering.contract(session)
        await delivering.ticket(session, await delivering.delivery(session, under), resident.signed_in())
    await visitor.sign_in(resident.signed_in())
    page = await visitor.submit_and_follow(await visitor.get("/my/services"), "/wishes")
    assert "心愿已记下" in page.text and "江苏居委会" in page.text and "为老服务" in page.text


async def test_a_whistle_about_overdue_services_says_so(house: House, visitor: Visitor) -> None:
    under, whistle_id = await scene.overdue(house)
    await visitor.sign_in(under.officer.signed_in())
    for path in ("/signals", f"/signals/{whistle_id}"):
        page = await visitor.get(path)
        assert "服务逾期未登记" in page.text and page.text.count("承诺兑现不足") == (path == "/signals")


async def test_whoever_answers_after_another_officer_is_told_so(house: House, visitor: Visitor) -> None:
    under, whistle_id = await scene.blown(house)
    await visitor.sign_in(under.officer.signed_in())
    path = f"/signals/{whistle_id}"
    page = await visitor.get(path)
    await visitor.submit_and_follow(page, path, answer="已约谈")
    late = await visitor.submit(page, path, answer="我也约谈了")
    assert late.status == 409 and "请再看一下" in late.text and "已约谈" in late.text
