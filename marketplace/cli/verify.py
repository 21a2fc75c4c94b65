"""`marketplace verify …`: redo what the house published, without its database or its word."""

from pathlib import Path
from typing import Annotated

import typer

from marketplace.cli import verify_ranking, verify_receipt, verify_record, verify_scorecards
from marketplace.cli.running import errors, output

app = typer.Typer(help="Redo what was published, from the published file alone.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps ``verify lottery`` two words although it is the only command of its group."""


app.command("record")(verify_record.record)
app.command("receipt")(verify_receipt.receipt)
app.command("ranking")(verify_ranking.ranking)
app.command("panel")(verify_ranking.panel)
app.command("scorecards")(verify_scorecards.scorecards)


@app.command("lottery")
def lottery(
    file: Annotated[Path, typer.Argument(help="The record of a draw, as JSON; - for standard input.")],
    commitment: Annotated[
        str | None, typer.Option(help="What was announced before entries closed, if you noted it.")
    ] = None,
) -> None:
    """Redo a draw from its record and say whether it comes out the same. Exit code 1 when it does not."""
    import json

    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word
    from matching.lottery import Fault, UnfitRecord, verify

    try:
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
        published = json.loads(text)
        faults = verify(published)
    except (OSError, ValueError, RecursionError) as error:
        is_told = isinstance(error, UnfitRecord | OSError)
        said = str(error) if is_told else word(terminal_locale(), "lottery.not_json")
        errors.print(said, style="red", markup=False)
        raise typer.Exit(1) from None
    if commitment is not None and published["commitment"] != commitment.strip().lower():
        faults = (
            Fault.COMMITMENT_WAS_BROKEN,
            *(one for one in faults if one is not Fault.COMMITMENT_WAS_BROKEN),
        )
    for fault in faults:
        errors.print(word(terminal_locale(), f"lottery.fault.{fault}"), style="red", markup=False)
    if faults:
        raise typer.Exit(1)
    output.print(
        word(
            terminal_locale(),
            "lottery.verified",
            {
                "entries": len(published["entries"]),
                "order": ", ".join(str(number) for number in published["order"]),
                "commitment": published["commitment"],
            },
        ),
        markup=False,
    )
