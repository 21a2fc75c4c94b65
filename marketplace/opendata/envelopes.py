"""Packages as they leave the house: releases and records in their envelope, the texts of the tables put in as they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from marketplace.opendata.kinds import moment
from marketplace.opendata.packages import OFFICIAL_EXTENSIONS, VERSION
from marketplace.opendata.publishing import Publisher
from marketplace.opendata.queries import FeedRow, Known

OWN_EXTENSION = "/ocds/extension/extension.json"


def feed_package(publisher: Publisher, rows: Sequence[FeedRow], own: str, further: str) -> bytes:
    """A stretch of the feed as a release package; ``own`` and ``further`` are the paths of this page and of the next."""
    envelope = _envelope(publisher, own, rows)
    envelope["links"] = {"self": publisher.page(own), "next": publisher.page(further)}
    return orjson.dumps(envelope | {"releases": [orjson.Fragment(row.body) for row in rows]})


def release_package(publisher: Publisher, known: Known) -> bytes:
    """All releases of one process."""
    envelope = _envelope(publisher, releases_path(known.ocid), known.releases)
    return orjson.dumps(envelope | {"releases": [orjson.Fragment(row.body) for row in known.releases]})


def record_package(publisher: Publisher, known: Known) -> bytes:
    """The record of one process: its releases by link, and what they come to. An imported one names whom it is from."""
    link = publisher.page(releases_path(known.ocid))
    record: dict[str, Any] = {
        "ocid": known.ocid,
        "releases": [
            {"url": f"{link}#{row.release_id}", "date": moment(row.released_at), "tag": list(row.tags)}
            for row in known.releases
        ],
        "compiledRelease": orjson.Fragment(known.compiled),
    }
    if known.source is not None:
        record["importedFrom"] = {"source": known.source, "publisher": known.publisher}
    envelope = _envelope(publisher, record_path(known.ocid), known.releases)
    return orjson.dumps(envelope | {"packages": [link], "records": [record]})


def releases_path(ocid: str) -> str:
    return f"/ocds/releases/{quote(ocid, safe='')}.json"


def record_path(ocid: str) -> str:
    return f"/ocds/records/{quote(ocid, safe='')}.json"


def _envelope(publisher: Publisher, path: str, rows: Sequence[FeedRow]) -> dict[str, Any]:
    """Dated by its newest release and not by the clock: the same content is the same package, byte for byte."""
    newest = max((row.released_at for row in rows), default=datetime(2020, 1, 1, tzinfo=UTC))
    return {
        "uri": publisher.page(path),
        "version": VERSION,
        "extensions": [*OFFICIAL_EXTENSIONS, publisher.page(OWN_EXTENSION)],
        "publishedDate": moment(newest),
        "publisher": {"name": publisher.name, "uri": publisher.site_url},
        "publicationPolicy": publisher.page("/open-data"),
        **({"license": publisher.license} if publisher.license else {}),
    }


def own_extension(publisher: Publisher) -> dict[str, Any]:
    """What we add to the standard, told as the standard wants it told."""
    return {
        "name": {"en": "Content hashes", "zh": "内容摘要"},
        "description": {
            "en": "Adds the SHA-256 of what a document held when it was published, and where an imported record is from.",
            "zh": "为文件增加发布时内容的 SHA-256 摘要，并注明导入记录的来源。",
        },
        "documentationUrl": {"en": publisher.page("/open-data"), "zh": publisher.page("/open-data")},
        "compatibility": ["1.1"],
        "schemas": ["release-schema.json"],
    }


OWN_SCHEMA: dict[str, Any] = {
    "definitions": {
        "Document": {
            "properties": {
                "contentHash": {
                    "title": "Content hash",
                    "description": "The SHA-256 of the content when it was published, as `sha256:` and 64 hexadecimal digits.",
                    "type": ["string", "null"],
                    "pattern": "^sha256:[0-9a-f]{64}$",
                }
            }
        }
    }
}
