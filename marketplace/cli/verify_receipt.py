"""`marketplace verify receipt`: whether a house signed a receipt for a bid, from the file and the house's public key alone."""

from pathlib import Path
from typing import Annotated

import typer

from marketplace.cli.running import errors, output


def receipt(
    file: Annotated[Path, typer.Argument(help="The receipt, as JSON; - for standard input.")],
    key: Annotated[str, typer.Option(help="The house's public key, from its page of receipts.")],
    sealed: Annotated[Path | None, typer.Option(help="The sealed bid, to compare its hash too.")] = None,
) -> None:
    """Check a receipt's signature. Exit code 1 when it is not genuine."""
    import hashlib

    from marketplace.cli.running import terminal_locale, told
    from marketplace.kernel.locale import word
    from marketplace.procurement.bids import receipts

    with told():
        text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
        found = None if sealed is None else hashlib.sha256(sealed.read_bytes()).hexdigest()
    fault = None
    try:
        given = receipts.read(text)
    except receipts.UnfitReceipt:
        fault = "receipt.unfit"
    else:
        if not receipts.is_genuine(given, key):
            fault = "receipt.forged"
        elif found is not None and given.get("sealed_sha256") != found:
            fault = "receipt.other_bid"
    if fault is not None:
        errors.print(word(terminal_locale(), fault), style="red", markup=False)
        raise typer.Exit(1)
    facts = {name: given.get(name) for name in ("act", "at", "tender", "tender_version")}
    output.print(word(terminal_locale(), "receipt.genuine", facts), markup=False)
