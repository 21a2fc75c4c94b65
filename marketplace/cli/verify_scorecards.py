"""`marketplace verify scorecards`: work a published dump out anew, without the house's database or word."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from marketplace.cli.running import errors, output

_MOST_TOLD = 1_000


def scorecards(
    dump: Annotated[Path, typer.Argument(help="The folder or the zip of a scorecards dump.")],
) -> None:
    """Work out every score, mean and fact from a dump alone. Exit code 1 when something does not come out as it was published."""
    import zipfile
    import zlib
    from dataclasses import asdict

    from marketplace.cli.running import terminal_locale
    from marketplace.kernel.locale import word
    from marketplace.opendata.scorecard_check import Check
    from marketplace.opendata.scorecard_files import source

    locale, count = terminal_locale(), 0
    try:
        with source(dump) as found:
            check = Check(found)
            differences = check.differences()
            for one in islice(differences, _MOST_TOLD):
                count += 1
                said = word(locale, f"scorecards.difference.{one.code}", asdict(one))
                errors.print(said.strip(), style="red", markup=False)
            further = sum(1 for _ in differences)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        errors.print(word(locale, "scorecards.not_a_dump", {"why": why}), style="red", markup=False)
        raise typer.Exit(1) from None
    if further:
        errors.print(word(locale, "scorecards.and_more", {"count": further}), style="red", markup=False)
    if count:
        errors.print(
            word(locale, "scorecards.differs", {"count": count + further}), style="red", markup=False
        )
        raise typer.Exit(1)
    output.print(word(locale, "scorecards.verified", asdict(check.checked)), markup=False)
