"""Commands about data: `migrate`, `needs import`, `reindex`, `synth`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marketplace.cli.running import output, progress, run, terminal_locale, told

if TYPE_CHECKING:
    from marketplace.bootstrap import House

needs = typer.Typer(help="Lists of needs from elsewhere.", no_args_is_help=True)


@needs.callback()
def _group() -> None:
    """Keeps ``needs import`` two words although it is the only command of its group."""


def migrate() -> None:
    """Bring the database to the newest shape and load the shipped catalogue and areas."""
    prepare_database()
    output.print("The database is at the newest revision.")


def migrate_database() -> None:
    """Bring the database to the newest shape."""
    from marketplace.migrations.run import upgrade
    from marketplace.settings import read_settings

    with told():
        settings = read_settings()
        settings.data_folder.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)


def prepare_database() -> None:
    """Migrate, then load the catalogue and, the first time, the areas. Any number of processes may do so at once."""
    migrate_database()
    run(_load_shipped)


async def _load_shipped(house: "House") -> None:
    from marketplace.areas import editions
    from marketplace.catalogue import shipped
    from marketplace.delivery.properties import standards
    from marketplace.migrations.run import alone
    from marketplace.procurement import working_days

    async with house.database.unit_of_work() as session:
        await alone(session)
        await shipped.load(session)
        await working_days.load(session)
        await standards.load(session)
        if await editions.count(session) == 0:
            await editions.import_shipped(session)


@needs.command("import")
def import_needs(
    file: Annotated[Path, typer.Argument(help="The list, as CSV in UTF-8 or GB18030.")],
    mapping: Annotated[Path, typer.Option(help="Which column means what: see docs/importing.md.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where refused rows go; beside FILE when not said.")
    ] = None,
) -> None:
    """Import a list of needs. Every row becomes a need or is written to the rejects file; running it again changes nothing."""
    from marketplace.kernel.locale import word
    from marketplace.volunteering.importing.loading import ImportReport, import_list
    from marketplace.volunteering.importing.mapping import read_mapping

    prepare_database()

    rejects = rejects or file.with_name(f"{file.stem}.rejects.csv")

    async def work(house: "House") -> ImportReport:
        from marketplace.outbox.here import deliver_all

        with progress() as bar:
            task = bar.add_task("rows", total=None)
            report = await import_list(
                house.database,
                file,
                read_mapping(mapping),
                rejects,
                lambda rows: bar.update(task, completed=rows),
            )
        if not house.settings.broker_url:
            await deliver_all(house.database, house.registry)
        return report

    report = run(work)
    output.print(
        f"{report.rows} rows: {report.added} needs added, {report.already_there} already there, {report.rejected} refused."
    )
    for reason, count in sorted(report.reasons.items(), key=lambda pair: -pair[1]):
        output.print(f"  {count} × {word(terminal_locale(), f'reject.{reason}')}", markup=False)
    if report.rejects_file:
        output.print(f"Refused rows, with line and reason: {report.rejects_file}", markup=False)


def reindex() -> None:
    """Build a fresh search index while the old one serves, then swap."""
    documents = run(rebuild_index)
    output.print(f"The index holds {documents} documents.")


async def rebuild_index(house: "House") -> int:
    """Rebuild with a progress bar; how many documents the new index holds."""
    from marketplace.discovery.rebuild import rebuild

    with progress() as bar:
        task = bar.add_task("documents", total=None)
        return await rebuild(house.database, house.search, lambda done: bar.update(task, completed=done))


def synth(
    volunteers: Annotated[int, typer.Option(min=1, max=5_000_000)] = 2_000,
    organisations: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    needs: Annotated[int, typer.Option(min=0, max=1_000_000)] = 600,
    seed: Annotated[int, typer.Option(min=0)] = 2026,
) -> None:
    """Fill an empty database with a made-up city. The same seed makes the same city."""
    prepare_database()
    counts = run(lambda house: fill(house, volunteers, organisations, needs, seed))
    output.print(
        ", ".join(f"{count} {table}" for table, count in counts.items()) or "The city is there already."
    )


async def fill(house: "House", volunteers: int, organisations: int, needs: int, seed: int) -> dict[str, int]:
    """Build the city when nobody lives there yet; the rows written by table, nothing when it is there already."""
    from marketplace.cli.city.build import CitySize, build_city, is_empty

    async with house.database.reading() as session:
        if not await is_empty(session):
            return {}
    with progress() as bar:
        task = bar.add_task("people and needs", total=volunteers + needs)
        return await build_city(
            house, CitySize(organisations, volunteers, needs), seed, lambda done: bar.advance(task, done)
        )
