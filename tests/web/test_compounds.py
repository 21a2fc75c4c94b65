"""The pages of compounds: owners, the company, the community and passers-by, without scripts, in both languages."""

from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.properties import inside, queries
from marketplace.kernel.pagination import PageRequest
from tests import builders, delivering
from tests.delivery.properties import scene
from tests.statements import counting
from tests.web.visitor import Visitor


async def test_from_the_first_owner_to_the_talk_before_renewal(house: House, visitor: Visitor) -> None:
    at = await scene.build(house)
    ours = f"/compounds/{at.compound_id}"
    await visitor.sign_in(at.outsider.signed_in())
    page = await visitor.get(ours)
    assert f"{ours}/home" in page.links and f"{ours}/demands" not in page.links
    page = await visitor.submit_and_follow(
        await visitor.get(f"{ours}/home"), f"{ours}/home", home="3号楼 501室"
    )
    assert "等待居委会确认" in page.text
    await visitor.sign_in(at.worker.signed_in())
    desk = await visitor.get("/desk/compounds")
    assert "3号楼 501室" in desk.text
    (claim,) = [link for link in desk.links if "/compounds/claims/" in link]
    desk = await visitor.submit_and_follow(await visitor.get(claim), claim, is_confirmed="true")
    assert "3号楼 501室" not in desk.text
    await visitor.sign_in(at.outsider.signed_in())
    demands = f"{ours}/demands"
    page = await visitor.submit_and_follow(
        await visitor.get(demands), demands, part="security", text="加装充电桩"
    )
    assert "加装充电桩" in page.text and "1 位业主有此诉求" in page.text
    await visitor.sign_in(at.owner.signed_in())
    page = await visitor.get(demands)
    (support,) = [form.action for form in page.forms if form.action.endswith("/support")]
    page = await visitor.submit_and_follow(page, support)
    assert "2 位业主有此诉求" in page.text and "路人" not in page.text
    (withdraw,) = [form.action for form in page.forms if form.action.endswith("/withdraw")]
    page = await visitor.submit_and_follow(page, withdraw)
    assert "1 位业主有此诉求" in page.text
    await visitor.sign_in(at.worker.signed_in())
    new = f"{ours}/contracts/new"
    form = await visitor.get(new)
    refused = await visitor.submit(
        form,
        new,
        organisation_id=str(at.organisation_id),
        fee_fen="2.2",
        starts_on="2026-01-01",
        ends_on="2025-01-01",
    )
    assert refused.status == 422 and "2025-01-01" in refused.html, refused.text
    page = await visitor.submit_and_follow(
        form,
        new,
        organisation_id=str(at.organisation_id),
        fee_fen="2.2",
        starts_on="2026-01-01",
        ends_on="2027-01-31",
        standards=["stairs_swept", "lift_stops"],
    )
    (contract,) = {link.rsplit("/", 1)[0] for link in page.links if link.endswith("/agreement")}
    page = await visitor.submit_and_follow(page, f"{contract}/standards", codes=["patrols_walked"])
    assert "每天不少于 6 次" in page.text
    page = await visitor.submit_and_follow(page, f"{contract}/lines/2/remove")
    (promise,) = [link for link in page.links if "?demand=" in link]
    page = await visitor.submit_and_follow(
        await visitor.get(promise),
        f"{contract}/lines",
        part="security",
        text="充电桩十个",
        direction="at_least",
        target="10",
        unit="times",
        per="year",
    )
    assert "充电桩十个" in page.text and "每年不少于 10 次" in page.text
    agree = await visitor.get(f"{contract}/agreement")
    page = await visitor.submit_and_follow(agree, f"{contract}/agreement")
    assert "业主已同意" in page.text
    refused = await visitor.submit(agree, f"{contract}/agreement")
    assert refused.status == 409
    for viewer in (at.rival, at.stranger_owner):
        await visitor.sign_in(viewer.signed_in())
        assert (await visitor.get(contract)).status == 404
    await visitor.sign_in(at.manager.signed_in())
    assert contract in (await visitor.get("/desk/compounds")).links
    page = await visitor.submit_and_follow(
        await visitor.get(f"{contract}/agreement"), f"{contract}/agreement"
    )
    assert "生效中" in page.text
    sources = f"{ours}/sources"
    page = await visitor.submit_and_follow(
        await visitor.get(sources), sources, name="物业自报", kind="company"
    )
    (facts,) = [link for link in page.links if link.endswith("/facts")]
    form = await visitor.get(facts)
    line_id = await first_line(house, at, contract)
    days = {"commitment_id": line_id, "from_on": "2026-11-15", "until_on": "2026-11-21", "value": "6"}
    refused = await visitor.submit(form, facts, **{**days, "until_on": "2026-12-21"})
    assert refused.status == 422 and "2026-12-21" in refused.html
    await visitor.submit_and_follow(form, facts, **days)
    page = await visitor.get(f"{contract}/lines/1")
    (correct,) = [link for link in page.links if "/compounds/facts/" in link]
    await visitor.submit_and_follow(await visitor.get(correct), correct, value="7", note="漏记一次")
    page = await visitor.get(f"{contract}/lines/1")
    assert "已被后来的事实更正" in page.text and "漏记一次" in page.text
    await visitor.sign_in(at.owner.signed_in())
    talk = f"{contract}/talk"
    page = await visitor.submit_and_follow(await visitor.get(talk), talk, text="楼道比去年干净")
    assert "楼道比去年干净" in page.text and "公司自报" in page.text
    await visitor.sign_in(at.worker.signed_in())
    page = await visitor.get(talk)
    (message,) = [link for link in page.links if "/compounds/messages/" in link]
    page = await visitor.submit_and_follow(await visitor.get(message), message, reason="重复发言")
    assert "重复发言" in page.text and "楼道比去年干净" not in page.text
    page = await visitor.submit_and_follow(
        await visitor.get(f"{contract}/end"), f"{contract}/end", reason="另聘"
    )
    assert "提前终止" in page.text and "另聘" in page.text


