"""Open data: the page that explains it, and the addresses that programs follow. Public, cacheable, the same for everybody."""

import gzip
import hashlib
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound
from marketplace.kernel.local_forms import sentence
from marketplace.opendata import bulk, envelopes, queries, scorecard_keeping
from marketplace.opendata.publishing import Publisher
from web.addresses import path_of
from web.refusals import status_of
from web.templating import render
from web.visit import house_of, locale_of

JSON: Final = "application/json"
ZIP: Final = "application/zip"
JSON_LINES: Final = "application/x-ndjson"
_USUAL_LIMIT: Final = 50
_MONTH = re.compile(r"(20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"(19|20|21)\d\d")
_LIMIT = re.compile(r"[0-9]{1,6}")
# Kept by anybody, asked again each time: a change is seen at once, and what did not change costs a few bytes.
_HEADERS = {"Cache-Control": "public, no-cache", "Access-Control-Allow-Origin": "*"}
Answer = Callable[[Request], Awaitable[Response]]


async def open_data(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        holdings = await queries.holdings(session)
        dumps = await scorecard_keeping.newest(session)
    context = {
        "holdings": holdings,
        "dumps": dumps,
        "publisher": _publisher(request),
        "feed": path_of(request, "ocds_feed"),
        "most": queries.MOST_RELEASES,
    }
    return render(request, "opendata/open_data.html", context)


def _in_json(answer: Answer) -> Answer:
    """Programs are refused in JSON, with the sentence that people would read."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except MarketplaceError as error:
            said = sentence(locale_of(request), f"error.{error.code}", error.facts)
            body = orjson.dumps({"error": {"code": error.code, "message": said}})
            return Response(body, status_of(error), headers=_HEADERS, media_type=JSON)

    return guarded


@_in_json
async def ocds_feed(request: Request) -> Response:
    """The releases after a cursor, and where to go on. 204 when nothing has come yet: ask the same address again later."""
    after, limit = request.query_params.get("cursor") or None, _limit(request)
    async with house_of(request).database.reading() as session:
        page = await queries.feed(session, after, limit)
    if not page.rows:
        return Response(status_code=204, headers={**_HEADERS, "Retry-After": "60"})
    path = path_of(request, "ocds_feed")
    own = f"{path}?limit={limit}" + (f"&cursor={after}" if after else "")
    further = f"{path}?limit={limit}&cursor={page.cursor}"
    return _tagged(request, envelopes.feed_package(_publisher(request), page.rows, own, further))


@_in_json
async def ocds_releases(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        known = await queries.known(session, request.path_params["ocid"])
    return _tagged(request, envelopes.release_package(_publisher(request), known))


@_in_json
async def ocds_record(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        known = await queries.known(session, request.path_params["ocid"])
    return _tagged(request, envelopes.record_package(_publisher(request), known))


@_in_json
async def ocds_bulk(request: Request) -> Response:
    """A year's processes, a compiled release a line. The edition is known by its place in the feed before a line of it is read."""
    year = request.path_params["year"]
    if not _YEAR.fullmatch(year):
        raise NotFound()
    house = house_of(request)
    async with house.database.reading() as session:
        edition = await bulk.edition(session, int(year))
    if edition is None:
        raise NotFound()
    packed = "gzip" in _accepted(request)
    tag = f'"{edition.tag}{"-gzip" if packed else ""}"'
    headers = {**_HEADERS, "ETag": tag, "Vary": "Accept-Encoding"}
    if _has_it(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="ocds-{year}.jsonl"'
    if packed:
        headers["Content-Encoding"] = "gzip"
    if request.method == "HEAD":
        return Response(headers=headers, media_type=f"{JSON_LINES}; charset=utf-8")
    lines = bulk.lines(house.database, edition)
    return StreamingResponse(
        _zipped(lines) if packed else lines, headers=headers, media_type=f"{JSON_LINES}; charset=utf-8"
    )


@_in_json
async def scorecard_dump(request: Request) -> Response:
    """All that is public of a closed rating period, as one file under the hash of its bytes."""
    given = _MONTH.fullmatch(request.path_params["month"])
    if given is None:
        raise NotFound()
    house = house_of(request)
    async with house.database.reading() as session:
        kept = await scorecard_keeping.of_month(session, date(int(given[1]), int(given[2]), 1))
    headers = {**_HEADERS, "ETag": f'"{kept.sha256}"'}
    if _has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers |= {
        "Content-Length": str(kept.size),
        "Content-Disposition": f'attachment; filename="{kept.file_name}"',
    }
    if request.method == "HEAD":
        return Response(headers=headers, media_type=ZIP)
    # The first part is read before the answer begins: a file that is gone is told as such.
    parts = house.files.parts(kept.sha256)
    first = await anext(parts)
    return StreamingResponse(_from(first, parts), headers=headers, media_type=ZIP)


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


@_in_json
async def ocds_extension(request: Request) -> Response:
    """What we add to the standard, for programs that read extensions."""
    parts = {
        "extension": envelopes.own_extension(_publisher(request)),
        "release-schema": envelopes.OWN_SCHEMA,
    }
    part = parts.get(request.path_params["part"])
    if part is None:
        raise NotFound()
    return _tagged(request, orjson.dumps(part, option=orjson.OPT_INDENT_2))


def _publisher(request: Request) -> Publisher:
    settings = house_of(request).settings
    return Publisher(settings.ocds_prefix, settings.site_url, settings.ocds_publisher, settings.ocds_license)


def _limit(request: Request) -> int:
    given = request.query_params.get("limit")
    if given is None:
        return _USUAL_LIMIT
    if not _LIMIT.fullmatch(given):
        raise InputIsInvalid.of("limit", "int_parsing")
    return int(given)


def _tagged(request: Request, body: bytes) -> Response:
    """The body under the hash of its bytes, or 304 for whoever has them already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    packed = len(body) > 1000 and "gzip" in _accepted(request)
    if packed:
        tag = f'{tag[:-1]}-gzip"'
    headers = {**_HEADERS, "ETag": tag, "Vary": "Accept-Encoding"}
    if _has_it(request, tag):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
        # No time in it: the same bytes are packed into the same bytes, as a strong tag promises.
        body = gzip.compress(body, 6, mtime=0)
    return Response(body, headers=headers, media_type=JSON)


def _has_it(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in given.split(",")]


def _accepted(request: Request) -> set[str]:
    """The encodings that the client takes, those with q=0 apart."""
    found = set()
    for part in request.headers.get("accept-encoding", "")[:500].split(","):
        name, _, parameter = part.partition(";")
        if parameter.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            found.add(name.strip().lower())
    return found


async def _zipped(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    async for part in parts:
        yield packer.compress(part)
    yield packer.flush()


routes: list[BaseRoute] = [
    Route("/open-data", open_data, name="open_data"),
    Route("/open-data/scorecards/{month}.zip", scorecard_dump, name="scorecard_dump"),
    Route("/ocds/releases.json", ocds_feed, name="ocds_feed"),
    # An imported ocid may hold a slash.
    Route("/ocds/releases/{ocid:path}.json", ocds_releases, name="ocds_releases"),
    Route("/ocds/records/{ocid:path}.json", ocds_record, name="ocds_record"),
    Route("/ocds/bulk/{year}.jsonl", ocds_bulk, name="ocds_bulk"),
    Route("/ocds/extension/{part}.json", ocds_extension, name="ocds_extension"),
]
