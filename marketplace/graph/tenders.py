"""Tenders in the graph: public ones for everybody, drafts for their buyer; versions with their hashes, lots, and what the linter says."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from marketplace.db.session import Session
from marketplace.graph.areas import Area
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, fetch, global_id, key_of, node
from marketplace.graph.tags import Tag
from marketplace.graph.tender_file import TenderFileContent
from marketplace.graph.tender_questions import Question
from marketplace.identity.viewer import Viewer
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import findings, follows, linting, queries, question_queries
from marketplace.procurement.tenders.file import read_file
from marketplace.procurement.tenders.findings import Severity
from marketplace.procurement.tenders.models import TenderVersion as VersionRow
from marketplace.procurement.tenders.queries import DeskRow, LotRow, TenderFilters, TenderRow
from marketplace.procurement.tenders.states import Stage, TenderStatus

strawberry.enum(Procedure, description="How a tender is run.")
strawberry.enum(Stage, name="TenderStage", description="How far a tender has come.")
strawberry.enum(TenderStatus, description="The status by OCDS 1.1.")
strawberry.enum(Severity, description="REFUSE: such a file is not published. ADVISE: the officer decides.")


@strawberry.type(description="One fault that the linter found in a file.")
class Finding:
    code: str
    field: str = strawberry.field(
        description="The path in the file as it is hashed, such as `lots.0.ends_on`."
    )
    severity: Severity
    article: str | None
    message: str = strawberry.field(description="What is wrong.")
    fix: str = strawberry.field(description="How to mend it.")
    can_be_mended: bool = strawberry.field(description="Whether `mendTender` does it at once.")

    @classmethod
    def of(cls, one: findings.Finding, locale: str) -> "Finding":
        return cls(
            code=one.code,
            field=one.field,
            severity=one.severity,
            article=one.article,
            message=sentence(locale, f"field.{one.code}", one.facts),
            fix=sentence(locale, f"fix.{one.code}", one.facts),
            can_be_mended=one.change is not None,
        )


@strawberry.type(description="A published version of a file; it never changes.")
class TenderVersion:
    number: int
    published_at: datetime
    reason: str | None = strawberry.field(description="Why the file was amended; null for the first version.")
    voids_bids: bool = strawberry.field(
        description="Whether bids for an older version count only once they are confirmed."
    )
    content_hash: str = strawberry.field(description="SHA-256 over the canonical JSON (RFC 8785) of `json`.")
    json: str = strawberry.field(description="The whole file as it was hashed.")
    file: TenderFileContent

    @classmethod
    def of(cls, row: VersionRow) -> "TenderVersion":
        return cls(
            number=row.number,
            published_at=row.published_at,
            reason=row.reason,
            voids_bids=row.voids_bids,
            content_hash=row.content_hash,
            json=json.dumps(row.content, ensure_ascii=False, sort_keys=True),
            file=TenderFileContent.of(read_file(row.content)),
        )


@node(queries.lots_by_ids)
@strawberry.type(description="A part of a tender that is bid for and awarded by itself.")
class Lot(Node):
    tender_id: strawberry.ID
    number: int
    title: str
    status: TenderStatus
    ceiling: Money
    area_code: str
    starts_on: date
    ends_on: date
    unsuccessful_reason: str | None

    @classmethod
    def of(cls, row: LotRow) -> "Lot":
        lot = row.lot
        return cls(
            id=global_id("Lot", lot.id),
            tender_id=global_id("Tender", lot.tender_id),
            number=lot.number,
            title=lot.title,
            status=row.status,
            ceiling=Money.of(lot.ceiling_fen, lot.currency),
            area_code=lot.area_code,
            starts_on=lot.starts_on,
            ends_on=lot.ends_on,
            unsuccessful_reason=lot.unsuccessful_reason,
        )


async def _own_follows(
    session: Session, viewer: Viewer, ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[UUID]]:
    return await follows.own(session, viewer, ids)


@node(queries.tenders_by_ids)
@strawberry.type(description="One contracting process. Public once published.")
class Tender(Node):
    key: strawberry.Private[UUID]
    replaces_key: strawberry.Private[UUID | None]
    area_code: strawberry.Private[str]
    reference: str
    title: str
    procedure: Procedure
    stage: Stage
    status: TenderStatus
    buyer_id: strawberry.ID
    buyer_name: str
    category: Tag | None
    list_item_id: strawberry.ID | None
    ceiling: Money = strawberry.field(description="The sum over all lots.")
    published_at: datetime | None
    enquiries_end_at: datetime | None
    submissions_end_at: datetime | None
    opened_at: datetime | None
    evaluated_at: datetime | None
    awarded_at: datetime | None
    completed_at: datetime | None
    suspended_at: datetime | None
    unsuccessful_at: datetime | None
    unsuccessful_reason: str | None
    cancelled_at: datetime | None
    cancellation_reason: str | None
    version: int = strawberry.field(description="Of the file in force; 0 before publication.")

    @classmethod
    def of(cls, row: TenderRow) -> "Tender":
        tender = row.tender
        same = (
            "reference", "title", "published_at", "enquiries_end_at", "submissions_end_at", "opened_at", "evaluated_at",
            "awarded_at", "completed_at", "suspended_at", "unsuccessful_at", "unsuccessful_reason", "cancelled_at",
            "cancellation_reason", "version", "area_code",
        )  # fmt: skip
        return cls(
            **{name: getattr(tender, name) for name in same},
            id=global_id("Tender", tender.id),
            key=tender.id,
            replaces_key=tender.replaces_tender_id,
            procedure=Procedure(tender.procedure),
            stage=row.stage,
            status=row.status,
            buyer_id=global_id("Buyer", row.buyer.id),
            buyer_name=row.buyer.name,
            category=Tag.of(row.category) if row.category else None,
            list_item_id=global_id("ListItem", tender.list_item_id) if tender.list_item_id else None,
            ceiling=Money.of(row.ceiling_fen),
        )

    @strawberry.field(description="The buyer's area.")
    async def area(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.area_code)

    @strawberry.field(description="The file in force; null before publication.")
    async def in_force(self, info: Info) -> TenderVersion | None:
        rows = await info.context.load(queries.versions_of, self.key)
        return TenderVersion.of(rows[-1]) if rows else None

    @strawberry.field(description="Every published version, the oldest first.")
    async def versions(self, info: Info) -> list[TenderVersion]:
        return [TenderVersion.of(row) for row in await info.context.load(queries.versions_of, self.key) or ()]

    @strawberry.field(description="Those that an amendment removed too.")
    async def lots(self, info: Info) -> list[Lot]:
        return [Lot.of(row) for row in await info.context.load(queries.lots_of, self.key) or ()]

    @strawberry.field(description="Answered ones for everybody; others for who asked and for the buyer.")
    async def questions(self, info: Info) -> list[Question]:
        rows = await info.context.load(question_queries.of_tenders, self.key)
        return [Question.of(row) for row in rows or ()]

    @strawberry.field(description="The tender that ended and that this one follows.")
    async def replaces(self, info: Info) -> "Tender | None":
        return await fetch(info.context, Tender, self.replaces_key)

    @strawberry.field(description="Those of your own organisations that follow it. Nobody sees others'.")
    async def followed_by(self, info: Info) -> list[strawberry.ID]:
        found = await info.context.load(_own_follows, self.key)
        return [global_id("Organisation", one) for one in found or ()]


@strawberry.type(description="A tender as its officers write it.")
class TenderDraft:
    tender: Tender
    draft_version: int = strawberry.field(description="To be sent along when the draft is saved.")
    file: TenderFileContent
    findings: list[Finding]


@strawberry.type(description="One of the buyer's tenders with what waits there.")
class TenderOnDesk:
    tender: Tender
    questions_waiting: int
    is_amendment_prepared: bool

    @classmethod
    def of(cls, row: DeskRow) -> "TenderOnDesk":
        return cls(
            tender=Tender.of(row.row),
            questions_waiting=row.questions_waiting,
            is_amendment_prepared=row.is_amendment_prepared,
        )


@strawberry.input(description="All of them together. An area means where the buyer is or a service is given.")
class TenderFiltersInput:
    stages: list[Stage] = strawberry.field(default_factory=list)
    text: str | None = None
    category: str | None = strawberry.field(default=None, description="A category's code.")
    area_code: str | None = None
    procedure: Procedure | None = None


TenderId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Tender.")]


@strawberry.type
class TenderQueries:
    @strawberry.field(description="Published tenders, the newest first.")
    async def tenders(
        self,
        info: Info,
        filters: TenderFiltersInput | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Tender]:
        wanted = TenderFilters(**vars(filters)) if filters else TenderFilters()
        page = await info.context.ask(queries.page, wanted, PageRequest(first, after))
        return connection(page, Tender.of)

    @strawberry.field(description="As officer: the tenders of your buyers, the newest first.")
    async def tenders_on_desk(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[TenderOnDesk]:
        page = await info.context.ask(queries.desk, PageRequest(first, after))
        return connection(page, TenderOnDesk.of)

    @strawberry.field(
        description="As officer or supervisor: a tender as it is being written, with the linter's findings."
    )
    async def tender_draft(self, info: Info, tender_id: TenderId) -> TenderDraft:
        return await draft_of(info, key_of("Tender", tender_id))


async def draft_of(info: Info, tender_id: UUID) -> TenderDraft:
    """The draft of one tender. Raises NotFound for those who may not see it."""
    context = info.context
    details, file = await context.ask(queries.draft, tender_id)
    found = await context.ask(linting.of_draft, tender_id)
    return TenderDraft(
        tender=Tender.of(details.row),
        draft_version=details.tender.draft_version,
        file=TenderFileContent.of(file),
        findings=[Finding.of(one, context.locale) for one in found],
    )
