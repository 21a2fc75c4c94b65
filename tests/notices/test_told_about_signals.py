"""Whistles are told to who can do something about them and to whom they are about; wishes that were taken up, to who wished."""

from marketplace.bootstrap import House
from marketplace.delivery.signals import taking_up, whistles
from marketplace.delivery.signals.drafts import AnswerWhistleDraft, NeedOfWishesDraft
from marketplace.kernel.locale import EN, ZH
from marketplace.notices.wording import worded
from tests import builders, city, delivering
from tests.delivering import SERVICE
from tests.delivery.signals import scene as signals
from tests.notices.scene import inbox, kinds
from tests.web.visitor import Visitor
from web.app import create_app


async def test_buyer_and_provider_hear_of_a_whistle_once_and_of_its_answer(house: House) -> None:
    under, whistle_id = await signals.blown(house)
    assert "whistle_blown" in await kinds(house, under.officer)
    assert await kinds(house, under.manager) == ["whistle_about_you"]
    await signals.watch(house)
    assert await kinds(house, under.manager) == ["whistle_about_you"]
    async with house.database.unit_of_work() as session:
        await whistles.answer(session, under.officer, whistle_id, AnswerWhistleDraft(answer="已约谈"))
    assert await kinds(house, under.manager) == ["whistle_about_you", "whistle_answered"]
    (newest, *_) = await inbox(house, under.manager)
    assert newest.link == f"/signals/{whistle_id}"
    said = worded(EN, newest.kind, newest.facts)
    assert "社区助浴服务合同" in said.title and "Commitments are not kept" in said.lines[0]
    visitor = Visitor(create_app(house), house)
    await visitor.sign_in(under.manager.signed_in())
    assert (await visitor.get(newest.link)).status == 200
    await visitor.client.aclose()


async def test_the_community_hears_of_its_compound(house: House) -> None:
    async with house.database.unit_of_work() as session:
        contract_id, manager = await delivering.property_contract(session, await delivering.compound(session))
        commitment_id = await delivering.property_commitment(session, contract_id)
        keeper = await builders.viewer(session, "巡查员")
        for _ in range(5):
            await delivering.fact(session, commitment_id, 1, keeper)
    worker = await signals.worker(house)
    await signals.watch(house)
    assert await kinds(house, worker) == ["whistle_blown"]
    assert await kinds(house, manager) == ["whistle_about_you"]
    assert await kinds(house, keeper) == []


async def test_those_who_wished_hear_what_it_became_and_never_how_many(house: House) -> None:
    people = await signals.wished(house, 5)
    other = (await signals.wished(house, 1, "child_care"))[0]
    worker = await signals.worker(house)
    draft = NeedOfWishesDraft(
        service_type=SERVICE,
        area_code=city.JIANGSU_COMMUNITY,
        title="陪老人散步",
        description="每周一次",
        place="江苏居委会",
        idempotency_key="one",
    )
    async with house.database.unit_of_work() as session:
        await taking_up.as_need(session, worker, draft)
    for person in people:
        (told,) = await inbox(house, person)
        assert told.kind == "wish_taken_up" and told.link == "/wishes"
        assert "需求草案" in worded(ZH, told.kind, told.facts).lines[0]
        assert "5" not in "".join(worded(ZH, told.kind, told.facts).lines)
    assert await kinds(house, other) == []
