"""Notices in the graph: one's inbox, how one wants to be told, and the secret address of one's calendar."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.pagination import PageRequest
from marketplace.notices import calendars, links, preferences, queries
from marketplace.notices import inbox as notices
from marketplace.notices.drafts import QuietHoursDraft, WishesDraft
from marketplace.notices.kinds import Kind
from marketplace.notices.queries import NoticeRow, Wishes
from marketplace.notices.quiet import Quiet
from marketplace.notices.wording import worded

strawberry.enum(Kind, name="NoticeKind", description="What a notice is about.")


@node(queries.notices_by_ids)
@strawberry.type(description="One thing told to you, in words of the language that you ask in.")
class Notice(Node):
    kind: Kind
    created_at: datetime
    read_at: datetime | None = strawberry.field(description="Null until you read it.")
    link: str | None = strawberry.field(description="The path of the page that it leads to.")
    facts: strawberry.Private[dict[str, Any]]

    @classmethod
    def of(cls, row: NoticeRow) -> "Notice":
        return cls(
            id=global_id("Notice", row.id),
            kind=Kind(row.kind),
            created_at=row.created_at,
            read_at=row.read_at,
            link=row.link,
            facts=row.facts,
        )

    @strawberry.field
    def title(self, info: Info) -> str:
        return worded(info.context.locale, self.kind, self.facts).title

    @strawberry.field(description="What is said under the title, a paragraph each.")
    def lines(self, info: Info) -> list[str]:
        return list(worded(info.context.locale, self.kind, self.facts).lines)


@strawberry.type(description="Whether one kind of notice reaches you by e-mail too.")
class NoticeWish:
    kind: Kind
    by_email: bool

    @strawberry.field(description="The kind in words.")
    def name(self, info: Info) -> str:
        return sentence(info.context.locale, f"notice.{self.kind}.name", {})


@strawberry.type(
    description="Hours in which nothing is sent to you, on Shanghai's clock; they may run over midnight."
)
class QuietHours:
    quiet_from: str = strawberry.field(description="Such as `22:00`.")
    quiet_to: str = strawberry.field(description="Such as `07:00`.")

    @classmethod
    def of(cls, quiet: Quiet) -> "QuietHours":
        return cls(quiet_from=_clock(quiet.from_minute), quiet_to=_clock(quiet.to_minute))


@strawberry.type(description="How you want to be told. The inbox always has everything.")
class NoticeWishes:
    email: str | None = strawberry.field(description="Your confirmed address; null when nothing can be sent.")
    kinds: list[NoticeWish] = strawberry.field(description="Every kind that may ever reach you.")
    quiet_hours: QuietHours | None
    undelivered_at: datetime | None = strawberry.field(
        description="When the newest e-mail to you was given up; null when it arrived."
    )

    @classmethod
    def of(cls, wishes: Wishes) -> "NoticeWishes":
        return cls(
            email=wishes.email,
            kinds=[
                NoticeWish(kind=kind, by_email=kind in wishes.by_email)
                for kinds in wishes.topics.values()
                for kind in kinds
            ],
            quiet_hours=QuietHours.of(wishes.quiet) if wishes.quiet else None,
            undelivered_at=wishes.undelivered_at,
        )


@strawberry.type
class NoticeQueries:
    @strawberry.field(description="What you were told, newest first.")
    async def inbox(self, info: Info, first: First = 20, after: After = None) -> Connection[Notice]:
        page = await info.context.ask(queries.inbox, PageRequest(first, after))
        return connection(page, Notice.of)

    @strawberry.field(
        description="How many notices you have not read, counted to 100 at most; 0 for a stranger."
    )
    async def unread_notices(self, info: Info) -> int:
        return await info.context.ask(queries.unread_count)

    @strawberry.field(description="How you want to be told.")
    async def notice_wishes(self, info: Info) -> NoticeWishes:
        return await _wishes(info.context)

    @strawberry.field(description="Whether your shifts can be read at a secret address now.")
    async def has_calendar_address(self, info: Info) -> bool:
        return await info.context.ask(queries.has_calendar)


@strawberry.input
class ChooseNoticesInput:
    email: list[Kind] = strawberry.field(
        description="The kinds wanted by e-mail; all others that may reach you are not."
    )


@strawberry.input
class SetQuietHoursInput:
    quiet_from: str | None = strawberry.field(
        default=strawberry.UNSET, description="Such as `22:00`; without both there are no quiet hours."
    )
    quiet_to: str | None = strawberry.field(default=strawberry.UNSET, description="Such as `07:00`.")


@strawberry.type(description="The notice as it is now.")
class ReadNotice:
    notice: Notice


@strawberry.type(description="What is left to read.")
class ReadAllNotices:
    unread_notices: int


@strawberry.type(description="How you are told from now on.")
class ChangedNoticeWishes:
    notice_wishes: NoticeWishes


@strawberry.type(
    description="The new secret address of your calendar, told this once; the one before it has ended."
)
class MadeCalendarAddress:
    address: str = strawberry.field(
        description="Whoever has it can read your shifts: give it to a calendar program, and to nobody else."
    )


@strawberry.type(description="Whether an address answers now: it does not.")
class RevokedCalendarAddress:
    has_calendar_address: bool


ReadNoticeResult: TypeAlias = Annotated[ReadNotice | Problems, strawberry.union("ReadNoticeResult")]
ReadAllNoticesResult: TypeAlias = Annotated[
    ReadAllNotices | Problems, strawberry.union("ReadAllNoticesResult")
]
NoticeWishesResult: TypeAlias = Annotated[
    ChangedNoticeWishes | Problems, strawberry.union("NoticeWishesResult")
]
MakeCalendarAddressResult: TypeAlias = Annotated[
    MadeCalendarAddress | Problems, strawberry.union("MakeCalendarAddressResult")
]
RevokeCalendarAddressResult: TypeAlias = Annotated[
    RevokedCalendarAddress | Problems, strawberry.union("RevokeCalendarAddressResult")
]
NoticeId = Annotated[strawberry.ID, strawberry.argument(description="The id of a Notice.")]


@strawberry.type
class NoticeMutations:
    @strawberry.mutation(description="Note that you have read one notice.")
    async def mark_notice_read(self, info: Info, notice_id: NoticeId) -> ReadNoticeResult:
        key = key_of("Notice", notice_id)
        await info.context.do(notices.mark_read, key)
        return ReadNotice(notice=await must_fetch(info.context, Notice, key))

    @strawberry.mutation(description="Note that you have read everything that is there now.")
    async def mark_all_notices_read(self, info: Info) -> ReadAllNoticesResult:
        await info.context.do(notices.mark_all_read)
        async with info.context.reading() as session:
            return ReadAllNotices(unread_notices=await queries.unread_count(session, info.context.viewer))

    @strawberry.mutation(description="Choose which kinds of notices come by e-mail too.")
    async def choose_notices(self, info: Info, input: ChooseNoticesInput) -> NoticeWishesResult:
        draft = read(WishesDraft, given(input))
        await info.context.do(preferences.choose, draft)
        return ChangedNoticeWishes(notice_wishes=await _wishes(info.context))

    @strawberry.mutation(description="Say when nothing is to be sent to you, or that you have no such hours.")
    async def set_quiet_hours(self, info: Info, input: SetQuietHoursInput) -> NoticeWishesResult:
        draft = read(QuietHoursDraft, given(input))
        await info.context.do(preferences.set_quiet_hours, draft)
        return ChangedNoticeWishes(notice_wishes=await _wishes(info.context))

    @strawberry.mutation(description="Make a new secret address at which calendar programs read your shifts.")
    async def make_calendar_address(self, info: Info) -> MakeCalendarAddressResult:
        token = await info.context.do(calendars.make_address)
        return MadeCalendarAddress(address=info.context.house.settings.site_url + links.calendar(token))

    @strawberry.mutation(description="End your calendar's address: what subscribed to it is updated no more.")
    async def revoke_calendar_address(self, info: Info) -> RevokeCalendarAddressResult:
        await info.context.do(calendars.revoke)
        has_calendar = await info.context.ask(queries.has_calendar)
        return RevokedCalendarAddress(has_calendar_address=has_calendar)


async def _wishes(context: Context) -> NoticeWishes:
    async with context.reading() as session:
        return NoticeWishes.of(await queries.wishes(session, context.viewer))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
