"""Dead jobs: seen, retried and skipped by an administrator of the city, on record, and by nobody else."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from marketplace import jobs
from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.jobs import JobIsNotDead, SkipDraft
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.outbox.figures import figures
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import HAS_NEWS, publish
from tests import builders, city
from tests.deliveries import drain
from tests.outbox.news import BellRung, heard, write_down

REASON = SkipDraft(reason="The bell was sold.")


async def a_dead_job(house: House, bell: UUID, strokes: int = 1) -> UUID:
    """The first stroke is dead, the others wait behind it."""
    async with house.database.unit_of_work() as session:
        await publish(session, *(BellRung(bell, number) for number in range(1, strokes + 1)))
    async with house.database.unit_of_work() as session:
        job_id = await session.scalar(
            select(OutboxEvent.id).where(OutboxEvent.stream_id == bell, OutboxEvent.sequence == 1)
        )
        await session.execute(
            update(OutboxEvent)
            .where(OutboxEvent.id == job_id)
            .values(dead_at=session.now(), attempts=8, last_error="tests.write: BellIsCracked")
        )
    assert job_id is not None
    return job_id


async def viewer(house: House, role: Role | None = None, scope: str = city.CITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, role=role, scope=scope)


async def test_an_administrator_sees_what_died_and_what_waits_behind(house: House) -> None:
    bell = new_id()
    job_id = await a_dead_job(house, bell, strokes=3)
    administrator = await viewer(house, Role.ADMINISTRATOR)
    async with house.database.reading() as session:
        page = await jobs.dead(session, administrator, PageRequest())
        assert (await figures(session)).dead == page.total == 1
    (job,) = page.rows
    assert (job.id, job.name, job.subject_id, job.attempts, job.waiting) == (job_id, "BellRung", bell, 8, 2)
    assert job.last_error == "tests.write: BellIsCracked"


async def test_the_list_is_read_page_by_page(house: House) -> None:
    made = {await a_dead_job(house, new_id()) for _ in range(5)}
    seen: list[UUID] = []
    after = None
    async with house.database.reading() as session:
        while True:
            page = await jobs.dead(session, jobs.OPERATOR, PageRequest(2, after))
            seen += [job.id for job in page.rows]
            if not page.has_next:
                break
            after = page.end_cursor
    assert len(seen) == 5 and set(seen) == made


async def test_a_retried_job_is_delivered_and_its_stream_goes_on(house: House) -> None:
    house.registry.on(BellRung, "tests.write", write_down)
    bell = new_id()
    job_id = await a_dead_job(house, bell, strokes=3)
    administrator = await viewer(house, Role.ADMINISTRATOR)
    assert await drain(house) == 0
    async with house.database.unit_of_work() as session:
        await jobs.retry(session, administrator, job_id)
    assert session.info[HAS_NEWS], "the relay is woken"
    assert await drain(house) == 3
    assert await heard(house.database, bell) == [1, 2, 3]
    assert await audited(house) == [("job.retried", administrator.person_id, None)]


async def test_a_skipped_job_never_happens_and_its_stream_goes_on(house: House) -> None:
    house.registry.on(BellRung, "tests.write", write_down)
    bell = new_id()
    job_id = await a_dead_job(house, bell, strokes=2)
    administrator = await viewer(house, Role.ADMINISTRATOR)
    async with house.database.unit_of_work() as session:
        await jobs.skip(session, administrator, job_id, REASON)
    assert await drain(house) == 1
    assert await heard(house.database, bell) == [2]
    assert await audited(house) == [("job.skipped", administrator.person_id, "The bell was sold.")]


async def test_all_dead_jobs_are_retried_at_once(house: House) -> None:
    house.registry.on(BellRung, "tests.write", write_down)
    for _ in range(3):
        await a_dead_job(house, new_id())
    async with house.database.unit_of_work() as session:
        assert await jobs.retry_all(session, jobs.OPERATOR) == 3
    assert await drain(house) == 3
    assert await audited(house) == [("job.retried", None, None)] * 3


async def test_of_two_who_act_at_once_the_second_changes_nothing(house: House) -> None:
    job_id = await a_dead_job(house, new_id())

    async def act(command: Callable[..., Any], *facts: Any) -> str:
        try:
            async with house.database.unit_of_work() as session:
                await command(session, jobs.OPERATOR, job_id, *facts)
        except JobIsNotDead:
            return "too late"
        return "done"

    answers = await asyncio.gather(act(jobs.retry), act(jobs.skip, REASON))
    assert sorted(answers) == ["done", "too late"]
    assert len(await audited(house)) == 1


@pytest.mark.parametrize("door", ["list", "one", "retry", "retry all", "skip"])
@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("stranger", SignInNeeded),
        ("outsider", NotFound),
        ("district administrator", NotFound),
        ("auditor", NotFound),
    ],
)
async def test_nobody_else_comes_through_any_door(
    house: House, door: str, who: str, answer: type[MarketplaceError]
) -> None:
    job_id = await a_dead_job(house, new_id())
    visitors = {
        "stranger": STRANGER,
        "outsider": await viewer(house),
        "district administrator": await viewer(house, Role.ADMINISTRATOR, city.CHANGNING),
        "auditor": await viewer(house, Role.AUDITOR),
    }
    with pytest.raises(answer):
        async with house.database.unit_of_work() as session:
            await through(door, session, visitors[who], job_id)
    async with house.database.reading() as session:
        assert not await jobs.by_ids(session, visitors[who], [job_id])
        assert (await figures(session)).dead == 1
    assert await audited(house) == []


async def through(door: str, session: Session, visitor: Viewer, job_id: UUID) -> None:
    if door == "list":
        await jobs.dead(session, visitor, PageRequest())
    elif door == "one":
        await jobs.one(session, visitor, job_id)
    elif door == "retry":
        await jobs.retry(session, visitor, job_id)
    elif door == "retry all":
        await jobs.retry_all(session, visitor)
    else:
        await jobs.skip(session, visitor, job_id, REASON)


async def test_a_job_that_does_not_exist_is_not_found(house: House) -> None:
    async with house.database.unit_of_work() as session:
        for attempt in (
            jobs.one(session, jobs.OPERATOR, new_id()),
            jobs.retry(session, jobs.OPERATOR, new_id()),
        ):
            with pytest.raises(NotFound):
                await attempt


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b"])
def test_a_skip_needs_a_reason_that_can_be_read(reason: str) -> None:
    with pytest.raises(InputIsInvalid):
        read(SkipDraft, {"reason": reason})


async def audited(house: House) -> list[tuple[str, UUID | None, str | None]]:
    async with house.database.reading() as session:
        rows = await session.execute(
            select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.facts).where(
                AuditEntry.action.startswith("job.")
            )
        )
        return [(row.action, row.actor_id, row.facts.get("reason")) for row in rows]
