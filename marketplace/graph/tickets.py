"""Rating tickets in the graph: what one may rate, what one said and when it appears; rating by ticket or by code; the running period."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

import orjson
import strawberry

from marketplace.db.session import Session
from marketplace.delivery.ratings import models, periods, queries, ratings, tickets
from marketplace.delivery.ratings.drafts import Assistance, RatingDraft
from marketplace.delivery.ratings.queries import GivenRow, Slip, TicketRow
from marketplace.delivery.ratings.sources import Source
from marketplace.delivery.ratings.states import TicketState
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, global_id, key_of, node
from marketplace.graph.problems import Problems
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest

strawberry.enum(TicketState, name="RatingTicketState", description="Where a ticket stands.")
strawberry.enum(Assistance, name="RatingAssistance", description="How a helper was told what to enter.")

_POINTS = "1 (very poor) to 5 (very good); null where it does not apply."
_POINTS_GIVEN = "1 (very poor) to 5 (very good); null where it does not apply; left out, what `overall` says."


@strawberry.type(description="What you said of a service. Until it appears, nobody else sees it.")
class OwnRating:
    id: strawberry.ID
    content: int | None = strawberry.field(description=f"What was promised. {_POINTS}")
    quality: int | None = strawberry.field(description=_POINTS)
    timeliness: int | None = strawberry.field(description=_POINTS)
    respect: int | None = strawberry.field(description=f"Respect and accessibility. {_POINTS}")
    handling: int | None = strawberry.field(description=f"How problems were handled. {_POINTS}")
    should_continue: bool | None
    text: str | None
    given_at: datetime
    appears_on: date = strawberry.field(
        description="The day on which the period is over and its ratings appear."
    )
    appeared_at: datetime | None

    @classmethod
    def of(cls, row: GivenRow) -> "OwnRating":
        return cls(
            id=global_id("Rating", row.id),
            **row.points,
            should_continue=row.should_continue,
            text=row.text,
            given_at=row.given_at,
            appears_on=row.appears_on,
            appeared_at=row.appeared_at,
        )


@node(queries.tickets_by_ids)
@strawberry.type(description="Your right to rate one service that you received, once.")
class RatingTicket(Node):
    state: TicketState
    issued_at: datetime
    last_day: date = strawberry.field(description="The last day on which it can be used.")
    delivery_id: strawberry.ID
    title: str
    service_type: str = strawberry.field(description="The code of a tag.")
    provider_id: strawberry.ID | None
    provider: str | None = strawberry.field(description="Null where a community brought it itself.")
    served_by: str
    place: str
    starts_at: datetime
    ends_at: datetime
    rating: OwnRating | None

    @classmethod
    def of(cls, row: TicketRow) -> "RatingTicket":
        service = row.service
        return cls(
            id=global_id("RatingTicket", row.id),
            state=row.state,
            issued_at=row.issued_at,
            last_day=row.last_day,
            delivery_id=global_id("Delivery", service.delivery_id),
            title=service.title,
            service_type=service.service_type,
            provider_id=global_id("Organisation", service.provider_id) if service.provider_id else None,
            provider=service.provider,
            served_by=service.served_by,
            place=service.place,
            starts_at=service.starts_at,
            ends_at=service.ends_at,
            rating=OwnRating.of(row.given) if row.given else None,
        )


@strawberry.type(description="A month whose ratings appear together after its end. Its rules do not change.")
class RatingPeriod:
    starts_on: date
    ends_on: date
    rules: str = strawberry.field(
        description="As JSON text: the values of the rules `rating.*` that it began with."
    )
    formula: int = strawberry.field(description="The version of the formula of its scorecards.")
    opened_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: models.RatingPeriod) -> "RatingPeriod":
        return cls(
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            rules=orjson.dumps(row.rules, option=orjson.OPT_SORT_KEYS).decode(),
            formula=row.formula,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )


@strawberry.type(description="The code of an unused ticket, for a slip of paper.")
class RatingCode:
    number: int = strawberry.field(description="The number of whoever received it, on the delivery's list.")
    code: str
    last_day: date

    @classmethod
    def of(cls, row: Slip) -> "RatingCode":
        return cls(number=row.number, code=row.code, last_day=row.last_day)


@strawberry.type
class TicketQueries:
    @strawberry.field(
        description="Your tickets, the newest first; `waiting` leaves those that you can use now."
    )
    async def my_rating_tickets(
        self, info: Info, first: First = 20, after: After = None, waiting: bool = False
    ) -> Connection[RatingTicket]:
        asked = partial(queries.own_tickets, waiting=waiting)
        return connection(await info.context.ask(asked, PageRequest(first, after)), RatingTicket.of)

    @strawberry.field(description="The period that ratings given today belong to; null until it is needed.")
    async def rating_period(self, info: Info) -> RatingPeriod | None:
        async with info.context.reading() as session:
            found = await periods.running(session)
        return None if found is None else RatingPeriod.of(found)

    @strawberry.field(
        description="As the community's worker: the codes of a delivery's unused tickets. That you looked is on record."
    )
    async def rating_codes(
        self,
        info: Info,
        delivery_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Delivery.")],
        after_number: Annotated[
            int, strawberry.argument(description="Sixty codes at most are told, those after this number.")
        ] = 0,
    ) -> list[RatingCode]:
        asked = partial(queries.slips, vault=info.context.house.vault, after=after_number)
        _service, found = await info.context.see(asked, delivery_id=key_of("Delivery", delivery_id))
        return [RatingCode.of(one) for one in found]


@strawberry.input(description="What is said of a service. At least one dimension has points.")
class RatingInput:
    overall: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 5, for every dimension that is left out."
    )
    content: int | None = strawberry.field(
        default=strawberry.UNSET, description=f"What was promised. {_POINTS_GIVEN}"
    )
    quality: int | None = strawberry.field(default=strawberry.UNSET, description=_POINTS_GIVEN)
    timeliness: int | None = strawberry.field(default=strawberry.UNSET, description=_POINTS_GIVEN)
    respect: int | None = strawberry.field(
        default=strawberry.UNSET, description=f"Respect and accessibility. {_POINTS_GIVEN}"
    )
    handling: int | None = strawberry.field(
        default=strawberry.UNSET, description=f"How problems were handled. {_POINTS_GIVEN}"
    )
    should_continue: bool | None = strawberry.UNSET
    text: str | None = strawberry.field(default=strawberry.UNSET, description="At most 1000 characters.")
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each rating; repeated, it gives the first answer."
    )


@strawberry.input
class RateServiceInput(RatingInput):
    ticket_id: strawberry.ID


@strawberry.input
class RateByCodeInput(RatingInput):
    code: str = strawberry.field(
        description="As it is printed: small letters, spaces and dashes do not matter."
    )
    delivery_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The delivery that is meant; a code of another one is refused."
    )
    assisted_how: Assistance | None = strawberry.field(
        default=strawberry.UNSET,
        description="As the community's worker: enter what somebody told you by phone or wrote on paper.",
    )


@strawberry.type(description="The rating is kept. Nothing of it shows until its period is over.")
class GivenRating:
    rating_id: strawberry.ID
    appears_on: date


RateResult: TypeAlias = Annotated[GivenRating | Problems, strawberry.union("RateResult")]


@strawberry.type
class TicketMutations:
    @strawberry.mutation(description="Rate a service that you received, with your own ticket.")
    async def rate_service(self, info: Info, input: RateServiceInput) -> RateResult:
        fields = given(input)
        key = key_of("RatingTicket", fields.pop("ticket_id"))
        draft = read(RatingDraft, fields)
        ticket_id = await info.context.ask(ratings.own_ticket, key)
        return await _give(info.context, ticket_id, draft)

    @strawberry.mutation(description="Rate with a code, with or without an account.")
    async def rate_by_code(self, info: Info, input: RateByCodeInput) -> RateResult:
        context, fields = info.context, given(input)
        code = fields.pop("code")
        if fields.get("delivery_id") is not None:
            fields["delivery_id"] = key_of("Delivery", fields["delivery_id"])
        draft = read(RatingDraft, fields)
        async with context.unit_of_work() as session:
            ticket_id = await tickets.judge(session, context.house.vault, code, _source(context))
        return await _give(context, ticket_id, draft)


async def _give(context: Context, ticket_id: UUID | None, draft: RatingDraft) -> GivenRating:
    vault, source = context.house.vault, _source(context)

    async def command(session: Session, viewer: Viewer) -> UUID:
        return await ratings.give(session, viewer, vault, ticket_id, draft, source)

    made = await context.do(command)
    return GivenRating(
        rating_id=global_id("Rating", made), appears_on=await context.ask(queries.appears_on, made)
    )


def _source(context: Context) -> Source:
    """Programs tell nothing of a device: two of one address with the same token are taken to be one."""
    return Source(context.source, f"program:{context.source}:{context.viewer.token_id}")
