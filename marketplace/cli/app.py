"""The list of commands. What each needs is imported when it is called, so that `marketplace --help` answers at once."""

import typer

from marketplace.cli import (
    data,
    jobs,
    ocds,
    places,
    roles,
    scorecards,
    search,
    serving,
    tender,
    tender_sealing,
    verify,
)

app = typer.Typer(
    name="marketplace",
    help="Wushe: an open marketplace for community service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(places.app, name="areas")
app.add_typer(data.needs, name="needs")
app.add_typer(jobs.app, name="jobs")
app.add_typer(ocds.app, name="ocds")
app.add_typer(scorecards.ratings, name="ratings")
app.add_typer(roles.app, name="roles")
app.add_typer(scorecards.scorecards, name="scorecards")
app.add_typer(search.app, name="search")
app.add_typer(tender.app, name="tender")
app.add_typer(verify.app, name="verify")
app.command("demo")(serving.demo)
app.command("serve")(serving.serve)
app.command("worker")(serving.worker)
app.command("migrate")(data.migrate)
app.command("reindex")(data.reindex)
app.command("synth")(data.synth)
app.command("doctor")(serving.doctor)
app.command("schema")(serving.schema)
app.command("seal")(tender_sealing.seal)


def main() -> None:
    """Run the command that the command line names."""
    app()
