"""What every command shares: an open house for the length of the work, sentences for what an operator can mend, plain exit codes.

Exit codes: 0 done; 1 refused or found wrong, with the reason on standard error; 2 the command line itself is wrong.
"""

import asyncio
import locale
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from marketplace.bootstrap import House
    from marketplace.kernel.errors import MarketplaceError
    from marketplace.settings import Settings

Result = TypeVar("Result")

output = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def terminal_locale() -> str:
    """The language of the terminal, English when it does not say."""
    from marketplace.kernel.locale import EN, locale_of

    return (
        locale_of(
            os.environ.get("LANGUAGE")
            or os.environ.get("LC_ALL")
            or os.environ.get("LANG")
            or locale.getlocale()[0]
        )
        or EN
    )


@contextmanager
def told() -> Iterator[None]:
    """What an operator can mend ends the command with a sentence and exit code 1; a fault of ours shows its traceback."""
    from marketplace.cli.errors import mendable
    from marketplace.settings import SettingsAreWrong

    try:
        yield
    except SettingsAreWrong as error:
        _complain(str(error))
    except Exception as error:
        sentence = mendable(error)
        if sentence is None:
            raise
        _complain("\n".join(_sentences(sentence)))


def _complain(text: str) -> None:
    errors.print(text, style="red", markup=False)
    raise typer.Exit(1) from None


def _sentences(error: "MarketplaceError") -> Iterator[str]:
    from marketplace.kernel.errors import InputIsInvalid
    from marketplace.kernel.locale import word

    if isinstance(error, InputIsInvalid):
        for problem in error.problems:
            yield f"{problem.field}: {word(terminal_locale(), f'field.{problem.code}', problem.facts)}"
    else:
        yield word(terminal_locale(), f"error.{error.code}", error.facts)


def run(work: "Callable[[House], Awaitable[Result]]") -> Result:
    """Open the house, do ``work`` in it, close it."""
    from marketplace import logs
    from marketplace.settings import read_settings

    async def inside() -> Result:
        settings = read_settings()
        logs.configure(settings)
        async with opened(settings) as house:
            return await work(house)

    with told():
        return asyncio.run(inside())


@asynccontextmanager
async def opened(settings: "Settings") -> "AsyncIterator[House]":
    """An open house that is closed at the end, whatever happens."""
    from marketplace.bootstrap import open_house

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
