"""`marketplace ocds`: take open data out, look whether a file is OCDS, take in what others published."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from marketplace.cli.running import errors, output, run, terminal_locale, told

if TYPE_CHECKING:
    from marketplace.bootstrap import House
    from marketplace.opendata.imports import ImportReport
    from marketplace.opendata.official import OfficialSchema
    from marketplace.opendata.reading import Fault

app = typer.Typer(help="Purchases as open data (OCDS 1.1).", no_args_is_help=True)
STANDARD_OUTPUT = "-"


@app.command()
def export(
    file: Annotated[str, typer.Argument(help="Where to write, one JSON line each; - is standard output.")],
    year: Annotated[
        int | None, typer.Option(min=1900, max=2199, help="Only processes begun in this year.")
    ] = None,
    releases: Annotated[bool, typer.Option(help="Every release instead of one record a process.")] = False,
) -> None:
    """Write all processes, or all releases, as JSON lines. A file appears when it is whole."""

    async def work(house: "House") -> int:
        return await _write(house, year, releases, opened)

    with told(), _target(file) as opened:
        written = run(work)
    if file != STANDARD_OUTPUT:
        output.print(f"{written} {'releases' if releases else 'processes'} written to {file}.", markup=False)


@contextmanager
def _target(file: str) -> Iterator[BinaryIO]:
    """Standard output, or a file that is put in its place when all of it is written."""
    if file == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        return
    partial = Path(f"{file}.part")
    try:
        with partial.open("wb") as opened:
            yield opened
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


async def _write(house: "House", year: int | None, every_release: bool, opened: BinaryIO) -> int:
    from marketplace.opendata import bulk

    if every_release:
        parts = bulk.releases(house.database, year)
    else:
        async with house.database.reading() as session:
            edition = await bulk.edition(session, year)
        if edition is None:
            return 0
        parts = bulk.lines(house.database, edition)
    written = 0
    async for part in parts:
        opened.write(part)
        written += part.count(b"\n")
    opened.flush()
    return written


@app.command()
def validate(
    file: Annotated[
        Path, typer.Argument(help="A release package, a record package, a release, or lines of them.")
    ],
    schema: Annotated[
        Path | None, typer.Option(help="A folder with the official schemas, as a second judge.")
    ] = None,
) -> None:
    """Say whether a file is OCDS 1.1: each fault with its line, its place and a sentence. Exit code 1 when there is one."""
    from marketplace.opendata.imports import texts_of
    from marketplace.settings import read_settings

    count = texts = 0
    with told():
        official = _official(schema or read_settings().ocds_schema)
        for text, line in texts_of(file):
            texts += 1
            for at, fault in _faults(text, line, official):
                output.print(f"{file}:{at}: {fault.where}: {_sentence(fault)}", markup=False)
                count += 1
        if not texts:
            output.print(f"{file}: nothing in it.", markup=False)
            count += 1
    judges = "our model and the official schema" if official else "our model"
    if count:
        errors.print(f"{count} faults.", style="red")
        raise typer.Exit(1)
    output.print(f"Valid OCDS 1.1, says {judges}.")


def _official(folder: Path | None) -> "OfficialSchema | None":
    from marketplace.opendata.official import OfficialSchema

    return OfficialSchema(folder) if folder else None


def _faults(
    text: bytes, line: int | None, official: "OfficialSchema | None"
) -> "Iterator[tuple[int, Fault]]":
    """The faults of one JSON text, each with the line that it is on."""
    from marketplace.opendata.lines import lines_of
    from marketplace.opendata.reading import Fault, NotOcds, parse, validate

    try:
        given = parse(text)
        found = list(validate(given))
    except NotOcds as error:
        yield line or int(error.fault.facts.get("line", 1)), error.fault
        return
    if official:
        kind = next((name for name in ("records", "releases") if name in given), "release")
        seen = {fault.path for fault in found}
        found += [
            Fault(path, "ocds_official", {"why": why[:300]})
            for path, why in official.faults(kind, given)
            # What the schema finds missing it tells at the place above, where we tell it at the place itself.
            if path not in seen and not any(known[:-1] == path for known in seen)
        ]
    lines = lines_of(text.decode(), {fault.path for fault in found}) if found and line is None else {}
    for fault in found:
        yield line or lines[fault.path], fault


def _sentence(fault: "Fault") -> str:
    from marketplace.kernel.locale import word

    return word(terminal_locale(), f"field.{fault.code}", fault.facts)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="A release package, a record package, a release, or lines of them.")
    ],
    source: Annotated[
        str, typer.Option(help="Where it is from, such as its address; else the file's name.")
    ] = "",
) -> None:
    """Take in what others published. It is shown as theirs and never mixed with ours; importing it again changes nothing."""
    from marketplace.cli.data import prepare_database

    prepare_database()

    async def work(house: "House") -> "ImportReport":
        from marketplace.opendata.imports import import_file

        return await import_file(house.database, file, source or file.name, house.settings.ocds_prefix)

    report = run(work)
    output.print(
        f"{report.added} releases added, {report.already_there} already there, {len(report.rejected)} reasons to refuse some."
        if report.rejected
        else f"{report.added} releases added, {report.already_there} already there."
    )
    for one in report.rejected:
        where = f"line {one.line}: " if one.line else ""
        errors.print(f"{where}{one.fault.where}: {_sentence(one.fault)}", markup=False)
    if report.rejected and not report.added + report.already_there:
        raise typer.Exit(1)
