"""`marketplace jobs …`: dead jobs, for whoever has the machine at hand; the same as the page and GraphQL."""

from typing import Annotated
from uuid import UUID

import typer

from marketplace.bootstrap import House
from marketplace.cli.running import output, run

app = typer.Typer(help="Jobs that failed eight times and wait for a decision.", no_args_is_help=True)
JobId = Annotated[UUID, typer.Argument(help="As `marketplace jobs dead` lists it.")]


@app.command("dead")
def dead() -> None:
    """List them: id, what happened, the error, and how many wait behind."""
    run(_list)


@app.command("retry")
def retry(job: JobId) -> None:
    """Give a dead job its eight attempts again."""

    async def again(house: House) -> None:
        from marketplace import jobs

        async with house.database.unit_of_work() as session:
            await jobs.retry(session, jobs.OPERATOR, job)

    run(again)
    output.print("It is tried again as soon as a worker is free.")


@app.command("retry-all")
def retry_all() -> None:
    """Retry every dead job, say after a server that all of them needed has come back."""

    async def again(house: House) -> int:
        from marketplace import jobs

        async with house.database.unit_of_work() as session:
            return await jobs.retry_all(session, jobs.OPERATOR)

    output.print(f"{run(again)} are tried again as soon as a worker is free.")


@app.command("skip")
def skip(job: JobId, reason: Annotated[str, typer.Option(help="Why; kept on record.")]) -> None:
    """Give a dead job up, so that what waits behind it goes on."""

    async def give_up(house: House) -> None:
        from marketplace import jobs
        from marketplace.kernel.input import read

        draft = read(jobs.SkipDraft, {"reason": reason})
        async with house.database.unit_of_work() as session:
            await jobs.skip(session, jobs.OPERATOR, job, draft)

    run(give_up)
    output.print("It is skipped, and the reason is on record.")


async def _list(house: House) -> None:
    from marketplace import jobs
    from marketplace.kernel.pagination import MAX_PAGE, PageRequest

    after, total = None, 0
    while True:
        async with house.database.reading() as session:
            page = await jobs.dead(session, jobs.OPERATOR, PageRequest(MAX_PAGE, after))
        for job in page.rows:
            output.print(f"{job.id}  {job.name}  {job.last_error}  ({job.waiting} behind)", markup=False)
        total += len(page.rows)
        if not page.has_next:
            break
        after = page.end_cursor
    output.print(f"{total} dead.")
