"""An error's code is its name in snake case, and no two errors of the house share one."""

from collections import Counter
from collections.abc import Iterator

import marketplace.cli.app
import web.asgi
from marketplace.kernel.errors import Conflict, MarketplaceError

ENTRANCES = (web.asgi, marketplace.cli.app)  # importing the ways in declares every error


def declared(kind: type[MarketplaceError] = MarketplaceError) -> Iterator[type[MarketplaceError]]:
    for below in kind.__subclasses__():
        yield below
        yield from declared(below)


def test_no_two_errors_share_a_code() -> None:
    codes = Counter(
        error.code for error in set(declared()) if error.__module__.startswith(("marketplace", "web"))
    )
    assert len(codes) > 100
    assert [code for code, count in codes.items() if count > 1] == []


def test_the_code_is_the_sentence_in_snake_case() -> None:
    class TheBusIsLate(Conflict):
        """Told by nobody."""

    assert TheBusIsLate.code == "the_bus_is_late"
