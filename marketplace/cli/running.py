"""What every command shares: settings, an open house for the length of the work, words for errors, and plain exit codes.

Exit codes: 0 done; 1 refused or found wrong, with the reason on standard error; 2 the command line itself is wrong.
"""

import asyncio
import locale
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from marketplace.bootstrap import House, open_house
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.locale import EN, locale_of, word
from marketplace.settings import Settings, SettingsAreWrong, read_settings

Result = TypeVar("Result")

output = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def terminal_locale() -> str:
    """The language of the terminal, English when it does not say."""
    return (
        locale_of(
            os.environ.get("LANGUAGE")
            or os.environ.get("LC_ALL")
            or os.environ.get("LANG")
            or locale.getlocale()[0]
        )
        or EN
    )


def settings_or_exit() -> Settings:
    """The settings, or exit code 1 with a line for each fault."""
    try:
        return read_settings()
    except SettingsAreWrong as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def run(work: Callable[[House], Awaitable[Result]]) -> Result:
    """Open the house, do ``work`` in it, close it. A MarketplaceError becomes its sentence and exit code 1."""
    settings = settings_or_exit()

    async def inside() -> Result:
        async with opened(settings) as house:
            return await work(house)

    try:
        return asyncio.run(inside())
    except MarketplaceError as error:
        errors.print(word(terminal_locale(), f"error.{error.code}", error.facts), style="red", markup=False)
        raise typer.Exit(1) from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """An open house that is closed at the end, whatever happens."""
    house = open_house(settings)
    try:
        yield house
    finally:
        await house.close()


def progress() -> Progress:
    """A progress bar on standard error; plain and silent where that is not a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        disable=not sys.stderr.isatty(),
        transient=True,
    )
