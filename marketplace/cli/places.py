"""`marketplace areas …`: the official divisions of the city."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marketplace.cli.data import migrate_database
from marketplace.cli.running import output, run, told

if TYPE_CHECKING:
    from marketplace.areas.editions import Edition, ImportReport
    from marketplace.bootstrap import House

app = typer.Typer(help="The official divisions of the city.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps ``areas import`` two words although it is the only command of its group."""


@app.command("import")
def import_areas(
    file: Annotated[
        Path | None, typer.Argument(help="A list of divisions as CSV; without it, the one that ships.")
    ] = None,
    edition: Annotated[
        str | None, typer.Option(help="The name of the edition in FILE, such as 2024.")
    ] = None,
    cut_off: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day the edition describes.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Who published the list.")] = None,
) -> None:
    """Import an edition. The same one again changes nothing; codes no longer listed are retired."""
    with told():
        migrate_database()
        report = run(_import_shipped) if file is None else _import_from(file, edition, cut_off, source)
    output.print(
        f"{report.added} areas added, {report.changed} changed, {report.retired} retired, {report.unchanged} as they were."
    )


async def _import_shipped(house: "House") -> "ImportReport":
    from marketplace.areas import editions

    async with house.database.unit_of_work() as session:
        return await editions.import_shipped(session)


def _import_from(
    file: Path, edition: str | None, cut_off: datetime | None, source: str | None
) -> "ImportReport":
    from marketplace.areas.editions import Edition

    if edition is None or cut_off is None or source is None:
        raise typer.BadParameter("With a FILE, say --edition, --cut-off and --source too.")
    content, named = file.read_bytes(), Edition(edition, cut_off.date(), source)
    return run(lambda house: _import_file(house, named, content))


async def _import_file(house: "House", edition: "Edition", content: bytes) -> "ImportReport":
    from marketplace.areas import divisions, editions

    async with house.database.unit_of_work() as session:
        return await editions.import_edition(session, edition, divisions.read(content))
