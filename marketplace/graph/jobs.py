"""Dead jobs in the graph: for administrators of the city."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace import jobs
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.graph.problems import Problems
from marketplace.jobs import SkipDraft
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest


@node(jobs.by_ids)
@strawberry.type(
    description="An event whose delivery failed eight times. Later events of the same thing wait until it is retried or skipped."
)
class DeadJob(Node):
    name: str = strawberry.field(description="What happened, such as `NeedPublished`.")
    subject_id: UUID = strawberry.field(description="The thing it happened to.")
    attempts: int
    last_error: str = strawberry.field(description="The consumer that failed and the kind of error.")
    created_at: datetime
    dead_at: datetime
    waiting: int = strawberry.field(description="How many events of the same thing wait behind it.")

    @classmethod
    def of(cls, row: jobs.DeadJob) -> "DeadJob":
        return cls(
            id=global_id("DeadJob", row.id),
            name=row.name,
            subject_id=row.subject_id,
            attempts=row.attempts,
            last_error=row.last_error,
            created_at=row.created_at,
            dead_at=row.dead_at,
            waiting=row.waiting,
        )


@strawberry.type
class JobQueries:
    @strawberry.field(description="The dead jobs, the latest first; for administrators of the city.")
    async def dead_jobs(self, info: Info, first: First = 20, after: After = None) -> Connection[DeadJob]:
        page = await info.context.ask(jobs.dead, PageRequest(first, after))
        return connection(page, DeadJob.of)


@strawberry.input
class RetryJobInput:
    job_id: strawberry.ID


@strawberry.input
class SkipJobInput:
    job_id: strawberry.ID
    reason: str = strawberry.field(
        description="Why it may be skipped; kept on record. Nobody's personal data."
    )


@strawberry.type(description="The job is open again, or done with; it is no longer among the dead.")
class SettledJob:
    job_id: strawberry.ID


RetryJobResult: TypeAlias = Annotated[SettledJob | Problems, strawberry.union("RetryJobResult")]
SkipJobResult: TypeAlias = Annotated[SettledJob | Problems, strawberry.union("SkipJobResult")]


@strawberry.type
class JobMutations:
    @strawberry.mutation(description="Give a dead job its eight attempts again.")
    async def retry_job(self, info: Info, input: RetryJobInput) -> RetryJobResult:
        await info.context.do(jobs.retry, key_of("DeadJob", input.job_id))
        return SettledJob(job_id=input.job_id)

    @strawberry.mutation(description="Give a dead job up, so that what waits behind it goes on.")
    async def skip_job(self, info: Info, input: SkipJobInput) -> SkipJobResult:
        draft = read(SkipDraft, {"reason": input.reason})
        await info.context.do(jobs.skip, key_of("DeadJob", input.job_id), draft)
        return SettledJob(job_id=input.job_id)
