"""Commands that run the house: `demo`, `serve`, `worker`, and what looks at it: `doctor`, `schema`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from marketplace.bootstrap import House
from marketplace.cli.running import errors, output, run, settings_or_exit

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")]
_SEED = 2026


def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Migrate, seed a believable city, serve it, and print the address and the demo sign-ins."""
    settings = settings_or_exit()
    if not settings.is_demo:
        errors.print(
            "The demo fills the database with a made-up city: it refuses to do so with WUSHE_MODE=production.",
            style="red",
        )
        raise typer.Exit(1)
    os.environ.setdefault("WUSHE_SITE_URL", f"http://{host}:{port}")
    from marketplace.cli.data import prepare_database

    output.print("Setting the city up (the first time takes a few seconds)…")
    prepare_database()
    run(_seed)
    _welcome(f"http://{host}:{port}")
    _serve(host, port)


async def _seed(house: House) -> None:
    from marketplace.cli.data import fill, rebuild_index

    if await fill(house, volunteers=2_000, organisations=200, needs=600, seed=_SEED):
        await rebuild_index(house)


def _welcome(address: str) -> None:
    from marketplace.cli.city.accounts import ACCOUNTS

    output.print(f"\n[bold]Wushe 五社[/bold] is at [bold]{address}[/bold] (stop with Ctrl+C)\n")
    output.print("Sign in with one of these numbers; the code is shown on the page and here:")
    for account in ACCOUNTS:
        output.print(f"  {account.phone}  {account.name}  {account.what}", markup=False)
    output.print("")


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve pages and GraphQL. Jobs run in this process unless WUSHE_BROKER_URL names a broker."""
    settings_or_exit()
    _serve(host, port)


def _serve(host: str, port: int) -> None:
    import uvicorn

    settings = settings_or_exit()
    uvicorn.run(
        "web.asgi:create",
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


def worker() -> None:
    """Deliver events and run repeated work until stopped; any number may run beside each other."""
    from marketplace.worker import run as run_worker

    run_worker(settings_or_exit())


def doctor() -> None:
    """Look at everything the house leans on and say what is wrong and how to mend it. Exit code 1 when something is."""
    from marketplace.health import checks

    findings = run(checks)
    for finding in findings:
        mark = "[green]ok[/green]" if finding.is_ok else "[red]no[/red]"
        output.print(f"{mark}  {finding.name}: {finding.why}")
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)


def schema(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; standard output when not said.")
    ] = None,
) -> None:
    """Print the GraphQL schema."""
    from marketplace.graph.print import printed

    if file is None:
        typer.echo(printed(), nl=False)
    else:
        file.write_text(printed(), "utf-8")
