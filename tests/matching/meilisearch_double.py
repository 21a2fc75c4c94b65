"""A small server that keeps to what Meilisearch documents of the requests we make: tasks, settings, keys, filters, united searches.

It stands in for the real one, which is not among installable packages; where MEILI_URL answers, the same tests run against that. It is strict
where the real one is: an attribute that no setting names cannot be filtered or sorted by, and a task that fails says so only when it is asked.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import asin, cos, inf, radians, sin, sqrt
from typing import Any

Json = dict[str, Any]

MASTER_KEY, SEARCH_KEY, WRITE_KEY = "may-everything", "may-search", "may-write"
_GEO = re.compile(r"_geoRadius\(([-\d.e]+), ([-\d.e]+), ([-\d.e]+)\)")
_RANGE = re.compile(r"(\w+) (-?\d+) TO (-?\d+)")
_COMPARED = re.compile(r"(\w+) (=|>=|<=) (-?\d+)")
_ANY = re.compile(r"(\w+) IN \[(.*)\]", re.DOTALL)
_FILLED = re.compile(r"(\w+) EXISTS AND \1 IS NOT EMPTY")
_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,\]]+)', re.DOTALL)
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_METRES_A_RADIAN = 6_371_009.0


class Refused(Exception):
    """An answer of 400 or more, with the server's code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Index:
    settings: Json = field(default_factory=dict)
    documents: dict[str, Json] = field(default_factory=dict)
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Double:
    """What the server holds, and what tests turn: `fails` names a kind of task that fails, `delay` holds every search up, in seconds."""

    indexes: dict[str, Index] = field(default_factory=dict)
    tasks: list[Json] = field(default_factory=list)
    keys: list[Json] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    fails: str = ""
    refuses: int = 0
    delay: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def index(self, uid: str) -> Index:
        if uid not in self.indexes:
            raise Refused(404, "index_not_found")
        return self.indexes[uid]

    def facts(self, uid: str) -> Json:
        updated = self.index(uid).updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"uid": uid, "createdAt": updated, "updatedAt": updated, "primaryKey": "key"}

    def enqueue(self, kind: str, uid: str | None, work: Any) -> Json:
        """Tasks are carried out in order; the answer only says that one was taken."""
        error = None
        try:
            if self.fails == kind:
                raise Refused(500, "internal")
            work()
        except Refused as refused:
            error = {
                "code": refused.code,
                "message": f"task failed: {refused.code}",
                "type": "invalid_request",
            }
        task = {
            "uid": len(self.tasks),
            "indexUid": uid,
            "status": "failed" if error else "succeeded",
            "type": kind,
            "error": error,
            "enqueuedAt": "2026-11-22T00:00:00.000000Z",
        }
        self.tasks.append(task | {"looks": 0})
        return {
            "taskUid": task["uid"],
            "indexUid": uid,
            "status": "enqueued",
            "type": kind,
            "enqueuedAt": task["enqueuedAt"],
        }

    def task(self, number: int) -> Json:
        task = self.tasks[number]
        task["looks"] += 1
        shown = {name: value for name, value in task.items() if name != "looks"}
        # The first look at every fifth task finds it still waiting, as a busy server's would be.
        return shown if task["looks"] > 1 or number % 5 else shown | {"status": "processing", "error": None}

    def make_key(self, wanted: Json) -> Json:
        moment = "2026-11-22T00:00:00.000000Z"
        self.keys.append(wanted | {"uid": str(len(self.keys)), "key": f"key-{len(self.keys)}"})
        return self.keys[-1] | {"createdAt": moment, "updatedAt": moment}

    def waiting(self, number: int) -> Json:
        """A task that is never carried out."""
        return {name: value for name, value in self.tasks[number].items() if name != "looks"} | {
            "status": "enqueued"
        }

    def create(self, uid: str) -> None:
        if uid in self.indexes:
            raise Refused(409, "index_already_exists")
        self.indexes[uid] = Index()

    def add(self, uid: str, documents: list[Json]) -> None:
        index = self.indexes.setdefault(uid, Index())
        index.documents |= {document["key"]: document for document in documents}
        index.updated_at = datetime.now(UTC)

    def swap(self, pairs: list[Json]) -> None:
        for pair in pairs:
            one, other = pair["indexes"]
            self.index(one), self.index(other)
            self.indexes[one], self.indexes[other] = self.indexes[other], self.indexes[one]

    def fetch(self, uid: str, wanted: Json) -> Json:
        index = self.index(uid)
        kept = _kept(index, wanted.get("filter"))
        begin = wanted.get("offset", 0)
        part = kept[begin : begin + wanted.get("limit", 20)]
        fields = wanted.get("fields")
        shown = [{k: v for k, v in one.items() if fields is None or k in fields} for one in part]
        return {"results": shown, "offset": begin, "limit": wanted.get("limit", 20), "total": len(kept)}

    def search(self, body: Json) -> Json:
        """A document that several queries find is counted once, and ranked by the best of them."""
        federation, queries = body["federation"], body["queries"]
        best: dict[str, tuple[Any, float, Json]] = {}
        for query in queries:
            index = self.index(query["indexUid"])
            for one in _kept(index, query.get("filter")):
                key, score = one["key"], _score(index, query, one)
                if score is None:
                    continue
                place = (_order(index, query.get("sort", []), one), -score, one["id"])
                if key not in best or place < (best[key][0], -best[key][1], one["id"]):
                    best[key] = (place[0], score, one)
        ranked = sorted(best.values(), key=lambda found: (found[0], -found[1], found[2]["id"]))
        begin, size = federation["offset"], federation["limit"]
        hits = [
            {name: one[name] for name in queries[0]["attributesToRetrieve"] if name in one}
            | {"_federation": {"weightedRankingScore": score}}
            for _, score, one in ranked[begin : begin + size]
        ]
        facets = {
            uid: {"distribution": self._counted(uid, names, [one for _, _, one in ranked])}
            for uid, names in federation["facetsByIndex"].items()
        }
        return {
            "hits": hits,
            "estimatedTotalHits": len(ranked),
            "facetsByIndex": facets,
            "processingTimeMs": 1,
        }

    def _counted(self, uid: str, names: list[str], documents: list[Json]) -> Json:
        counted: Json = {}
        for name in names:
            _must_be(self.index(uid), "filterableAttributes", name, "invalid_multi_search_facets")
            counts: dict[str, int] = {}
            for value in (value for one in documents for value in one.get(name, [])):
                counts[value] = counts.get(value, 0) + 1
            counted[name] = counts
        return counted


