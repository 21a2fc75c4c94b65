"""Open data in the graph: the feed of OCDS releases, and the record of one process. The packages themselves are at /ocds."""

from datetime import datetime
from typing import Annotated

import strawberry

from marketplace.db.session import Session
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import PageRequest
from marketplace.opendata import queries
from marketplace.opendata.queries import FeedRow, Known


@strawberry.type(description="A release of OCDS 1.1 as it was published; it never changes.")
class OcdsRelease:
    ocid: str = strawberry.field(description="The id of the contracting process.")
    release_id: str
    tags: list[str] = strawberry.field(
        description="What it tells of: `tender`, `award`, `contractAmendment`, …"
    )
    released_at: datetime
    content_hash: str = strawberry.field(description="The SHA-256 of `json`.")
    json: str = strawberry.field(description="The whole release.")

    @classmethod
    def of(cls, row: FeedRow) -> "OcdsRelease":
        return cls(
            ocid=row.ocid,
            release_id=row.release_id,
            tags=list(row.tags),
            released_at=row.released_at,
            content_hash=row.content_hash,
            json=row.body,
        )


@strawberry.type(description="All that is known about one contracting process.")
class OcdsRecord:
    ocid: str
    json: str = strawberry.field(description="The compiled release: what all releases come to.")
    source: str | None = strawberry.field(
        description="Where it was imported from; null for a process of this house."
    )
    releases: list[OcdsRelease] = strawberry.field(description="The oldest first.")

    @classmethod
    def of(cls, known: Known) -> "OcdsRecord":
        return cls(
            ocid=known.ocid,
            json=known.compiled,
            source=known.source,
            releases=[OcdsRelease.of(row) for row in known.releases],
        )


@strawberry.type
class OcdsQueries:
    @strawberry.field(
        description="The feed of releases, in the order of publication. Following its cursor neither skips nor repeats."
    )
    async def ocds_releases(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[OcdsRelease]:
        page = await info.context.ask(queries.releases_page, PageRequest(first, after))
        return connection(page, OcdsRelease.of)

    @strawberry.field(
        description="The record of the process with this ocid, ours or imported; null when there is none."
    )
    async def ocds_record(
        self, info: Info, ocid: Annotated[str, strawberry.argument(description="The id of the process.")]
    ) -> OcdsRecord | None:
        known = await info.context.ask(_known, ocid)
        return None if known is None else OcdsRecord.of(known)


async def _known(session: Session, _viewer: Viewer, ocid: str) -> Known | None:
    try:
        return await queries.known(session, ocid)
    except NotFound:
        return None
