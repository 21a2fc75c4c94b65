"""The page of dead jobs: for administrators of the city; what died is retried or skipped with a reason."""

from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from marketplace.outbox import heartbeats
from marketplace.outbox.models import OutboxEvent
from tests import builders, city
from tests.outbox.test_dead_jobs import a_dead_job
from tests.web.visitor import Visitor

LIST = "/desk/jobs"


async def administrator(house: House, locale: str = "en") -> UUID:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session, "陈岚", locale=locale)
        await builders.grant(session, person_id, Role.ADMINISTRATOR, city.CITY)
    return person_id


async def state(house: House, job_id: UUID) -> str:
    async with house.database.reading() as session:
        row = await session.get_one(OutboxEvent, job_id)
        return "dead" if row.dead_at else "done" if row.done_at else "open"


async def test_an_administrator_reads_why_a_job_died(visitor: Visitor, house: House) -> None:
    await a_dead_job(house, new_id(), strokes=3)
    await visitor.sign_in(await administrator(house))
    page = await visitor.get(LIST)
    assert page.status == 200
    for said in (
        "BellRung",
        "tests.write: BellIsCracked",
        "2 wait behind it",
        "1 dead job.",
        "No worker is alive",
    ):
        assert said in page.text
    async with house.database.unit_of_work() as session:
        await heartbeats.beat(session, "first")
    assert "1 worker is alive." in (await visitor.get(LIST)).text


async def test_an_empty_list_says_that_all_is_well(visitor: Visitor, house: House) -> None:
    await visitor.sign_in(await administrator(house))
    assert "No dead jobs" in (await visitor.get(LIST)).text


async def test_the_page_speaks_chinese(app: object, house: House) -> None:
    visitor = Visitor(app, house, locale="zh-CN")  # type: ignore[arg-type]
    await a_dead_job(house, new_id())
    await visitor.sign_in(await administrator(house, "zh_Hans"))
    assert "后面没有等候的任务" in (await visitor.get(LIST)).text
    await visitor.client.aclose()


async def test_a_job_is_retried(visitor: Visitor, house: House) -> None:
    job_id = await a_dead_job(house, new_id())
    await visitor.sign_in(await administrator(house))
    page = await visitor.submit_and_follow(await visitor.get(LIST), f"{LIST}/{job_id}/retry")
    assert "The job is tried again now." in page.text and "No dead jobs" in page.text
    assert await state(house, job_id) == "open"


async def test_all_jobs_are_retried(visitor: Visitor, house: House) -> None:
    made = [await a_dead_job(house, new_id()) for _ in range(2)]
    await visitor.sign_in(await administrator(house))
    await visitor.submit_and_follow(await visitor.get(LIST), f"{LIST}/retry")
    assert [await state(house, job_id) for job_id in made] == ["open", "open"]


async def test_a_job_is_skipped_with_a_reason(visitor: Visitor, house: House) -> None:
    job_id = await a_dead_job(house, new_id())
    person_id = await administrator(house)
    await visitor.sign_in(person_id)
    form = await visitor.get(f"{LIST}/{job_id}/skip")
    refused = await visitor.submit(form, f"{LIST}/{job_id}/skip", reason=" ")
    assert refused.status == 422 and await state(house, job_id) == "dead"
    page = await visitor.submit_and_follow(form, f"{LIST}/{job_id}/skip", reason="The bell was sold.")
    assert "your reason is on record" in page.text
    assert await state(house, job_id) == "done"
    async with house.database.reading() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.actor_id, entry.facts["reason"]) == (
        "job.skipped",
        person_id,
        "The bell was sold.",
    )


async def test_who_comes_too_late_is_told(visitor: Visitor, house: House) -> None:
    job_id = await a_dead_job(house, new_id())
    await visitor.sign_in(await administrator(house))
    before = await visitor.get(LIST)
    await visitor.submit_and_follow(before, f"{LIST}/{job_id}/retry")
    late = await visitor.submit(before, f"{LIST}/{job_id}/retry")
    assert late.status == 409 and "no longer dead" in late.text


@pytest.mark.parametrize("path", [LIST, f"{LIST}/{{job_id}}/skip"])
async def test_a_stranger_is_led_to_the_sign_in(visitor: Visitor, house: House, path: str) -> None:
    job_id = await a_dead_job(house, new_id())
    answer = await visitor.get(path.format(job_id=job_id))
    assert answer.status == 303 and str(answer.location).startswith("/sign-in?next=")


@pytest.mark.parametrize("path", [LIST, f"{LIST}/{{job_id}}/skip"])
@pytest.mark.parametrize("role", [None, Role.DISTRICT_OFFICER, Role.AUDITOR])
async def test_for_everybody_else_there_is_no_such_page(
    visitor: Visitor, house: House, path: str, role: Role | None
) -> None:
    job_id = await a_dead_job(house, new_id())
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session)
        if role:
            await builders.grant(session, person_id, role, city.CHANGNING)
    await visitor.sign_in(person_id)
    answer = await visitor.get(path.format(job_id=job_id))
    assert answer.status == 404 and "BellRung" not in answer.text
    assert "Dead jobs" not in (await visitor.get("/")).text


@pytest.mark.parametrize(
    "path", [f"{LIST}?after=nonsense", f"{LIST}/{{unknown}}/skip", f"{LIST}/nonsense/skip"]
)
async def test_addresses_that_mean_nothing_are_refused(visitor: Visitor, house: House, path: str) -> None:
    await visitor.sign_in(await administrator(house))
    answer = await visitor.get(path.format(unknown=new_id()))
    assert answer.status in {404, 422}
