"""The tender file in the graph: what is told of it, and how it is handed in."""

from datetime import date, datetime
from typing import Any

import strawberry

from marketplace.graph.inputs import given
from marketplace.graph.money import Money
from marketplace.graph.nodes import global_id, key_of
from marketplace.procurement.tenders import file as files
from marketplace.procurement.tenders.file import (
    CallOffWay,
    ConditionKind,
    CriterionKind,
    TenderFile,
    TieBreak,
)

strawberry.enum(CriterionKind, description="A price is scored by formula, quality by the panel.")
strawberry.enum(ConditionKind, description="What a bidder must be, must hold, or must not have done.")
strawberry.enum(TieBreak, description="What decides between equal totals at equal prices.")
strawberry.enum(CallOffWay, description="How services are called off a framework.")


@strawberry.type(description="One step of a quantified scale.")
class ScaleStep:
    points: int = strawberry.field(description="0 to 100.")
    description: str


@strawberry.type(description="One factor of the score.")
class Criterion:
    key: str
    kind: CriterionKind
    name: str
    description: str | None
    weight: int = strawberry.field(description="In percent of the whole.")
    scale: list[ScaleStep] = strawberry.field(description="Empty for the price, which a formula scores.")


@strawberry.type(description="One condition of eligibility.")
class TenderCondition:
    key: str
    kind: ConditionKind
    text: str
    proof: str | None = strawberry.field(description="The paper that is wanted.")


@strawberry.type(description="What is bought within a lot, and how much of it.")
class TenderItem:
    description: str
    quantity: int
    unit: str


@strawberry.type(description="A lot as a file describes it.")
class TenderFileLot:
    id: strawberry.ID = strawberry.field(description="Of the Lot, once the file is published.")
    number: int
    title: str
    description: str | None
    area_code: str
    ceiling: Money
    starts_on: date
    ends_on: date
    items: list[TenderItem]


@strawberry.type(description="A step of the contract to come.")
class PlannedMilestone:
    title: str
    deliverable: str
    due_on: date
    share: int = strawberry.field(description="Percent of the price.")


@strawberry.type(description="How a framework works.")
class FrameworkTerms:
    most_suppliers: int
    ways: list[CallOffWay]


@strawberry.type(description="A paper that belongs to a file; its bytes are read at a page.")
class TenderPaper:
    id: strawberry.ID
    title: str
    sha256: str


@strawberry.type(description="Everything that a bidder is told and a bid is judged by.")
class TenderFileContent:
    title: str
    problem: str | None
    users: str | None
    people_served: int | None
    description: str | None
    standards: str | None
    acceptance: str | None
    category: str | None = strawberry.field(description="A category's code.")
    audience: str | None = strawberry.field(description="The code of who is served.")
    area_code: str
    lots: list[TenderFileLot]
    conditions: list[TenderCondition]
    criteria: list[Criterion]
    milestones: list[PlannedMilestone]
    documents: list[TenderPaper]
    allows_consortia: bool
    tie_break: TieBreak
    panel_size: int | None
    framework: FrameworkTerms | None
    enquiries_end_at: datetime | None
    submissions_end_at: datetime | None
    official_notice_url: str | None

    @classmethod
    def of(cls, file: TenderFile) -> "TenderFileContent":
        same = (
            "title", "problem", "users", "people_served", "description", "standards", "acceptance", "area_code",
            "allows_consortia", "tie_break", "panel_size", "enquiries_end_at", "submissions_end_at", "official_notice_url",
        )  # fmt: skip
        return cls(
            **{name: getattr(file, name) for name in same},
            category=file.category_code,
            audience=file.audience_code,
            lots=[_lot(one) for one in file.lots],
            conditions=[TenderCondition(**one.model_dump()) for one in file.conditions],
            criteria=[_criterion(one) for one in file.criteria],
            milestones=[PlannedMilestone(**one.model_dump()) for one in file.milestones],
            documents=[
                TenderPaper(id=global_id("TenderDocument", one.id), title=one.title, sha256=one.sha256)
                for one in file.documents
            ],
            framework=FrameworkTerms(
                most_suppliers=file.framework.most_suppliers, ways=list(file.framework.ways)
            )
            if file.framework
            else None,
        )


