"""`marketplace tender lint`: hold a tender file against the shipped rules and calendar, without any database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marketplace.cli.running import errors, output

if TYPE_CHECKING:
    from datetime import datetime

    from marketplace.procurement.tenders.file import TenderFile
    from marketplace.procurement.tenders.findings import Finding


def lint(
    file: Annotated[
        Path, typer.Argument(help="The file as JSON, as its page gives it; - for standard input.")
    ],
    procedure: Annotated[
        str, typer.Option(help="open_tender, competitive_consultation, framework or below_threshold.")
    ] = "open_tender",
    on: Annotated[
        str | None, typer.Option(help="The day of publication, such as 2026-12-01; today when not said.")
    ] = None,
) -> None:
    """Say everything that a rule refuses in a tender file, with its article and how to mend it. Exit code 1 when there is anything."""
    text = typer.get_text_stream("stdin").read() if str(file) == "-" else _read(file)
    findings = _findings(_file(text), procedure, _moment(on))
    for one in findings:
        _print(one)
    refusing = sum(one.refuses for one in findings)
    if refusing:
        errors.print(_say("tender_lint.refused", count=refusing), style="red", markup=False)
        raise typer.Exit(1)
    output.print(_say("tender_lint.clean"), markup=False)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refuse(str(error)) from None


def _file(text: str) -> "TenderFile":
    import json

    from marketplace.kernel.errors import InputIsInvalid
    from marketplace.kernel.input import read
    from marketplace.procurement.tenders.file import TenderFile

    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise _refuse(_say("tender_lint.not_json")) from None
    if not isinstance(content, dict):
        raise _refuse(_say("tender_lint.not_json"))
    try:
        return read(TenderFile, content)
    except InputIsInvalid as error:
        for problem in error.problems:
            said = _say(f"field.{problem.code}", **problem.facts)
            errors.print(f"{problem.field}: {said}", style="red", markup=False)
        raise typer.Exit(1) from None


def _findings(file: "TenderFile", procedure: str, now: "datetime") -> "list[Finding]":
    from marketplace.procurement import profiles, working_days
    from marketplace.procurement.profiles import Procedure
    from marketplace.procurement.tenders import linter

    if procedure not in set(Procedure):
        raise typer.BadParameter(", ".join(Procedure), param_hint="--procedure")
    profile = profiles.shipped(Procedure(procedure))
    return linter.findings(file, profile, working_days.shipped(), now)


def _moment(on: str | None) -> "datetime":
    from datetime import date

    from marketplace.kernel.clock import SystemClock, day_starts

    if on is None:
        return SystemClock().now()
    try:
        return day_starts(date.fromisoformat(on))
    except (ValueError, OverflowError):
        raise typer.BadParameter(on, param_hint="--on") from None


def _print(one: "Finding") -> None:
    severity = _say(f"severity.{one.severity}")
    said = f"{one.field}: {severity}: {_say(f'field.{one.code}', **one.facts)} {_say(f'fix.{one.code}', **one.facts)}"
    if one.article:
        said += f" ({one.article})"
    output.print(said, style="red" if one.refuses else "yellow", markup=False, soft_wrap=True)


def _refuse(said: str) -> typer.Exit:
    errors.print(said, style="red", markup=False)
    return typer.Exit(1)


def _say(key: str, /, **facts: Any) -> str:
    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.local_forms import sentence

    return sentence(terminal_locale(), key, facts)