async def first_line(house: House, at: scene.Scene, contract: str) -> str:
    async with house.database.reading() as session:
        return str((await queries.line(session, at.worker, UUID(contract.rsplit("/", 1)[1]), 1)).id)


@pytest.mark.parametrize(("locale", "said"), [("zh_Hans", "是否兑现"), ("en", "Was it kept")])
async def test_the_public_reads_months_by_kind_in_their_language(
    house: House, visitor: Visitor, locale: str, said: str
) -> None:
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at)
    async with house.database.unit_of_work() as session:
        reader = await builders.viewer(session, locale=locale)
        line = await queries.line(session, at.worker, contract_id, 1)
    source_id = await scene.source(house, at.worker, at.compound_id)
    await scene.post(house, at.worker, scene.told(house, line.id, source_id))
    await visitor.sign_in(reader.signed_in())
    page = await visitor.get(f"/compounds/{at.compound_id}")
    assert page.status == 200 and said in page.text and "<svg" in page.html
    assert f"/compounds/contracts/{contract_id}/talk" not in page.links
    assert f"/organisations/{at.organisation_id}/scorecard" in page.links
    assert (await visitor.get(f"/compounds/contracts/{contract_id}")).status == 200
    line_page = await visitor.get(f"/compounds/contracts/{contract_id}/lines/1")
    assert line_page.status == 200 and "居委会巡查" not in line_page.text
    for closed in ("demands", "sources"):
        assert (await visitor.get(f"/compounds/{at.compound_id}/{closed}")).status == 404
    assert (await visitor.get(f"/compounds/contracts/{contract_id}/talk")).status == 404
    for number in (99, 10**30):
        assert (await visitor.get(f"/compounds/contracts/{contract_id}/lines/{number}")).status == 404


