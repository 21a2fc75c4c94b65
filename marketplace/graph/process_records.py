"""The record of a purchase in the graph: every act with its hash."""

from datetime import datetime
from typing import Annotated, Any

import orjson
import strawberry

from marketplace.graph.context import Info
from marketplace.graph.nodes import key_of
from marketplace.kernel.errors import NotFound
from marketplace.procurement import process_record


@strawberry.type(description="One act of a process, tied to the one before by its hash.")
class RecordedAct:
    number: int
    at: datetime
    action: str = strawberry.field(description="A code such as tender.published.")
    hash: str
    json: str | None = strawberry.field(
        description="The whole act, as it is hashed; null before the result, except for supervisors and auditors."
    )

    @classmethod
    def of(cls, act: dict[str, Any], is_whole: bool) -> "RecordedAct":
        return cls(
            number=act["number"],
            at=datetime.fromisoformat(act["at"]),
            action=act["action"],
            hash=act["hash"],
            json=orjson.dumps(act).decode() if is_whole else None,
        )


@strawberry.type(description="The record of a tender or of a service list, for `marketplace verify record`.")
class ProcessRecord:
    title: str
    is_whole: bool
    head: str = strawberry.field(
        description="The hash of the newest act: note it, and nothing before it can change unseen."
    )
    acts: list[RecordedAct]


@strawberry.type
class ProcessRecordQueries:
    @strawberry.field(description="The record of a process that you may see; null for everything else.")
    async def process_record(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of a Tender or of a ServiceList.")
        ],
    ) -> ProcessRecord | None:
        for kind in ("Tender", "ServiceList"):
            try:
                found = await info.context.ask(process_record.process_record, key_of(kind, id))
            except NotFound:
                continue
            acts = [RecordedAct.of(act, found.is_whole) for act in found.acts]
            return ProcessRecord(title=found.title, is_whole=found.is_whole, head=found.head, acts=acts)
        return None
