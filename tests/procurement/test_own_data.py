"""A person's own data from procurement: exported whole, and on erasure no longer drawn for a panel."""

from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity.drafts import ErasureDraft
from marketplace.kernel.ids import new_id
from marketplace.procurement import accesses
from marketplace.procurement.evaluation.models import Expert
from marketplace.procurement.tenders.models import Question
from tests import builders, buying, city


async def test_the_export_tells_what_was_asked_seen_and_been(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session)
        stranger_to_it = await builders.viewer(session, "路人")
        tender = await buying.tender(session)
        organisation_id = await builders.organisation(session)
        assert viewer.person_id is not None
        session.add_all([_question(tender.id, organisation_id, viewer.person_id), _expert(viewer.person_id)])
        accesses.seen(session, viewer, tender.id, "bid")
    async with house.database.reading() as session:
        mine = (await house.personal_data.export(session, viewer))["procurement"]
        theirs = (await house.personal_data.export(session, stranger_to_it))["procurement"]
    assert [row["text"] for row in mine["questions"]] == ["服务地点可以调整吗？"]
    assert [row["employer"] for row in mine["expert"]] == ["华东师范大学"]
    assert [row["what"] for row in mine["saw"]] == ["bid"]
    assert not any(theirs.values())


async def test_an_erased_expert_is_drawn_no_more_and_the_question_stays(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session)
        tender = await buying.tender(session)
        organisation_id = await builders.organisation(session)
        assert viewer.person_id is not None
        question, expert = _question(tender.id, organisation_id, viewer.person_id), _expert(viewer.person_id)
        session.add_all([question, expert])
    async with house.database.unit_of_work() as session:
        await house.personal_data.erase(session, viewer, ErasureDraft(confirmed=True))
    async with house.database.reading() as session:
        left = await session.get_one(Expert, expert.id)
        assert left.ended_at is not None
        assert (left.employer, left.speciality) == (None, "")
        assert (await session.get_one(Question, question.id)).text == "服务地点可以调整吗？"


def _question(tender_id: UUID, organisation_id: UUID, asked_by: UUID) -> Question:
    return Question(
        id=new_id(),
        tender_id=tender_id,
        number=1,
        organisation_id=organisation_id,
        asked_by=asked_by,
        idempotency_key="question",
        text="服务地点可以调整吗？",
        asked_at=city.NOW,
    )


def _expert(person_id: UUID) -> Expert:
    return Expert(
        id=new_id(),
        person_id=person_id,
        area_code=city.CHANGNING,
        fields=["elderly_care"],
        speciality="老年护理",
        employer="华东师范大学",
        registered_at=city.NOW,
    )
