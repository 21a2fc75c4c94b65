"""`marketplace verify record`: go through the record of a purchase act by act, from its file alone."""

from pathlib import Path
from typing import Annotated

import typer

from marketplace.cli.running import errors, output


def record(
    file: Annotated[Path, typer.Argument(help="The record, as JSON; - for standard input.")],
    head: Annotated[str | None, typer.Option(help="A hash that you noted from the page earlier.")] = None,
) -> None:
    """Check that every act follows from the one before it. Exit code 1 when one does not."""
    import json

    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word
    from marketplace.procurement.records import first_fault

    def say(key: str, facts: dict[str, object]) -> str:
        return word(terminal_locale(), f"record.{key}", facts)

    try:
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
        acts = json.loads(text)["acts"]
        fault = first_fault(acts)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        told = str(error) if isinstance(error, OSError) else say("not_json", {})
        errors.print(told, style="red", markup=False)
        raise typer.Exit(1) from None
    if fault is not None:
        errors.print(say("broken", {"number": fault}), style="red", markup=False)
        raise typer.Exit(1)
    if head is not None and head.strip().lower() not in {act["hash"] for act in acts}:
        errors.print(say("other_head", {}), style="red", markup=False)
        raise typer.Exit(1)
    output.print(
        say("verified", {"acts": len(acts), "head": acts[-1]["hash"] if acts else "-"}), markup=False
    )