def _must_be(index: Index, setting: str, name: str, code: str) -> None:
    if name not in index.settings.get(setting, []):
        raise Refused(400, code)


def _kept(index: Index, conditions: Any) -> list[Json]:
    """The documents for which every condition holds."""
    texts = [conditions] if isinstance(conditions, str) else conditions or []
    predicates = [_predicate(index, text) for text in texts]
    return [one for one in index.documents.values() if all(holds(one) for holds in predicates)]


def _predicate(index: Index, text: str) -> Callable[[Json], bool]:
    if " NOT IN " in text and (absent := _ANY.fullmatch(text.replace(" NOT IN ", " IN ", 1))):
        holds = _predicate(index, absent[0])
        return lambda one: not holds(one)
    if geo := _GEO.fullmatch(text):
        _must_be(index, "filterableAttributes", "_geo", "invalid_search_filter")
        north, east, most = map(float, geo.groups())
        return lambda one: "_geo" in one and _metres(one["_geo"], north, east) <= most
    for pattern in (_FILLED, _RANGE, _COMPARED, _ANY):
        if found := pattern.fullmatch(text):
            _must_be(index, "filterableAttributes", found[1], "invalid_search_filter")
            fits = _fitting(found)
            return lambda one: any(map(fits, _values(one, found[1])))
    raise Refused(400, "invalid_search_filter")


def _fitting(found: re.Match[str]) -> Callable[[Any], bool]:
    """Whether one value fits what was asked of its attribute."""
    if found.re is _FILLED:
        return lambda value: True
    if found.re is _RANGE:
        least, most = int(found[2]), int(found[3])
        return lambda value: least <= value <= most
    if found.re is _ANY:
        wanted = {
            re.sub(r"\\(.)", r"\1", quoted) if quoted else bare for quoted, bare in _ITEM.findall(found[2])
        }
        return lambda value: str(value) in wanted
    number = int(found[3])
    return {"=": number.__eq__, ">=": number.__le__, "<=": number.__ge__}[found[2]]


def _values(one: Json, name: str) -> list[Any]:
    values = one.get(name, [])
    return values if isinstance(values, list) else [values]


def _order(index: Index, sort: list[str], one: Json) -> tuple[Any, ...]:
    keys: list[Any] = []
    for rule in sort:
        name, _, direction = rule.rpartition(":")
        if point := re.fullmatch(r"_geoPoint\(([-\d.e]+), ([-\d.e]+)\)", name):
            _must_be(index, "sortableAttributes", "_geo", "invalid_search_sort")
            keys.append(_metres(one["_geo"], float(point[1]), float(point[2])) if "_geo" in one else inf)
            continue
        _must_be(index, "sortableAttributes", name, "invalid_search_sort")
        value = one.get(name)
        if isinstance(value, str):
            keys.append(value)
        else:
            keys.append(inf if value is None else value if direction == "asc" else -value)
    return tuple(keys)


