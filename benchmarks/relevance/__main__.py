"""How well search answers people in the demo's city: by way of typing, for the half that engines are tuned on and for the other.

`python -m benchmarks.relevance --worst 10` names the worst queries of the half for tuning, and only of that: who looks at the other
half's mistakes tunes on it.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.relevance import measuring
from benchmarks.relevance.city import searched_city
from benchmarks.relevance.judging import Half
from benchmarks.relevance.measuring import Lookups, Measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worst", type=int, default=0, help="how many of the worst queries to name")
    worst = parser.parse_args().worst
    with TemporaryDirectory() as folder:
        searched = asyncio.run(searched_city(Path(folder)))
        begun = time.perf_counter()
        measured = measuring.measure(searched)
        milliseconds = 1000 * (time.perf_counter() - begun) / len(measured)
        for half in Half:
            _print_half(half, measured)
        _print_lookups("titles", measuring.two_characters_in_titles(searched), "≥ 0.99")
        _print_lookups("titles, owners, places", measuring.two_characters_in_names(searched), "≥ 0.99")
        _print_lookups("descriptions", measuring.two_characters_in_descriptions(searched), "reported")
    print(f"\n{len(measured)} queries over {len(searched.things)} documents, {milliseconds:.2f} ms each")
    _print_worst([one for one in measured if one.query.half is Half.TUNE], worst)
    return 0


def _print_half(half: Half, measured: Sequence[Measured]) -> None:
    ways = measuring.by_way(measured, half)
    print(f"\n{half:<18} {'queries':>8} {'NDCG@10':>8} {'recall@50':>10}")
    for way, some in ways.items():
        _print_row(way, some)
    _print_row("all", [one for some in ways.values() for one in some])


def _print_row(name: str, some: Sequence[Measured]) -> None:
    print(f"{name:<18} {len(some):>8} {measuring.mean_ndcg(some):>8.3f} {measuring.mean_recall(some):>10.3f}")


def _print_lookups(where: str, lookups: Lookups, goal: str) -> None:
    worst = sorted(lookups.missed.items(), key=lambda pair: -pair[1])[:5]
    missed = "; missed most: " + ", ".join(f"{word} {times}" for word, times in worst) if worst else ""
    print(
        f"\ntwo-character recall, {where:<24} {lookups.recall:.4f}   goal {goal:<9} "
        f"{lookups.words} words, {lookups.found} of {lookups.expected}{missed}",
        end="",
    )


def _print_worst(measured: Sequence[Measured], count: int) -> None:
    for one in sorted(measured, key=lambda one: (one.ndcg, one.recall))[:count]:
        place = f" in {one.query.place.name}" if one.query.place else ""
        print(
            f"  {one.ndcg:.3f} {one.recall:.3f}  {one.query.way:<16} {one.query.text}   ({one.query.topic.name}{place})"
        )


if __name__ == "__main__":
    sys.exit(main())
