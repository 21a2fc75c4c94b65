"""`marketplace verify ranking` and `verify panel`: redo an evaluation from its published report, without the house's database or word."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from marketplace.cli.running import errors, output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketplace.procurement.evaluation.report import Fault, Report

ReportFile = Annotated[
    Path, typer.Argument(help="The report of a lot's evaluation, as JSON; - for standard input.")
]


def ranking(
    file: ReportFile,
    price_weight: Annotated[
        int | None, typer.Option(min=0, max=100, help="Show the ranking with another weight of the price.")
    ] = None,
) -> None:
    """Redo the ranking from criteria, prices and points. Exit code 1 when it does not come out the same."""
    from marketplace.procurement.evaluation.ranking import UnfitInput, shown
    from marketplace.procurement.evaluation.report import recompute, verify_ranking

    report = _read(file)
    _tell(verify_ranking(report))
    try:
        again = recompute(report, price_weight)
    except UnfitInput as error:
        _refuse(str(error))
    for one in again:
        output.print(f"{one.place}. {report.bid(one.id).name or one.id} {shown(one.total)}", markup=False)
    _confirm("ranking.verified", report)


def panel(file: ReportFile) -> None:
    """Redo the draw of the experts from its promise and its pool. Exit code 1 when it does not come out the same."""
    from marketplace.procurement.evaluation.report import verify_panel

    report = _read(file)
    _tell(verify_panel(report))
    _confirm("panel.verified", report)


def _read(file: Path) -> "Report":
    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word
    from marketplace.procurement.evaluation.ranking import UnfitInput
    from marketplace.procurement.evaluation.report import read_report

    try:
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
        return read_report(json.loads(text))
    except (UnfitInput, OSError) as error:
        _refuse(str(error))
    except (ValueError, RecursionError):
        _refuse(word(terminal_locale(), "lottery.not_json"))


def _tell(faults: "Iterable[Fault]") -> None:
    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word

    found = list(faults)
    for fault in found:
        errors.print(word(terminal_locale(), f"report.fault.{fault}"), style="red", markup=False)
    if found:
        raise typer.Exit(1)


def _refuse(said: str) -> NoReturn:
    errors.print(said, style="red", markup=False)
    raise typer.Exit(1) from None


def _confirm(key: str, report: "Report") -> None:
    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word

    facts = {
        "hash": report.hash,
        "bids": len(report.ranking),
        "sheets": len(report.sheets),
        "pool": len(report.panel.draw.pool),
        "commitment": report.panel.draw.commitment,
    }
    output.print(word(terminal_locale(), key, facts), markup=False)