def _score(index: Index, query: Json, one: Json) -> float | None:
    """None when a term is missing; else how early the attributes stand in which the terms are found, less for slips."""
    terms = _TERM.findall(query.get("q") or "")
    scores = []
    for place, (phrase, word) in enumerate(terms):
        found = [
            1 - 0.1 * index.settings["searchableAttributes"].index(name) - 0.05 * slips
            for name in query["attributesToSearchOn"]
            if (
                slips := _slips(index, name, one.get(name, "").split(), phrase, word, place == len(terms) - 1)
            )
            is not None
        ]
        if not found:
            return None
        scores.append(max(found))
    return sum(scores) / len(scores) if scores else 1.0


def _slips(index: Index, name: str, tokens: list[str], phrase: str, word: str, is_last: bool) -> int | None:
    if phrase:
        return 0 if phrase in tokens else None
    if word in tokens or (is_last and any(token.startswith(word) for token in tokens)):
        return 0
    typos = index.settings["typoTolerance"]
    if (
        name in typos["disableOnAttributes"]
        or word.isdigit()
        or len(word) < typos["minWordSizeForTypos"]["oneTypo"]
    ):
        return None
    return 1 if any(_one_slip(word, token, is_last) for token in tokens) else None


def _one_slip(word: str, token: str, is_prefix: bool) -> bool:
    """Damerau and Levenshtein: a letter more, less, other, or two that changed places."""
    ends = range(max(1, len(word) - 1), len(word) + 2) if is_prefix else [len(token)]
    return any(_distance(word, token[:end]) <= 1 for end in ends)


def _distance(one: str, other: str) -> int:
    if abs(len(one) - len(other)) > 1:
        return 2
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    a, b = one[start:], other[start:]
    if not a and not b:
        return 0
    fits = a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
    return 1 if fits else 2


def _metres(place: Mapping[str, float], latitude: float, longitude: float) -> float:
    here, there = radians(latitude), radians(place["lat"])
    half = (
        sin((there - here) / 2) ** 2
        + cos(here) * cos(there) * sin(radians(place["lng"] - longitude) / 2) ** 2
    )
    return 2 * _METRES_A_RADIAN * asin(sqrt(min(1.0, half)))


class _Handler(BaseHTTPRequestHandler):
    double: Double
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(size)
        path, _, _query = self.path.partition("?")
        with self.double.lock:
            self.double.asked.append((self.command, path))
        try:
            status, body = 200, self._reply(path, json.loads(raw) if raw else None)
        except Refused as refused:
            status, body = (
                refused.status,
                {"code": refused.code, "message": refused.code, "type": "x", "link": "x"},
            )
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer

    def _reply(self, path: str, body: Any) -> Any:
        double = self.double
        if double.refuses:
            raise Refused(double.refuses, "internal")
        if path == "/health":
            return {"status": "available"}
        wanted = SEARCH_KEY if path == "/multi-search" else WRITE_KEY
        if self.headers.get("Authorization") not in (f"Bearer {wanted}", f"Bearer {MASTER_KEY}"):
            raise Refused(403, "invalid_api_key")
        if path == "/multi-search":
            threading.Event().wait(double.delay)
        with double.lock:
            return self._handled(path.strip("/").split("/"), body)

    def _handled(self, parts: list[str], body: Any) -> Any:  # noqa: C901 (a table of routes)
        double = self.double
        match self.command, *parts:
            case "POST", "multi-search":
                return double.search(body)
            case "GET", "tasks", number:
                return double.task(int(number))
            case "POST", "indexes":
                return double.enqueue("indexCreation", body["uid"], lambda: double.create(body["uid"]))
            case "GET", "indexes":
                return {
                    "results": [double.facts(uid) for uid in double.indexes],
                    "total": len(double.indexes),
                }
            case "GET", "indexes", uid:
                return double.facts(uid)
            case "DELETE", "indexes", uid:
                return double.enqueue("indexDeletion", uid, lambda: double.indexes.pop(uid))
            case "PATCH", "indexes", uid, "settings":
                return double.enqueue("settingsUpdate", uid, lambda: double.index(uid).settings.update(body))
            case "POST", "indexes", uid, "documents":
                return double.enqueue("documentAdditionOrUpdate", uid, lambda: double.add(uid, body))
            case "POST", "indexes", uid, "documents", "fetch":
                return double.fetch(uid, body)
            case "POST", "keys":
                return double.make_key(body)
            case "POST", "swap-indexes":
                return double.enqueue("indexSwap", None, lambda: double.swap(body))
        raise Refused(404, "not_found")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A caller who did not wait for the answer is no fault of the server's."""


@contextmanager
def serving() -> Iterator[tuple[str, Double]]:
    """The address of a fresh double, and what it holds."""
    double = Double()
    handler = type("Handler", (_Handler,), {"double": double})
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", double
    finally:
        server.shutdown()
        server.server_close()
