"""From nothing to a served city, and from a command to a ready server, each against what cannot be avoided; and the memory it takes.

Goals: the demo in at most 10 times what inserting its rows in bulk takes; a ready server in at most 3 times what importing its
libraries takes. Memory is reported.
"""

import sys

from benchmarks import bulk
from benchmarks.ground import kinds, report
from benchmarks.load import ask_for_a_while, get
from benchmarks.machine import Machine, machine
from tests.servers import server

_TRIES = 3
# What a server process has loaded when it is ready, ours left out, in the order in which it was loaded.
_LIST_LIBRARIES = """
import sys
import marketplace.cli.serving, marketplace.cli.data, alembic.command, uvicorn, web.asgi
for name, module in list(sys.modules.items()):
    if "site-packages" in (getattr(module, "__file__", None) or ""):
        print(name)
"""
_IMPORT_LIBRARIES = """
import importlib, sys
for name in open(sys.argv[1]).read().split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass
"""


def demo(kind: str) -> None:
    """The whole demo on an empty machine, against its rows through the bare driver."""
    with machine(kind) as one:
        first = _served(one)
    with machine(kind) as one:
        _compare(one, min(first, _served(one)))


def _served(one: Machine) -> float:
    with server("demo", environment=one.environment, folder=one.folder / "demo") as ready:
        return ready.become_ready()


def _compare(one: Machine, seconds: float) -> None:
    tables = bulk.read(one.url)
    bare = min(bulk.pour(one.kind, tables) for _ in range(_TRIES))
    report(
        "demo, from nothing to ready", one.kind, seconds / bare, "≤ 10",
        f"{seconds:.1f} s against {bare:.2f} s for {bulk.count(tables)} rows in bulk",
    )  # fmt: skip


def serve(one: Machine) -> None:
    """A server over the city that is there now: how soon it is ready, and its memory before and under load."""
    libraries = min(_importing(one) for _ in range(_TRIES))
    seconds, idle, loaded = [], 0.0, 0.0
    for turn in range(_TRIES):
        with server("serve", environment=one.environment, folder=one.folder / f"serve{turn}") as ready:
            seconds.append(ready.become_ready())
            idle = ready.megabytes()
            ask_for_a_while(ready.address, [get("/"), get("/needs"), get("/needs?page=2")], 3.0)
            loaded = ready.megabytes()
    report(
        "serve, from the command to ready", one.kind, min(seconds) / libraries, "≤ 3",
        f"{min(seconds):.2f} s against {libraries:.2f} s for importing its libraries",
    )  # fmt: skip
    report(
        "memory under load against idle", one.kind, loaded / idle, "reported",
        f"{idle:.0f} MB idle, {loaded:.0f} MB under load",
    )  # fmt: skip


def _importing(one: Machine) -> float:
    script, names = one.folder / "import.py", one.folder / "libraries.txt"
    if not names.exists():
        script.write_text(
            _LIST_LIBRARIES.replace("print(name)", f"print(name, file=open({str(names)!r}, 'a'))")
        )
        one.run_python(str(script))
        script.write_text(_IMPORT_LIBRARIES)
        one.run_python(str(script), str(names))  # once for the disk's sake
    return one.run_python(str(script), str(names)).seconds


def main() -> int:
    for kind in kinds():
        demo(kind)
        with machine(kind) as one:
            one.run("synth")
            one.run("reindex")
            serve(one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
