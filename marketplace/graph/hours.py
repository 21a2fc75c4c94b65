"""Hours in the graph: the ledger, one's totals, reviews, and hours by hand with their approvals."""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.check_in import CheckInMutations, CheckInQueries
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.needs import Need
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.hours import desk_queries, entry_requests, queries, reviews
from marketplace.hours.drafts import AskDraft, CorrectionDraft, DecisionDraft, EntryDraft, RefusalDraft
from marketplace.hours.queries import EntryFilter
from marketplace.hours.states import Cause, Grade, RequestState, Source
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest

strawberry.enum(Cause, name="ReviewCause", description="Why a presence cannot become hours by itself.")
strawberry.enum(Source, name="EntrySource", description="What a ledger entry came from.")
strawberry.enum(
    RequestState, name="HourEntryState", description="Where hours by hand, or a correction, stand."
)


def _id(kind: str, key: UUID | None) -> strawberry.ID | None:
    return None if key is None else global_id(kind, key)


@node(queries.entries_by_ids)
@strawberry.type(description="Minutes that somebody served, or the reversal of an entry. Never changed.")
class LedgerEntry(Node):
    person_id: strawberry.ID
    person_name: str
    need_id: strawberry.ID
    need_title: str
    shift_id: strawberry.ID | None
    minutes: Minutes = strawberry.field(description="Negative in a reversal.")
    grade: Grade
    served_on: date
    local_year: int = strawberry.field(
        description="The calendar year in Shanghai to which the minutes belong."
    )
    entered_at: datetime
    source: Source
    reverses_id: strawberry.ID | None
    is_reversed: bool
    reason: str | None
    need_key: strawberry.Private[UUID]

    @strawberry.field(description="The need it was served for, where the viewer may see it.")
    async def need(self, info: Info) -> Need | None:
        return await fetch(info.context, Need, self.need_key)

    @classmethod
    def of(cls, row: queries.EntryRow) -> "LedgerEntry":
        return cls(
            id=global_id("LedgerEntry", row.id),
            need_key=row.need_id,
            person_id=global_id("Person", row.person_id),
            person_name=row.person_name,
            need_id=global_id("Need", row.need_id),
            need_title=row.need_title,
            shift_id=_id("Shift", row.shift_id),
            minutes=Minutes(row.minutes),
            grade=Grade(row.grade),
            served_on=row.served_on,
            local_year=row.local_year,
            entered_at=row.entered_at,
            source=Source(row.source),
            reverses_id=_id("LedgerEntry", row.reverses_id),
            is_reversed=row.is_reversed,
            reason=row.reason,
        )


@node(desk_queries.reviews_by_ids)
@strawberry.type(
    description="A presence that no code proves, waiting for an organiser's decision in minutes."
)
class HourReview(Node):
    person_id: strawberry.ID
    person_name: str
    need_id: strawberry.ID
    need_title: str
    shift_id: strawberry.ID
    starts_at: datetime
    ends_at: datetime
    cause: Cause
    opened_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    decided_at: datetime | None
    minutes: Minutes | None
    reason: str | None

    @classmethod
    def of(cls, row: desk_queries.ReviewRow) -> "HourReview":
        return cls(
            id=global_id("HourReview", row.id),
            person_id=global_id("Person", row.person_id),
            person_name=row.person_name,
            need_id=global_id("Need", row.need_id),
            need_title=row.need_title,
            shift_id=global_id("Shift", row.shift_id),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            cause=Cause(row.cause),
            opened_at=row.opened_at,
            checked_in_at=row.checked_in_at,
            checked_out_at=row.checked_out_at,
            decided_at=row.decided_at,
            minutes=None if row.minutes is None else Minutes(row.minutes),
            reason=row.reason,
        )


