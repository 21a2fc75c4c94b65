"""`marketplace tender …`: what officers, openers and bidders do with a tender from a terminal."""

import typer

from marketplace.cli import tender_lint, tender_sealing

app = typer.Typer(help="Tenders: check a file, make and use opening keys, seal a bid.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps the commands below one word, however many there are."""


app.command("lint")(tender_lint.lint)
app.command("keys")(tender_sealing.keys)
app.command("open")(tender_sealing.open_bids)
app.command("seal")(tender_sealing.seal)