async def test_doors_of_the_community_and_the_company_stay_closed_to_others(
    house: House, visitor: Visitor
) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at)
    demand_id = await scene.demand(house, at.owner, at.compound_id)
    doors = {
        "/compounds/new": 403,
        f"/compounds/{at.compound_id}/edit": 403,
        f"/compounds/{at.compound_id}/contracts/new": 403,
        f"/compounds/contracts/{contract_id}/lines": 404,
        f"/compounds/contracts/{contract_id}/agreement": 404,
        f"/compounds/contracts/{contract_id}/end": 404,
        f"/compounds/demands/{demand_id}": 404,
    }
    for viewer in (at.rival, at.stranger_owner, at.outsider):
        await visitor.sign_in(viewer.signed_in())
        for path, status in doors.items():
            assert (await visitor.get(path)).status == status, path
    await visitor.sign_in(at.owner.signed_in())
    assert (await visitor.get(f"/compounds/demands/{demand_id}")).status == 403
    assert (await visitor.get(f"/compounds/contracts/{contract_id}")).status == 200
    visitor.client.cookies.clear()
    for path in (*list(doors)[:3], "/desk/compounds", f"/compounds/{at.compound_id}/home"):
        assert (await visitor.get(path)).status in (303, 403), path


async def test_a_compound_is_registered_corrected_and_found(house: House, visitor: Visitor) -> None:
    at = await scene.build(house)
    await visitor.sign_in(at.worker.signed_in())
    form = await visitor.get("/compounds/new")
    refused = await visitor.submit(
        form, "/compounds/new", name="月村", address="江苏路", households="0", buildings="3"
    )
    assert refused.status == 422 and "月村" in refused.html
    page = await visitor.submit_and_follow(
        form, "/compounds/new", name="月村", address="江苏路", households="120", buildings="3"
    )
    (edit,) = [link for link in page.links if link.endswith("/edit")]
    page = await visitor.submit_and_follow(await visitor.get(edit), edit, households="130")
    assert "130" in page.text
    found = await visitor.get("/compounds?q=月村")
    assert "月村" in found.text and "武夷花园" not in found.text
    assert "没有找到这个小区" in (await visitor.get("/compounds?q=没有的")).text


async def test_who_is_refused_reads_why_and_a_decline_is_read_beside_the_demand(
    house: House, visitor: Visitor
) -> None:
    at = await scene.build(house)
    await scene.drafted(house, at)
    demand_id = await scene.demand(house, at.owner, at.compound_id)
    await visitor.sign_in(at.manager.signed_in())
    path = f"/compounds/demands/{demand_id}"
    page = await visitor.submit_and_follow(await visitor.get(path), path, reason="电力不足")
    assert "电力不足" in page.text
    await visitor.sign_in(at.outsider.signed_in())
    home = f"/compounds/{at.compound_id}/home"
    await visitor.submit_and_follow(await visitor.get(home), home, home="9号楼")
    async with house.database.reading() as session:
        waiting = await inside.waiting_claims(session, at.worker, house.vault, PageRequest(5))
    claim = f"/compounds/claims/{waiting.rows[0].id}"
    await visitor.sign_in(at.worker.signed_in())
    form = await visitor.get(claim)
    refused = await visitor.submit(form, claim, is_confirmed="false")
    assert refused.status == 422
    await visitor.submit_and_follow(form, claim, is_confirmed="false", reason="查无此户")
    await visitor.sign_in(at.outsider.signed_in())
    assert "查无此户" in (await visitor.get(f"/compounds/{at.compound_id}")).text


async def test_the_page_of_a_compound_asks_as_often_for_many_lines_as_for_few(
    house: House, visitor: Visitor
) -> None:
    at = await scene.build(house)
    contract_id = await scene.drafted(house, at, standards=["stairs_swept"])

    async def asked() -> int:
        with counting(house) as sent:
            assert (await visitor.get(f"/compounds/contracts/{contract_id}")).status == 200
        return len(sent)

    await visitor.sign_in(at.worker.signed_in())
    few = await asked()
    for number in range(12):
        await scene.line(house, at, contract_id, text=f"第{number}条")
        await scene.demand(
            house, at.second_owner if number % 2 else at.owner, at.compound_id, f"诉求{number}"
        )
    await asked()
    assert abs(await asked() - few) <= 1


async def test_a_scorecard_stands_beside_the_facts(house: House, visitor: Visitor) -> None:
    at = await scene.build(house)
    await scene.agreed(house, at)
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, at.organisation_id, service_type="property_service")
    page = await visitor.get(f"/compounds/{at.compound_id}")
    assert "4.60" in page.text
