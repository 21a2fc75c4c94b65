"""Dead jobs through the graph."""

from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from tests import builders, city
from tests.graph.client import api_token, graph_client, operation
from tests.outbox.test_dead_jobs import a_dead_job


async def token_of(house: House, role: Role | None = None, *scopes: str) -> str:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session, locale="en")
        if role is not None:
            await builders.grant(session, person_id, role, city.CITY)
        return await api_token(session, person_id, *(scopes or ("read", "write")))


async def is_dead(house: House, job_id: UUID) -> bool:
    async with house.database.reading() as session:
        return (await session.get_one(OutboxEvent, job_id)).dead_at is not None


async def test_an_administrator_reads_and_retries_a_dead_job(house: House) -> None:
    bell = new_id()
    job_id = await a_dead_job(house, bell, strokes=3)
    async with graph_client(house, token=await token_of(house, Role.ADMINISTRATOR)) as client:
        found = (await client.data(operation("jobs/dead_jobs"), first=10))["deadJobs"]
        (job,) = found["nodes"]
        assert found["totalCount"] == 1
        assert (job["name"], job["subjectId"], job["waiting"]) == ("BellRung", str(bell), 2)
        answer = await client.data(operation("jobs/retry_job"), input={"jobId": job["id"]})
        assert answer == {"retryJob": {"jobId": job["id"]}}
        again = await client.data(operation("jobs/retry_job"), input={"jobId": job["id"]})
        assert again["retryJob"]["code"] == "job_is_not_dead"
    assert not await is_dead(house, job_id)


async def test_a_skip_needs_a_reason(house: House) -> None:
    job_id = await a_dead_job(house, new_id())
    async with graph_client(house, token=await token_of(house, Role.ADMINISTRATOR)) as client:
        (job,) = (await client.data(operation("jobs/dead_jobs"), first=1))["deadJobs"]["nodes"]
        refused = await client.data(operation("jobs/skip_job"), input={"jobId": job["id"], "reason": " "})
        assert [fault["field"] for fault in refused["skipJob"]["fields"]] == ["reason"]
        assert await is_dead(house, job_id)
        await client.data(
            operation("jobs/skip_job"), input={"jobId": job["id"], "reason": "The bell was sold."}
        )
    assert not await is_dead(house, job_id)


async def test_a_token_that_may_only_read_retries_nothing(house: House) -> None:
    job_id = await a_dead_job(house, new_id())
    token = await token_of(house, Role.ADMINISTRATOR, "read")
    async with graph_client(house, token=token) as client:
        (job,) = (await client.data(operation("jobs/dead_jobs"), first=1))["deadJobs"]["nodes"]
        answer = await client.data(operation("jobs/retry_job"), input={"jobId": job["id"]})
    assert answer["retryJob"]["code"] == "token_may_not_write"
    assert await is_dead(house, job_id)


@pytest.mark.parametrize(
    ("role", "code"),
    [("stranger", "sign_in_needed"), (None, "not_found"), (Role.AUDITOR, "not_found")],
)
async def test_for_everybody_else_there_are_no_jobs(house: House, role: Role | str | None, code: str) -> None:
    job_id = await a_dead_job(house, new_id())
    async with graph_client(house, token=await token_of(house, Role.ADMINISTRATOR)) as client:
        (job,) = (await client.data(operation("jobs/dead_jobs"), first=1))["deadJobs"]["nodes"]
    token = (
        None
        if isinstance(role, str) and role == "stranger"
        else await token_of(house, Role(role) if role else None)
    )
    async with graph_client(house, token=token) as client:
        listed = await client.ask(operation("jobs/dead_jobs"), first=1)
        assert [error["extensions"]["code"] for error in listed["errors"]] == [code]
        assert await client.data("query($id:ID!){node(id:$id){id}}", id=job["id"]) == {"node": None}
        for name, extra in (("retry", {}), ("skip", {"reason": "No reason."})):
            answer = await client.data(operation(f"jobs/{name}_job"), input={"jobId": job["id"], **extra})
            assert answer[f"{name}Job"]["code"] == code
    assert await is_dead(house, job_id)


@pytest.mark.parametrize("job_id", ["", "nonsense", "RGVhZEpvYjpub25zZW5zZQ", "QXJlYTozMTAxMDUwMDAwMDA"])
async def test_an_id_of_something_else_is_not_found(house: House, job_id: str) -> None:
    async with graph_client(house, token=await token_of(house, Role.ADMINISTRATOR)) as client:
        answer = await client.data(operation("jobs/retry_job"), input={"jobId": job_id})
    assert answer["retryJob"]["code"] == "not_found"