@node(desk_queries.requests_by_ids)
@strawberry.type(
    description="Hours by hand, or a correction, that count only when enough other people have approved."
)
class HourEntryRequest(Node):
    person_id: strawberry.ID
    person_name: str
    need_id: strawberry.ID
    need_title: str
    shift_id: strawberry.ID | None
    corrects_entry_id: strawberry.ID | None
    corrected_minutes: Minutes | None = strawberry.field(description="What the entry says that it corrects.")
    minutes: Minutes
    served_on: date
    reason: str
    requested_at: datetime
    requester_name: str
    approvals_needed: int
    approvals: int
    state: RequestState
    refusal_reason: str | None

    @classmethod
    def of(cls, row: desk_queries.RequestRow) -> "HourEntryRequest":
        return cls(
            id=global_id("HourEntryRequest", row.id),
            person_id=global_id("Person", row.person_id),
            person_name=row.person_name,
            need_id=global_id("Need", row.need_id),
            need_title=row.need_title,
            shift_id=_id("Shift", row.shift_id),
            corrects_entry_id=_id("LedgerEntry", row.corrects_entry_id),
            corrected_minutes=None if row.corrected_minutes is None else Minutes(row.corrected_minutes),
            minutes=Minutes(row.minutes),
            served_on=row.served_on,
            reason=row.reason,
            requested_at=row.requested_at,
            requester_name=row.requester_name,
            approvals_needed=row.approvals_needed,
            approvals=row.approvals,
            state=row.state,
            refusal_reason=row.refusal_reason,
        )


@strawberry.type(description="Minutes that belong to one calendar year of Shanghai.")
class YearTotal:
    year: int
    minutes: Minutes


@strawberry.type(description="A person's hours: all of them, by year, and the star they reach.")
class HourTotals:
    minutes: Minutes
    years: list[YearTotal]
    stars: int
    minutes_to_next_star: Minutes = strawberry.field(description="0 at the last star.")

    @classmethod
    def of(cls, totals: queries.Totals) -> "HourTotals":
        return cls(
            minutes=Minutes(totals.minutes),
            years=[YearTotal(year=year.year, minutes=Minutes(year.minutes)) for year in totals.years],
            stars=totals.stars.reached,
            minutes_to_next_star=Minutes(totals.stars.minutes_to_next),
        )


@strawberry.input(description="Which entries are wanted; what is left out does not narrow.")
class LedgerFilter:
    person_id: strawberry.ID | None = None
    need_id: strawberry.ID | None = None
    year: int | None = None

    def read(self) -> EntryFilter:
        return EntryFilter(
            person_id=key_of("Person", self.person_id) if self.person_id else None,
            need_id=key_of("Need", self.need_id) if self.need_id else None,
            year=self.year,
        )


