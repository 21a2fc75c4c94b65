"""`marketplace areas …`: the official divisions of the city."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from marketplace.areas import divisions, editions
from marketplace.bootstrap import House
from marketplace.cli.running import errors, output, run

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
    if file is None:
        report = run(_import_shipped)
    elif edition is None or cut_off is None or source is None:
        errors.print("With a FILE, say --edition, --cut-off and --source too.", style="red")
        raise typer.Exit(2)
    else:
        try:
            content = file.read_bytes()
        except OSError as error:
            errors.print(f"{file} cannot be read: {error.strerror}.", style="red", markup=False)
            raise typer.Exit(1) from None
        named = editions.Edition(edition, cut_off.date(), source)
        report = run(lambda house: _import_file(house, named, content))
    output.print(
        f"{report.added} areas added, {report.changed} changed, {report.retired} retired, {report.unchanged} as they were."
    )


async def _import_shipped(house: House) -> editions.ImportReport:
    async with house.database.unit_of_work() as session:
        return await editions.import_shipped(session)


async def _import_file(house: House, edition: editions.Edition, content: bytes) -> editions.ImportReport:
    async with house.database.unit_of_work() as session:
        return await editions.import_edition(session, edition, divisions.read(content))
