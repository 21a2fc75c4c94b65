"""Service lists in the graph: lists, their editions, items and comments, what is planned, what changed, how true a list was."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from marketplace.graph.areas import Area
from marketplace.graph.buyers import Buyer
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.money import Money
from marketplace.graph.nodes import Node, fetch, global_id, key_of, node
from marketplace.graph.tags import Tag
from marketplace.kernel.money import yuan
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.lists import comment_queries, item_queries, queries
from marketplace.procurement.lists.comment_queries import CommentRow
from marketplace.procurement.lists.content import ItemContent
from marketplace.procurement.lists.differences import Difference, FieldChange, ItemChange
from marketplace.procurement.lists.drafts import Renewal
from marketplace.procurement.lists.item_queries import CalendarFilters, ItemRow, PlannedItem
from marketplace.procurement.lists.queries import EditionRow, ListFilters, ListRow
from marketplace.procurement.lists.stability import Stability
from marketplace.procurement.lists.states import EditionState
from marketplace.procurement.tenders import planned

strawberry.enum(
    EditionState,
    name="ListEditionState",
    description="Where an edition stands; consulted means that the buyer takes the comments up.",
)
strawberry.enum(Renewal, name="ListItemRenewal", description="Whether the purchase may be renewed.")


@node(item_queries.items_by_ids)
@strawberry.type(description="One line of a list: which service for whom, at what cost, when, how good.")
class ListItem(Node):
    list_id: strawberry.ID
    edition_id: strawberry.ID = strawberry.field(description="The edition that says so.")
    number: int = strawberry.field(description="The same in all editions.")
    title: str
    description: str
    category: Tag
    audience: Tag | None = strawberry.field(description="Who is served.")
    people_served: int | None
    budget: Money = strawberry.field(description="Estimated.")
    quantity: int
    unit: str
    planned_tender_on: date
    starts_on: date
    ends_on: date
    renewal: Renewal
    standards: str
    key: strawberry.Private[UUID]
    area_code: strawberry.Private[str]

    @classmethod
    def of(cls, row: ItemRow) -> "ListItem":
        says: dict[str, Any] = row.content.values
        same = ("title", "description", "people_served", "quantity", "unit", "standards")
        days = ("planned_tender_on", "starts_on", "ends_on")
        return cls(
            id=global_id("ListItem", row.id),
            list_id=global_id("ServiceList", row.list_id),
            edition_id=global_id("ListEdition", row.edition_id),
            number=row.content.number,
            category=Tag.of(row.category),
            audience=None if row.audience is None else Tag.of(row.audience),
            budget=Money.of(row.content.budget_fen),
            renewal=Renewal(says["renewal"]),
            key=row.id,
            area_code=row.area.code,
            **{name: says[name] for name in (*same, *days)},
        )

    @strawberry.field
    async def area(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.area_code)

    @strawberry.field(description="Those of your organisations that follow the item.")
    async def followed_by(self, info: Info) -> list[strawberry.ID]:
        found = await info.context.load(item_queries.followed, self.key) or ()
        return [global_id("Organisation", one) for one in found]


@node(queries.editions_by_ids)
@strawberry.type(description="One version of a list. A final one never changes again.")
class ListEdition(Node):
    list_id: strawberry.ID
    number: int
    reason: str | None = strawberry.field(description="Why there is a new edition.")
    state: EditionState
    consultation_opened_at: datetime | None
    consultation_ends_at: datetime | None
    finalised_at: datetime | None
    consultation_answer: str | None = strawberry.field(description="How the public's comments were taken up.")
    content_hash: str | None = strawberry.field(
        description="SHA-256 over the canonical JSON (RFC 8785) of a final edition."
    )
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    item_count: int
    budget: Money = strawberry.field(description="The estimates of all items.")
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: EditionRow) -> "ListEdition":
        same = (
            "number", "reason", "state", "consultation_opened_at", "consultation_ends_at", "finalised_at",
            "consultation_answer", "content_hash", "withdrawn_at", "withdrawal_reason",
        )  # fmt: skip
        return cls(
            id=global_id("ListEdition", row.id),
            list_id=global_id("ServiceList", row.list_id),
            item_count=row.items,
            budget=Money.of(row.budget_fen),
            key=row.id,
            **{name: getattr(row, name) for name in same},
        )

    @strawberry.field(description="By number; at most 200.")
    async def items(self, info: Info) -> list[ListItem]:
        return [ListItem.of(row) for row in await info.context.load(item_queries.of_editions, self.key) or ()]


@node(queries.lists_by_ids)
@strawberry.type(description="What a buyer means to buy in the coming years, told in editions.")
class ServiceList(Node):
    title: str
    starts_on: date
    ends_on: date
    buyer: Buyer
    in_force: ListEdition | None = strawberry.field(description="The newest final edition.")
    under_way: ListEdition | None = strawberry.field(description="Drafted, or before the public.")
    editions: list[ListEdition] = strawberry.field(description="The first one first.")

    @classmethod
    def of(cls, row: ListRow) -> "ServiceList":
        return cls(
            id=global_id("ServiceList", row.id),
            title=row.title,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            buyer=Buyer.of(row.buyer),
            in_force=None if row.in_force is None else ListEdition.of(row.in_force),
            under_way=None if row.under_way is None else ListEdition.of(row.under_way),
            editions=[ListEdition.of(edition) for edition in row.editions],
        )


@node(comment_queries.comments_by_ids)
@strawberry.type(description="What somebody of the public said about an edition. Residents are not named.")
class ListComment(Node):
    edition_id: strawberry.ID
    item_id: strawberry.ID | None
    organisation: str | None = strawberry.field(description="Who says it; null for a resident.")
    text: str | None = strawberry.field(description="Null where a moderator hid it.")
    created_at: datetime
    answer: str | None
    answered_at: datetime | None
    hidden_reason: str | None
    is_mine: bool

    @classmethod
    def of(cls, row: CommentRow) -> "ListComment":
        same = ("organisation", "text", "created_at", "answer", "answered_at", "hidden_reason", "is_mine")
        return cls(
            id=global_id("ListComment", row.id),
            edition_id=global_id("ListEdition", row.edition_id),
            item_id=None if row.item_id is None else global_id("ListItem", row.item_id),
            **{name: getattr(row, name) for name in same},
        )


@strawberry.type(description="An item that is announced, with the list and the buyer that announce it.")
class PlannedListItem:
    item: ListItem
    list_title: str
    buyer: Buyer

    @classmethod
    def of(cls, row: PlannedItem) -> "PlannedListItem":
        return cls(item=ListItem.of(row.item), list_title=row.list_title, buyer=Buyer.of(row.buyer))


@strawberry.type(
    description="One field that says something else now, both as text: money in yuan, days as dates."
)
class ListFieldChange:
    field: str
    old: str | None
    new: str | None

    @classmethod
    def of(cls, change: FieldChange) -> "ListFieldChange":
        name = "budget" if change.field == "budget_fen" else change.field
        return cls(field=name, old=_text(change.field, change.old), new=_text(change.field, change.new))


@strawberry.type(description="An item with the number and title that it has, or had.")
class ListItemName:
    item_id: strawberry.ID
    number: int
    title: str

    @classmethod
    def of(cls, item: ItemContent) -> "ListItemName":
        return cls(item_id=global_id("ListItem", item.item_id), number=item.number, title=item.title)


@strawberry.type(description="An item that is in both editions and says something else.")
class ListItemChange:
    item: ListItemName
    fields: list[ListFieldChange]

    @classmethod
    def of(cls, change: ItemChange) -> "ListItemChange":
        fields = [ListFieldChange.of(one) for one in change.fields]
        return cls(item=ListItemName.of(change.new), fields=fields)


@strawberry.type(description="What changed from one edition to another.")
class ListDifference:
    added: list[ListItemName]
    removed: list[ListItemName]
    changed: list[ListItemChange]
    unchanged: int
    budget_change: Money = strawberry.field(description="Of all items together; negative where it fell.")

    @classmethod
    def of(cls, told: Difference) -> "ListDifference":
        return cls(
            added=[ListItemName.of(item) for item in told.added],
            removed=[ListItemName.of(item) for item in told.removed],
            changed=[ListItemChange.of(change) for change in told.changed],
            unchanged=told.unchanged,
            budget_change=Money.of(told.budget_change_fen),
        )


@strawberry.type(
    description="How true lists were to what they first announced. A share or drift of 0.1 is a tenth; null is not known yet."
)
class ListStability:
    items: int
    due: int = strawberry.field(description="Items whose first planned day has passed, dropped ones too.")
    tendered: int = strawberry.field(description="Of those due.")
    on_time: int = strawberry.field(description="Of those due, tendered by the day first planned.")
    dropped: int
    share_on_time: float | None
    share_tendered: float | None
    median_delay_days: float | None = strawberry.field(description="Negative when tenders came early.")
    budget_drift: float | None = strawberry.field(description="Last announced budgets against the first.")
    tender_drift: float | None = strawberry.field(description="Ceilings of tenders against first budgets.")

    @classmethod
    def of(cls, told: Stability) -> "ListStability":
        same = (
            "items", "due", "tendered", "on_time", "dropped", "share_on_time", "share_tendered",
            "median_delay_days", "budget_drift", "tender_drift",
        )  # fmt: skip
        return cls(**{name: getattr(told, name) for name in same})


ListId = Annotated[strawberry.ID, strawberry.argument(description="The id of a ServiceList.")]
EditionId = Annotated[strawberry.ID, strawberry.argument(description="The id of a ListEdition.")]


@strawberry.input(description="Narrows the lists; everything that is given must fit.")
class ServiceListFilter:
    area_code: str | None = strawberry.field(default=None, description="Of the buyer, or above it.")
    category_code: str | None = strawberry.field(default=None, description="Of an item, with those under it.")
    year: int | None = strawberry.field(default=None, description="Over which the list reaches.")
    buyer_id: strawberry.ID | None = None


@strawberry.input(description="Narrows the calendar; everything that is given must fit.")
class PlannedItemFilter:
    from_day: date | None = None
    before: date | None = None
    area_code: str | None = None
    category_code: str | None = None


@strawberry.type
class ServiceListQueries:
    @strawberry.field(description="Service lists, the newest first.")
    async def service_lists(
        self, info: Info, filter: ServiceListFilter | None = None, first: First = 20, after: After = None
    ) -> Connection[ServiceList]:
        asked = filter or ServiceListFilter()
        chosen = ListFilters(
            area_code=asked.area_code,
            category_code=asked.category_code,
            year=asked.year if asked.year is not None and 1900 <= asked.year <= 2199 else None,
            buyer_id=None if asked.buyer_id is None else key_of("Buyer", asked.buyer_id),
        )
        page = await info.context.ask(queries.page, chosen, PageRequest(first, after))
        return connection(page, ServiceList.of)

    @strawberry.field(description="What editions in force announce, by the planned day.")
    async def planned_items(
        self, info: Info, filter: PlannedItemFilter | None = None, first: First = 20, after: After = None
    ) -> Connection[PlannedListItem]:
        asked = filter or PlannedItemFilter()
        chosen = CalendarFilters(asked.from_day, asked.before, asked.area_code, asked.category_code)
        page = await info.context.ask(item_queries.planned, chosen, PageRequest(first, after))
        return connection(page, PlannedListItem.of)

    @strawberry.field(description="The items that your organisations follow.")
    async def followed_items(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ListItem]:
        page = await info.context.ask(item_queries.follows, PageRequest(first, after))
        return connection(page, ListItem.of)

    @strawberry.field(description="What the public said about an edition, the first comment first.")
    async def list_comments(
        self, info: Info, edition_id: EditionId, first: First = 20, after: After = None
    ) -> Connection[ListComment]:
        key = key_of("ListEdition", edition_id)
        page = await info.context.ask(comment_queries.of_edition, key, PageRequest(first, after))
        return connection(page, ListComment.of)

    @strawberry.field(description="What changed from one edition of a list to another, by their numbers.")
    async def list_difference(
        self,
        info: Info,
        list_id: ListId,
        to: Annotated[int, strawberry.argument(description="The newer edition's number.")],
        since: Annotated[
            int | None, strawberry.argument(description="The older one's; else what was in force before.")
        ] = None,
    ) -> ListDifference:
        of = await info.context.ask(queries.one, key_of("ServiceList", list_id))
        new = of.edition(to)
        old = of.before(new) if since is None else of.edition(since)
        return ListDifference.of(await info.context.ask(item_queries.difference, old, new))

    @strawberry.field(description="How true a list was to what it announced.")
    async def list_stability(self, info: Info, list_id: ListId) -> ListStability:
        told = await info.context.ask(planned.of_list, key_of("ServiceList", list_id))
        return ListStability.of(told.figures)

    @strawberry.field(description="How true all lists of a buyer were.")
    async def buyer_stability(
        self,
        info: Info,
        buyer_id: Annotated[strawberry.ID, strawberry.argument(description="The id of a Buyer.")],
    ) -> ListStability:
        return ListStability.of(await info.context.ask(planned.of_buyer, key_of("Buyer", buyer_id)))


def _text(field: str, value: Any) -> str | None:
    if value is None:
        return None
    if field == "budget_fen":
        return yuan(value)
    return value.isoformat() if isinstance(value, date) else str(value)
