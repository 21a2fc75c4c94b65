"""Pages and GraphQL a second over loopback, against a bare Starlette answer of the same size from the same kind of process.

Reported, on both databases: the list of needs, one need, and a GraphQL page of 50 needs with their organisation.
"""

import base64
import json
import re
import sys
import urllib.request

from benchmarks.ground import kinds, report
from benchmarks.load import Load, ask_for_a_while, get, post_json
from benchmarks.machine import Machine, machine
from tests.servers import Server, server

SECONDS = 4.0
FIFTY = "{ needs(first: 50) { nodes { id title organisation { id name } } } }"


def _need_path(one: Server) -> str:
    """The page of some open need that belongs to an organisation."""
    body = json.dumps({"query": FIFTY}).encode()
    asked = urllib.request.Request(
        f"{one.address}/graphql", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        nodes = json.load(answer)["data"]["needs"]["nodes"]
    chosen = next(node["id"] for node in nodes if node["organisation"])
    found = re.search(r"[0-9a-f-]{36}", base64.urlsafe_b64decode(chosen + "==").decode())
    assert found is not None
    return f"/needs/{found.group()}"


def measure(one: Machine) -> None:
    """A city, a server over it, and a bare one beside it, asked in turns."""
    one.run("synth")
    one.run("reindex")
    with (
        server("serve", environment=one.environment, folder=one.folder / "house") as house,
        server(module="benchmarks.bare", environment={}, folder=one.folder / "bare") as bare,
    ):
        house.become_ready()
        bare.become_ready()
        asked = {
            "the list of needs": get("/needs"),
            "one need": get(_need_path(house)),
            "GraphQL, 50 needs with organisation": post_json("/graphql", {"query": FIFTY}),
        }
        for name, request in asked.items():
            ours = ask_for_a_while(house.address, [request], SECONDS)
            fixed = ask_for_a_while(bare.address, [get(f"/{ours.size}")], SECONDS / 2)
            _report(one.kind, name, ours, fixed)


def _report(kind: str, name: str, ours: Load, fixed: Load) -> None:
    report(
        name, kind, ours.per_second / fixed.per_second, "reported",
        f"{ours.per_second:.0f}/s against {fixed.per_second:.0f}/s bare, {ours.size / 1024:.0f} kB each",
    )  # fmt: skip


def main() -> int:
    for kind in kinds():
        with machine(kind) as one:
            measure(one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
