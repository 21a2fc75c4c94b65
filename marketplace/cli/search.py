"""`marketplace search …`: keys for a search server, each of them able to do little."""

from typing import Annotated

import typer

from marketplace.cli.running import output, told

app = typer.Typer(help="The search server, where a setting names one.", no_args_is_help=True)
MasterKey = Annotated[
    str,
    typer.Option(
        prompt="The server's master key",
        hide_input=True,
        help="Asked for when it is not given; kept nowhere.",
    ),
]


@app.command("keys")
def keys(master_key: MasterKey) -> None:
    """Make two keys for the server at WUSHE_SEARCH_URL: one may only search, one may only write this house's indexes."""
    from marketplace.cli.errors import NoSearchServerIsNamed
    from marketplace.settings import read_settings
    from matching.meilisearch_keys import make_keys

    with told():
        settings = read_settings()
        if not settings.search_url:
            raise NoSearchServerIsNamed()
        search_key, write_key = make_keys(settings.search_url, master_key, settings.search_name)
        output.print(f"WUSHE_SEARCH_KEY={search_key}\nWUSHE_SEARCH_WRITE_KEY={write_key}", markup=False)