def _criterion(one: files.Criterion) -> Criterion:
    return Criterion(
        key=one.key,
        kind=one.kind,
        name=one.name,
        description=one.description,
        weight=one.weight,
        scale=[ScaleStep(**step.model_dump()) for step in one.scale],
    )


def _lot(one: files.FileLot) -> TenderFileLot:
    return TenderFileLot(
        id=global_id("Lot", one.id),
        number=one.number,
        title=one.title,
        description=one.description,
        area_code=one.area_code,
        ceiling=Money.of(one.ceiling_fen, one.currency),
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        items=[TenderItem(**item.model_dump()) for item in one.items],
    )


@strawberry.input
class ScaleStepInput:
    points: int
    description: str


@strawberry.input
class CriterionInput:
    key: str = strawberry.field(description="A short name by which bids and scores refer to it.")
    kind: CriterionKind
    name: str
    description: str | None = None
    weight: int
    scale: list[ScaleStepInput] = strawberry.field(default_factory=list)


@strawberry.input
class TenderConditionInput:
    key: str
    kind: ConditionKind
    text: str
    proof: str | None = None


@strawberry.input
class TenderItemInput:
    description: str
    quantity: int
    unit: str


@strawberry.input
class TenderLotInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="Of the lot that this is; left out, it is the one with this number, or new."
    )
    number: int
    title: str
    description: str | None = None
    area_code: str
    ceiling: str = strawberry.field(
        description="The most that a bid may ask, in yuan: 200000.00, 200,000, 20万."
    )
    starts_on: date
    ends_on: date
    items: list[TenderItemInput] = strawberry.field(default_factory=list)


@strawberry.input
class PlannedMilestoneInput:
    title: str
    deliverable: str
    due_on: date
    share: int


@strawberry.input
class FrameworkTermsInput:
    most_suppliers: int
    ways: list[CallOffWay]


@strawberry.input(
    description="A tender file as a draft has it: gaps are told by the linter. Papers are handed in at a page."
)
class TenderFileInput:
    title: str
    problem: str | None = None
    users: str | None = None
    people_served: int | None = None
    description: str | None = None
    standards: str | None = None
    acceptance: str | None = None
    category: str | None = None
    audience: str | None = None
    area_code: str
    lots: list[TenderLotInput] = strawberry.field(default_factory=list)
    conditions: list[TenderConditionInput] = strawberry.field(default_factory=list)
    criteria: list[CriterionInput] = strawberry.field(default_factory=list)
    milestones: list[PlannedMilestoneInput] = strawberry.field(default_factory=list)
    allows_consortia: bool = True
    tie_break: TieBreak = TieBreak.DRAW
    panel_size: int | None = None
    framework: FrameworkTermsInput | None = None
    enquiries_end_at: datetime | None = None
    submissions_end_at: datetime | None = None
    official_notice_url: str | None = None


def file_fields(input: TenderFileInput) -> dict[str, Any]:
    """What was handed in, by the names of ``TenderFile``. Raises NotFound for an id that is no lot's."""
    fields = given(input)
    fields["category_code"], fields["audience_code"] = fields.pop("category"), fields.pop("audience")
    fields["lots"] = [_lot_fields(lot) for lot in fields["lots"]]
    return fields


def _lot_fields(lot: dict[str, Any]) -> dict[str, Any]:
    lot_id, ceiling = lot.pop("id"), lot.pop("ceiling")
    named = {"id": key_of("Lot", lot_id)} if lot_id is not None else {}
    return {**lot, **named, "ceiling_fen": ceiling}
