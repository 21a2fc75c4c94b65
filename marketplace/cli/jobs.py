"""`marketplace jobs …`: dead jobs, seen, retried, or skipped with a reason."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from marketplace.cli.running import output, run

if TYPE_CHECKING:
    from marketplace.bootstrap import House
    from marketplace.jobs import DeadJob
    from marketplace.kernel.pagination import Page

app = typer.Typer(help="Jobs that failed eight times and wait for a human.", no_args_is_help=True)
Job = Annotated[UUID, typer.Argument(help="The job's id, as `marketplace jobs list` shows it.")]


@app.command("list")
def list_dead(
    first: Annotated[int, typer.Option(min=1, max=50, help="How many at once.")] = 50,
    after: Annotated[str | None, typer.Option(help="Where the last list ended.")] = None,
) -> None:
    """List the dead jobs, the latest first: what each was, why it failed, and how much waits behind it."""
    page = run(lambda house: _dead(house, first, after))
    for job in page.rows:
        output.print(
            f"{job.id}  {job.name}  {job.dead_at:%Y-%m-%d %H:%M} UTC  {job.waiting} waiting\n    {job.last_error}",
            markup=False,
        )
    output.print(f"{page.total} dead." if page.total else "No job is dead.")
    if page.has_next:
        output.print(f"For the next ones: --after {page.end_cursor}", markup=False)


async def _dead(house: "House", first: int, after: str | None) -> "Page[DeadJob]":
    from marketplace import jobs
    from marketplace.kernel.pagination import PageRequest

    async with house.database.reading() as session:
        return await jobs.dead(session, jobs.OPERATOR, PageRequest(first, after))


@app.command("retry")
def retry(
    job: Annotated[UUID | None, typer.Argument(help="The job's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Retry every dead job instead of one.")] = False,
) -> None:
    """Give a dead job its eight attempts again, or with --all every one of them."""
    if (job is None) is not every:
        raise typer.BadParameter("Name one job, or say --all.")
    retried = run(_retry_all if job is None else lambda house: _retry(house, job))
    output.print(f"{retried} to be tried again; a running worker takes them up.")


async def _retry(house: "House", job: UUID) -> int:
    from marketplace import jobs

    async with house.database.unit_of_work() as session:
        await jobs.retry(session, jobs.OPERATOR, job)
    return 1


async def _retry_all(house: "House") -> int:
    from marketplace import jobs

    async with house.database.unit_of_work() as session:
        return await jobs.retry_all(session, jobs.OPERATOR)


@app.command("skip")
def skip(
    job: Job, reason: Annotated[str, typer.Option(help="Why it may be left undone; kept on record.")]
) -> None:
    """Give a dead job up, so that what waits behind it goes on."""
    run(lambda house: _skip(house, job, reason))
    output.print("Skipped.")


async def _skip(house: "House", job: UUID, reason: str) -> None:
    from marketplace import jobs
    from marketplace.kernel.input import read

    draft = read(jobs.SkipDraft, {"reason": reason})
    async with house.database.unit_of_work() as session:
        await jobs.skip(session, jobs.OPERATOR, job, draft)
