"""Commands that run the house: `demo`, `serve`, `worker`, and what looks at it: `doctor`, `schema`."""

import errno
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marketplace.cli.running import output, run, told

if TYPE_CHECKING:
    from marketplace.bootstrap import House

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]
_SEED = 2026
_CODES = "demo-opening-codes.json"
"""Where the demo keeps what real openers have on paper alone, so that people can try an opening."""
_SLIPS = "demo-rating-slips.json"
"""And the codes on slips that a community worker would have handed out."""


def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Migrate, seed a believable city, serve it, and print the address and the demo sign-ins."""
    from marketplace.cli.data import prepare_database
    from marketplace.cli.errors import DemoIsNotForProduction
    from marketplace.settings import read_settings

    with told():
        if not read_settings().is_demo:
            raise DemoIsNotForProduction()
        # Taken before anything is written: a port in use should not cost a seeded city first.
        listening = bind(host, port)
        output.print("Setting the city up (the first time takes a few seconds)…")
        prepare_database()
        run(_seed)
        _welcome(address_of(listening))
        serve_until_stopped(listening)


async def _seed(house: "House") -> None:
    from marketplace.cli.city.delivering import deliver
    from marketplace.cli.city.procurement import buy
    from marketplace.cli.data import fill, rebuild_index

    if await fill(house, volunteers=2_000, organisations=200, needs=600, seed=_SEED):
        await rebuild_index(house)
        codes = await buy(house)
        (house.settings.data_folder / _CODES).write_text(json.dumps(dict(codes)), "utf-8")
        slips = await deliver(house)
        (house.settings.data_folder / _SLIPS).write_text(json.dumps(list(slips)), "utf-8")


def _welcome(address: str) -> None:
    from marketplace.cli.city.accounts import ACCOUNTS
    from marketplace.settings import read_settings

    output.print(f"\n[bold]Wushe 五社[/bold] is at [bold]{address}[/bold] (stop with Ctrl+C)\n")
    output.print("Sign in with one of these numbers; the code is shown on the page and here:")
    for account in ACCOUNTS:
        output.print(f"  {account.phone}  {account.name}  {account.what}", markup=False)
    kept = read_settings().data_folder / _CODES
    if kept.exists():
        output.print(
            "\nBids for 社区助浴服务 wait to be opened at /openers, by any three of these with their codes:"
        )
        for phone, code in json.loads(kept.read_text("utf-8")).items():
            output.print(f"  {phone}  {code}", markup=False)
    slips = read_settings().data_folder / _SLIPS
    if slips.exists():
        output.print("\nSlips for people without an account wait to be used, at /r with one of these codes:")
        for code in json.loads(slips.read_text("utf-8")):
            output.print(f"  {code}", markup=False)
    output.print("")


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Migrate, then serve pages and GraphQL. Jobs run in this process unless WUSHE_BROKER_URL names a broker."""
    from marketplace.cli.data import prepare_database

    with told():
        listening = bind(host, port)
        prepare_database()
        output.print(f"Serving at {address_of(listening)} (stop with Ctrl+C)")
        serve_until_stopped(listening)


def bind(host: str, port: int) -> socket.socket:
    """A socket that is ours but does not listen yet: uvicorn lets it, once the application is ready.

    Its address is the site's own where the settings name none, as on a laptop.
    """
    from marketplace.cli.errors import AddressCannotBeUsed, AddressIsTaken
    from marketplace.settings import read_settings

    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressIsTaken(host=host, port=port) from None
        raise AddressCannotBeUsed(host=host, port=port, why=error.strerror) from None
    if "site_url" not in read_settings().model_fields_set:
        os.environ["WUSHE_SITE_URL"] = address_of(listening)
    return listening


def address_of(listening: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve_until_stopped(listening: socket.socket, application: str = "web.asgi:create") -> None:
    """Serve until SIGTERM or SIGINT, both of which are the usual end: exit code 0."""
    import uvicorn

    from marketplace.settings import read_settings

    proxies = read_settings().trusted_proxies
    config = uvicorn.Config(
        application,
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
    )
    server = uvicorn.Server(config)
    # uvicorn stops in good order and then raises the signal again, for whoever stood here before it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return
    if not server.started:
        raise typer.Exit(1)


def worker() -> None:
    """Migrate, then deliver events and run repeated work until stopped; any number may run beside each other."""
    from marketplace.cli.data import prepare_database
    from marketplace.settings import read_settings
    from marketplace.worker import run as run_worker

    with told():
        prepare_database()
        run_worker(read_settings())


def doctor() -> None:
    """Look at everything the house leans on and say what is wrong and how to mend it. Exit code 1 when something is."""
    from marketplace.health import checks

    findings = run(checks)
    for finding in findings:
        mark = "[green]ok[/green]" if finding.is_ok else "[red]no[/red]"
        output.print(f"{mark}  ", end="")
        output.print(f"{finding.name}: {finding.why}", markup=False)
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)


def schema(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; standard output when not said.")
    ] = None,
) -> None:
    """Print the GraphQL schema."""
    from marketplace.graph.print import printed

    with told():
        if file is None:
            typer.echo(printed(), nl=False)
        else:
            file.write_text(printed(), "utf-8")