@strawberry.type
class HourQueries(CheckInQueries):
    @strawberry.field(description="The viewer's own totals.")
    async def my_hours(self, info: Info) -> HourTotals:
        async with info.context.reading() as session:
            return HourTotals.of(await queries.totals(session, info.context.viewer))

    @strawberry.field(
        description="Entries of the ledger, newest first: one's own, those of needs one organises, those of an area one audits."
    )
    async def ledger_entries(
        self, info: Info, first: First = 20, after: After = None, filter: LedgerFilter | None = None
    ) -> Connection[LedgerEntry]:
        wanted = filter.read() if filter else EntryFilter()
        page = await info.context.ask(queries.entries, PageRequest(first, after), wanted)
        return connection(page, LedgerEntry.of)

    @strawberry.field(description="Reviews that wait for an organiser of the need, longest waiting first.")
    async def hour_reviews(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[HourReview]:
        page = await info.context.ask(desk_queries.open_reviews, PageRequest(first, after))
        return connection(page, HourReview.of)

    @strawberry.field(
        description="Hours by hand and corrections that wait for approvals, longest waiting first."
    )
    async def hour_entry_requests(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[HourEntryRequest]:
        page = await info.context.ask(desk_queries.waiting_requests, PageRequest(first, after))
        return connection(page, HourEntryRequest.of)


@strawberry.input
class AskForReviewInput:
    sign_up_id: strawberry.ID


@strawberry.input
class DecideReviewInput:
    review_id: strawberry.ID
    minutes: Minutes = strawberry.field(description="At most the length of the shift; 0 counts nothing.")
    reason: str


@strawberry.input
class EnterHoursInput:
    person_id: strawberry.ID = strawberry.field(description="Somebody who signed up to the need.")
    need_id: strawberry.ID
    shift_id: strawberry.ID | None = strawberry.UNSET
    minutes: Minutes
    served_on: date | None = strawberry.field(
        default=strawberry.UNSET, description="Needed without a shift; a shift knows its day."
    )
    reason: str
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class CorrectHoursInput:
    entry_id: strawberry.ID
    minutes: Minutes = strawberry.field(description="What the entry should have been; 0 takes it back.")
    reason: str
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input
class ApproveHoursInput:
    request_id: strawberry.ID


@strawberry.input
class RefuseHoursInput:
    request_id: strawberry.ID
    reason: str


@strawberry.type(description="The review as it now stands.")
class ReviewedHours:
    review: HourReview


@strawberry.type(description="The request as it now stands.")
class RequestedHours:
    request: HourEntryRequest


AskForReviewResult: TypeAlias = Annotated[ReviewedHours | Problems, strawberry.union("AskForReviewResult")]
DecideReviewResult: TypeAlias = Annotated[ReviewedHours | Problems, strawberry.union("DecideReviewResult")]
EnterHoursResult: TypeAlias = Annotated[RequestedHours | Problems, strawberry.union("EnterHoursResult")]
CorrectHoursResult: TypeAlias = Annotated[RequestedHours | Problems, strawberry.union("CorrectHoursResult")]
ApproveHoursResult: TypeAlias = Annotated[RequestedHours | Problems, strawberry.union("ApproveHoursResult")]
RefuseHoursResult: TypeAlias = Annotated[RequestedHours | Problems, strawberry.union("RefuseHoursResult")]


@strawberry.type
class HourMutations(CheckInMutations):
    @strawberry.mutation(
        description="Ask an organiser to look at a shift where nobody was checked in: the volunteer, or another organiser."
    )
    async def ask_for_review(self, info: Info, input: AskForReviewInput) -> AskForReviewResult:
        draft = read(AskDraft, {"sign_up_id": key_of("SignUp", input.sign_up_id)})
        review_id = await info.context.do(reviews.ask, draft)
        return ReviewedHours(review=await must_fetch(info.context, HourReview, review_id))

    @strawberry.mutation(
        description="Decide a review, once, as somebody else than the subject and whoever asked."
    )
    async def decide_review(self, info: Info, input: DecideReviewInput) -> DecideReviewResult:
        draft = read(DecisionDraft, given(input) | {"review_id": key_of("HourReview", input.review_id)})
        review_id = await info.context.do(reviews.decide, draft)
        return ReviewedHours(review=await must_fetch(info.context, HourReview, review_id))

    @strawberry.mutation(
        description="Ask for hours without evidence; they count after two other people's approval."
    )
    async def enter_hours(self, info: Info, input: EnterHoursInput) -> EnterHoursResult:
        named = given(input) | {
            "person_id": key_of("Person", input.person_id),
            "need_id": key_of("Need", input.need_id),
        }
        if named.get("shift_id") is not None:
            named["shift_id"] = key_of("Shift", named["shift_id"])
        draft = read(EntryDraft, named)
        request_id = await info.context.do(entry_requests.enter, draft)
        return await _requested(info, request_id)

    @strawberry.mutation(
        description="Ask for an entry to be corrected; a second person decides, two where minutes are added."
    )
    async def correct_hours(self, info: Info, input: CorrectHoursInput) -> CorrectHoursResult:
        draft = read(CorrectionDraft, given(input) | {"entry_id": key_of("LedgerEntry", input.entry_id)})
        request_id = await info.context.do(entry_requests.correct, draft)
        return await _requested(info, request_id)

    @strawberry.mutation(description="Agree to a request; with the last approval needed, it counts.")
    async def approve_hours(self, info: Info, input: ApproveHoursInput) -> ApproveHoursResult:
        key = key_of("HourEntryRequest", input.request_id)
        request_id = await info.context.do(entry_requests.approve, key)
        return await _requested(info, request_id)

    @strawberry.mutation(description="Turn a request down, for good and with a reason.")
    async def refuse_hours(self, info: Info, input: RefuseHoursInput) -> RefuseHoursResult:
        draft = read(
            RefusalDraft, given(input) | {"request_id": key_of("HourEntryRequest", input.request_id)}
        )
        request_id = await info.context.do(entry_requests.refuse, draft)
        return await _requested(info, request_id)


async def _requested(info: Info, request_id: UUID) -> RequestedHours:
    return RequestedHours(request=await must_fetch(info.context, HourEntryRequest, request_id))
