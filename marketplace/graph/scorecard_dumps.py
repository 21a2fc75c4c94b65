"""The public dumps of scorecards in the graph: which months there are, and where their files lie."""

from collections.abc import Sequence
from datetime import date, datetime

import strawberry

from marketplace.db.session import Session
from marketplace.graph.context import Info
from marketplace.identity.viewer import Viewer
from marketplace.opendata import scorecard_keeping
from marketplace.opendata.scorecard_keeping import KeptDump


@strawberry.type(
    description="Everything that is public of a closed rating period, as one file; `marketplace verify scorecards` works it out anew."
)
class ScorecardDump:
    starts_on: date
    ends_on: date
    path: str = strawberry.field(description="Where to download it, on this site.")
    sha256: str = strawberry.field(description="Of the file's bytes; also its ETag.")
    size: float = strawberry.field(description="In bytes.")
    scorecards: int = strawberry.field(description="How many are published.")
    ratings: int
    made_at: datetime

    @classmethod
    def of(cls, kept: KeptDump) -> "ScorecardDump":
        return cls(
            starts_on=kept.starts_on,
            ends_on=kept.ends_on,
            path=f"/open-data/scorecards/{kept.month}.zip",
            sha256=kept.sha256,
            size=kept.size,
            scorecards=kept.scorecards,
            ratings=kept.ratings,
            made_at=kept.made_at,
        )


@strawberry.type
class ScorecardDumpQueries:
    @strawberry.field(description="The newest first; at most 36.")
    async def scorecard_dumps(self, info: Info) -> list[ScorecardDump]:
        return [ScorecardDump.of(one) for one in await info.context.ask(_newest)]


async def _newest(session: Session, _viewer: Viewer) -> Sequence[KeptDump]:
    return await scorecard_keeping.newest(session)
