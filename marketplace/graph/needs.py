"""Needs in the graph: the public list, what residents raise, and what organisers publish and change."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.areas import Area
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.organisations import Organisation
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.graph.shifts import Shift
from marketplace.graph.tags import Tag
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.volunteering import needs, queries
from marketplace.volunteering.drafts import NeedDraft, RaisedNeedDraft, ReasonDraft
from marketplace.volunteering.queries import NeedFilters, NeedRow
from marketplace.volunteering.states import NeedState

strawberry.enum(NeedState, description="Where a need stands. Only open needs take people.")


@strawberry.type(description="Something that must be earned: a certificate, a licence.")
class QualificationType:
    code: str
    name_zh: str
    name_en: str


@node(queries.needs_by_ids)
@strawberry.type(description="Something that a community, an organisation or a resident needs done.")
class Need(Node):
    title: str
    description: str
    state: NeedState
    category: Tag
    tags: list[Tag] = strawberry.field(description="Skills asked for, who is served, languages, topics.")
    place: str
    latitude: float | None
    longitude: float | None
    risks: str | None
    is_risky: bool = strawberry.field(description="Possibly dangerous: insured, and not for everybody.")
    insurance: str | None
    minimum_age: int = strawberry.field(description="In years; 0 when there is none.")
    needs_approval: bool = strawberry.field(
        description="Whether the organiser approves each sign-up; else it is confirmed at once."
    )
    withdrawal_notice: Minutes = strawberry.field(
        description="How long before the start a confirmed person may withdraw."
    )
    contact: str | None
    raised_at: datetime
    published_at: datetime | None
    decline_reason: str | None
    cancel_reason: str | None
    version: int
    next_shift: Shift | None = strawberry.field(
        description="The soonest shift that has not ended, one with places left before a full one."
    )
    key: strawberry.Private[UUID]
    area_code: strawberry.Private[str]
    organisation_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: NeedRow) -> "Need":
        need = row.need
        return cls(
            id=global_id("Need", need.id),
            title=need.title,
            description=need.description,
            state=row.state,
            category=Tag.of(row.category),
            tags=[Tag.of(tag) for tag in row.tags],
            place=need.place,
            latitude=need.latitude,
            longitude=need.longitude,
            risks=need.risks,
            is_risky=need.is_risky,
            insurance=need.insurance,
            minimum_age=need.minimum_age,
            needs_approval=need.needs_approval,
            withdrawal_notice=Minutes(need.withdrawal_notice_minutes),
            contact=need.contact,
            raised_at=need.raised_at,
            published_at=need.published_at,
            decline_reason=need.decline_reason,
            cancel_reason=need.cancel_reason,
            version=need.version,
            next_shift=Shift.of(row.next_shift) if row.next_shift else None,
            key=need.id,
            area_code=need.area_code,
            organisation_key=need.organisation_id,
        )

    @strawberry.field(description="Where it is, by official area.")
    async def area(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.area_code)

    @strawberry.field(
        description="Who asks; null when the area itself does, or the organisation is not public."
    )
    async def organisation(self, info: Info) -> Organisation | None:
        return await fetch(info.context, Organisation, self.organisation_key)

    @strawberry.field(description="What everybody who signs up must hold; at most 20.")
    async def qualifications(self, info: Info) -> list[QualificationType]:
        rows = await info.context.load(queries.qualifications_of, self.key) or ()
        return [QualificationType(code=row.code, name_zh=row.name_zh, name_en=row.name_en) for row in rows]

    @strawberry.field(description="Its next ten shifts that have not ended; all of them by `shiftsOfNeed`.")
    async def coming_shifts(self, info: Info) -> list[Shift]:
        rows = await info.context.load(queries.coming_shifts_by_needs, self.key) or ()
        return [Shift.of(row) for row in rows]


@strawberry.input(description="Narrows the list; everything that is given must fit.")
class NeedFilter:
    text: str | None = strawberry.field(default=None, description="Part of the title or the description.")
    category: str | None = strawberry.field(
        default=None, description="A category's code, with those under it."
    )
    area_code: str | None = strawberry.field(default=None, description="There, or below.")
    organisation_id: strawberry.ID | None = None
    starts_from: datetime | None = strawberry.field(default=None, description="A shift starts then or later.")
    starts_before: datetime | None = strawberry.field(default=None, description="A shift starts before that.")
    has_places: bool = strawberry.field(default=False, description="A shift has places left.")


@strawberry.type
class NeedQueries:
    @strawberry.field(description="Open needs, the newest first.")
    async def needs(
        self, info: Info, filter: NeedFilter | None = None, first: First = 20, after: After = None
    ) -> Connection[Need]:
        chosen = _filters(filter)
        page = await info.context.ask(queries.page, chosen, PageRequest(first, after))
        return connection(page, Need.of)

    @strawberry.field(description="The needs that you organise, the newest first.")
    async def managed_needs(
        self, info: Info, states: list[NeedState] | None = None, first: First = 20, after: After = None
    ) -> Connection[Need]:
        chosen = NeedFilters(states=tuple(NeedState) if states is None else tuple(states))
        page = await info.context.ask(queries.managed, chosen, PageRequest(first, after))
        return connection(page, Need.of)

    @strawberry.field(description="What you have raised, whatever became of it.")
    async def my_raised_needs(self, info: Info, first: First = 20, after: After = None) -> Connection[Need]:
        page = await info.context.ask(queries.raised_by_viewer, PageRequest(first, after))
        return connection(page, Need.of)


def _filters(filter: NeedFilter | None) -> NeedFilters:
    if filter is None:
        return NeedFilters()
    chosen = given(filter)
    if filter.organisation_id is not None:
        chosen["organisation_id"] = key_of("Organisation", filter.organisation_id)
    return NeedFilters(**chosen)


@strawberry.input(description="What a resident writes down; a community worker completes and publishes it.")
class RaiseNeedInput:
    title: str
    description: str
    category: str = strawberry.field(description="A category's code, name or synonym.")
    area_code: str
    place: str
    contact: str | None = strawberry.UNSET
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input(description="A need, whole. What is left out is empty.")
class NeedInput:
    title: str
    description: str
    category: str = strawberry.field(description="A category's code, name or synonym.")
    area_code: str
    organisation_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom it is published; null for the area itself."
    )
    place: str
    latitude: float | None = None
    longitude: float | None = None
    risks: str | None = strawberry.field(default=None, description="Truthfully; the law asks for them.")
    is_risky: bool = False
    insurance: str | None = strawberry.field(default=None, description="Asked for when it is risky.")
    minimum_age: int = 0
    needs_approval: bool = False
    withdrawal_notice_minutes: int = 0
    contact: str | None = None
    tags: list[str] = strawberry.field(
        default_factory=list, description="Codes, names or synonyms of skills, audiences, languages, topics."
    )
    qualifications: list[str] = strawberry.field(
        default_factory=list, description="Codes of qualification types."
    )


@strawberry.input
class PublishNeedInput:
    need: NeedInput
    idempotency_key: UUID | None = strawberry.field(
        default=None, description="A UUID of your choice; repeated, it gives the first answer."
    )


@strawberry.input
class ChangeNeedInput:
    need_id: strawberry.ID
    need: NeedInput


@strawberry.input
class EndNeedInput:
    need_id: strawberry.ID
    reason: str = strawberry.field(
        description="Which the people concerned will read, at most 500 characters."
    )


@strawberry.type(description="The need as it is now.")
class ChangedNeed:
    need: Need


NeedResult: TypeAlias = Annotated[ChangedNeed | Problems, strawberry.union("NeedResult")]
NeedId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Need.")]


async def _changed(context: Context, key: UUID) -> ChangedNeed:
    return ChangedNeed(need=await must_fetch(context, Need, key))


def _draft(input: NeedInput) -> NeedDraft:
    fields = given(input)
    if input.organisation_id is not None:
        fields["organisation_id"] = key_of("Organisation", input.organisation_id)
    return read(NeedDraft, fields)


@strawberry.type
class NeedMutations:
    @strawberry.mutation(description="As a resident: write down what is needed. It is not public yet.")
    async def raise_need(self, info: Info, input: RaiseNeedInput) -> NeedResult:
        fields = given(input)
        key = fields.pop("idempotency_key")
        need_id = await info.context.do(needs.raise_need, read(RaisedNeedDraft, fields), key)
        return await _changed(info.context, need_id)

    @strawberry.mutation(description="As organiser: write a need and make it public at once.")
    async def publish_need(self, info: Info, input: PublishNeedInput) -> NeedResult:
        draft = _draft(input.need)
        key = await info.context.do(needs.publish, draft, input.idempotency_key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: complete a raised need and make it public.")
    async def publish_raised_need(self, info: Info, input: ChangeNeedInput) -> NeedResult:
        key, draft = key_of("Need", input.need_id), _draft(input.need)
        await info.context.do(needs.publish_raised, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: say no to a raised need; its author reads why.")
    async def decline_need(self, info: Info, input: EndNeedInput) -> NeedResult:
        key, draft = key_of("Need", input.need_id), read(ReasonDraft, {"reason": input.reason})
        await info.context.do(needs.decline, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Take back what you raised, before it is public.")
    async def take_back_need(self, info: Info, need_id: NeedId) -> NeedResult:
        key = key_of("Need", need_id)
        await info.context.do(needs.take_back, key)
        return await _changed(info.context, key)

    @strawberry.mutation(
        description="As organiser: change a public need. People who signed up are told of another place or other terms."
    )
    async def edit_need(self, info: Info, input: ChangeNeedInput) -> NeedResult:
        key, draft = key_of("Need", input.need_id), _draft(input.need)
        await info.context.do(needs.edit, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As organiser: take no more people; planned shifts take place.")
    async def close_need(self, info: Info, need_id: NeedId) -> NeedResult:
        key = key_of("Need", need_id)
        await info.context.do(needs.close, key)
        return await _changed(info.context, key)

    @strawberry.mutation(
        description="As organiser: call it off. Coming shifts end with it; recorded hours stay."
    )
    async def cancel_need(self, info: Info, input: EndNeedInput) -> NeedResult:
        key, draft = key_of("Need", input.need_id), read(ReasonDraft, {"reason": input.reason})
        await info.context.do(needs.cancel, key, draft)
        return await _changed(info.context, key)
