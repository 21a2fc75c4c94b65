"""Public ratings as they are read: numbers, words, photos, replies and notices in place of what was hidden; the month, and never who.

Where fewer people rated than publication asks for, single numbers stay unsaid as the score does; words and replies are shown.
Held ratings stand in no list: their number does (``cells``). Their authors and the area's auditors and moderators open them singly.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, exists, false, or_, select, true

from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.delivery.ratings import cells, public_policy
from marketplace.delivery.ratings.cells import CellCount
from marketplace.delivery.ratings.models import (
    DIMENSIONS,
    Rating,
    RatingHiding,
    RatingPeriod,
    RatingPhoto,
    RatingReply,
    RatingTicket,
    RatingWords,
)
from marketplace.delivery.ratings.standing import counts, is_held
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import days_end
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileStore
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation

WORDS, PHOTOS, REPLY = "words", "photos", "reply"


@dataclass(frozen=True, slots=True)
class Hidden:
    """A part that a moderator hid, and what came of it. ``explanation`` and ``appeal`` are empty for those whom they do not concern."""

    id: UUID
    what: str
    reason: str
    hidden_at: datetime
    is_appealed: bool
    is_decided: bool
    is_restored: bool
    explanation: str | None
    appeal: str | None
    decision: str | None
    appeal_until: datetime
    may_appeal: bool
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """The provider's word, or its update."""

    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class PublishedRating:
    """One rating for whoever looks. ``points`` and the mean are empty where too few people rated; ``words`` where there are none,
    or they are hidden or erased."""

    id: UUID
    organisation_id: UUID | None
    organisation: str | None
    service_type: str
    area_code: str
    month: date
    published_at: datetime
    points: Mapping[str, int | None] | None
    sixtieths: int | None
    should_continue: bool | None
    assisted_how: str | None
    words: str | None
    photos: Sequence[UUID]
    reply: Reply | None
    update: Reply | None
    hidden: Sequence[Hidden]
    is_held: bool
    is_mine: bool
    may_reply: bool
    may_update: bool
    reply_until: datetime
    update_until: datetime
    may_moderate: bool

    def hides(self, what: str) -> Hidden | None:
        """The notice that stands in place of this part now."""
        return next((one for one in self.hidden if one.what == what and not one.is_restored), None)

    def has(self, what: str) -> bool:
        """Whether there is such a part to be read, reported or hidden."""
        there = {WORDS: self.words is not None, PHOTOS: bool(self.photos), REPLY: self.reply is not None}
        return there.get(what, False) and self.hides(what) is None

    def can_hide(self, what: str) -> bool:
        """Whether there is such a part that no appeal has restored."""
        return self.has(what) and not any(one.what == what and one.is_restored for one in self.hidden)


async def of_provider(
    session: Session, viewer: Viewer, organisation_id: UUID, service_type: str | None, request: PageRequest
) -> Page[PublishedRating]:
    """What counts of a provider, the newest month first. In small cells only what says something in words."""
    known = await cells.counted(session, [organisation_id])
    large = [cell.service_type for cell in known.get(organisation_id, {}).values() if cell.is_open]
    found = _seen_by(viewer).where(
        Rating.organisation_id == organisation_id, counts(), or_(Rating.service_type.in_(large), _says())
    )
    if service_type is not None:
        found = found.where(Rating.service_type == service_type)
    return await _page(session, viewer, found, request, known)


async def to_answer(session: Session, viewer: Viewer, request: PageRequest) -> Page[PublishedRating]:
    """As a provider's manager: public ratings without a reply, the newest month first. Raises SignInNeeded."""
    viewer.signed_in()
    own = viewer.organisations_of(Role.ORGANISATION_MANAGER)
    known = await cells.counted(session, own)
    large = [
        (organisation_id, cell.service_type)
        for organisation_id, by_type in known.items()
        for cell in by_type.values()
        if cell.is_open
    ]
    is_large = or_(
        false(), *(_is_cell(organisation_id, service_type) for organisation_id, service_type in large)
    )
    found = _seen_by(viewer).where(
        Rating.organisation_id.in_(own),
        counts(),
        or_(is_large, _says()),
        ~exists().where(RatingReply.rating_id == Rating.id),
        # Past the longest term no rule gives, it only fills the desk.
        RatingPeriod.closed_at > session.now() - timedelta(days=92),
    )
    return await _page(session, viewer, found, request, known)


async def rating(session: Session, viewer: Viewer, rating_id: UUID) -> PublishedRating:
    """Raises NotFound."""
    found = (await by_ids(session, viewer, [rating_id])).get(rating_id)
    if found is None:
        raise NotFound()
    return found


async def by_ids(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, PublishedRating]:
    """Those that the viewer may see."""
    rows = (
        await session.execute(_seen_by(viewer).where(Rating.id.in_(ids), public_policy.visible_to(viewer)))
    ).all()
    return {one.id: one for one in await _read(session, viewer, rows)}


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture with its type, as its bytes proved it."""

    content_type: str
    content: bytes


async def photo(session: Session, viewer: Viewer, files: FileStore, photo_id: UUID) -> Photo:
    """A picture of a rating that the viewer may see; a hidden one only for its author and the area's moderators. Raises NotFound."""
    row = await session.get(RatingPhoto, photo_id)
    if row is None or row.removed_at is not None or row.file_key is None:
        raise NotFound()
    of = await rating(session, viewer, row.rating_id)
    if of.hides(PHOTOS) is not None and not (of.is_mine or of.may_moderate):
        raise NotFound()
    return Photo(row.content_type, await files.get(row.file_key))


def _seen_by(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Rating,
            Organisation.name,
            RatingPeriod.starts_on,
            RatingPeriod.closed_at,
            RatingPeriod.rules,
            RatingWords.text,
            public_policy.is_mine(viewer),
            case((is_held(), true()), else_=false()).label("is_held"),
        )
        .join(RatingTicket, RatingTicket.id == Rating.ticket_id)
        .join(RatingPeriod, RatingPeriod.id == Rating.period_id)
        .outerjoin(Organisation, Organisation.id == Rating.organisation_id)
        .outerjoin(RatingWords, RatingWords.rating_id == Rating.id)
    )


def _says() -> ColumnElement[bool]:
    """SQL: the rating has words, photos or a reply, hidden or not."""
    return or_(
        RatingWords.text.is_not(None),
        exists().where(RatingPhoto.rating_id == Rating.id, RatingPhoto.removed_at.is_(None)),
        exists().where(RatingReply.rating_id == Rating.id),
    )


def _is_cell(organisation_id: UUID, service_type: str) -> ColumnElement[bool]:
    return (Rating.organisation_id == organisation_id) & (Rating.service_type == service_type)


async def _page(
    session: Session,
    viewer: Viewer,
    found: Select[*tuple[Any, ...]],
    request: PageRequest,
    known: Mapping[UUID, Mapping[str, CellCount]],
) -> Page[PublishedRating]:
    rows = (await session.execute(falling(found, request, RatingPeriod.starts_on, Rating.id))).all()
    shown = await _read(session, viewer, rows, known)
    return cut(shown, request, lambda one: encode_cursor(one.month, one.id))


async def _read(
    session: Session,
    viewer: Viewer,
    rows: Sequence[Row[Any]],
    known: Mapping[UUID, Mapping[str, CellCount]] | None = None,
) -> list[PublishedRating]:
    ids = [row.Rating.id for row in rows]
    if known is None:
        providers = {row.Rating.organisation_id for row in rows} - {None}
        known = await cells.counted(session, list(providers))
    photos = await _photos(session, ids)
    replies = await _replies(session, ids)
    hidings = await _hidings(session, ids)
    shown = []
    for row in rows:
        one = row.Rating
        cell = known.get(one.organisation_id, {}).get(one.service_type)
        is_open = (cell is not None and cell.is_open) or row.is_mine
        made = _made(viewer, row, replies.get(one.id, {}), is_open=is_open)
        parts = [
            _hidden(viewer, made, hiding, row.rules, session.now()) for hiding in hidings.get(one.id, [])
        ]
        whole = replace(made, hidden=parts, photos=photos.get(one.id, []))
        shown.append(_covered(viewer, whole, session.now()))
    return shown


def _made(viewer: Viewer, row: Row[Any], replies: Mapping[int, Reply], *, is_open: bool) -> PublishedRating:
    one, days = row.Rating, row.rules["rating.reply"]
    speaks = public_policy.may_reply(viewer, one.organisation_id) and not row.is_held
    reply, update = replies.get(1), replies.get(2)
    is_concerned = row.is_mine or public_policy.belongs_to(viewer, one.organisation_id)
    return PublishedRating(
        id=one.id,
        organisation_id=one.organisation_id,
        organisation=row.name,
        service_type=one.service_type,
        area_code=one.area_code,
        month=row.starts_on,
        published_at=row.closed_at,
        points={name: getattr(one, name) for name in DIMENSIONS} if is_open else None,
        sixtieths=one.sixtieths if is_open else None,
        should_continue=one.should_continue if is_open else None,
        assisted_how=one.assisted_how,
        words=row.text,
        photos=(),
        reply=reply,
        update=update,
        hidden=(),
        is_held=row.is_held,
        is_mine=row.is_mine,
        may_reply=speaks and reply is None,
        may_update=speaks and reply is not None and update is None,
        reply_until=days_end(row.closed_at, days["reply_within_days"]),
        update_until=days_end(row.closed_at, days["update_within_days"]),
        may_moderate=viewer.holds_in_area(one.area_code, Role.MODERATOR) and not is_concerned,
    )


def _hidden(
    viewer: Viewer, one: PublishedRating, row: RatingHiding, rules: Mapping[str, Any], now: datetime
) -> Hidden:
    is_author = public_policy.may_reply(viewer, one.organisation_id) if row.what == REPLY else one.is_mine
    until = days_end(row.hidden_at, rules["rating.moderation"]["appeal_within_days"])
    is_told = is_author or one.may_moderate
    return Hidden(
        id=row.id,
        what=row.what,
        reason=row.reason,
        hidden_at=row.hidden_at,
        is_appealed=row.appealed_at is not None,
        is_decided=row.appeal_decided_at is not None,
        is_restored=row.is_restored is True,
        explanation=row.explanation if is_told else None,
        appeal=row.appeal if is_told else None,
        decision=row.appeal_reason if is_told else None,
        appeal_until=until,
        may_appeal=is_author and row.appealed_at is None and now < until,
        may_decide=one.may_moderate
        and row.hidden_by != viewer.person_id
        and row.appealed_at is not None
        and row.appeal_decided_at is None,
    )


def _covered(viewer: Viewer, one: PublishedRating, now: datetime) -> PublishedRating:
    """Without what is hidden, except for those who must still read it: its author and the moderators."""
    may_reply = one.may_reply and now < one.reply_until
    may_update = one.may_update and now < one.update_until and one.hides(REPLY) is None
    one = replace(one, may_reply=may_reply, may_update=may_update)
    if one.may_moderate:
        return one
    if one.hides(WORDS) is not None and not one.is_mine:
        one = replace(one, words=None)
    if one.hides(PHOTOS) is not None and not one.is_mine:
        one = replace(one, photos=())
    if one.hides(REPLY) is not None and not public_policy.may_reply(viewer, one.organisation_id):
        one = replace(one, reply=None, update=None)
    return one


async def _photos(session: Session, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    rows = await session.execute(
        select(RatingPhoto.rating_id, RatingPhoto.id)
        .where(RatingPhoto.rating_id.in_(ids), RatingPhoto.removed_at.is_(None))
        .order_by(RatingPhoto.id)
    )
    found: dict[UUID, list[UUID]] = {}
    for rating_id, photo_id in rows:
        found.setdefault(rating_id, []).append(photo_id)
    return found


async def _replies(session: Session, ids: Collection[UUID]) -> dict[UUID, dict[int, Reply]]:
    rows = await session.scalars(select(RatingReply).where(RatingReply.rating_id.in_(ids)))
    found: dict[UUID, dict[int, Reply]] = {}
    for row in rows:
        found.setdefault(row.rating_id, {})[row.number] = Reply(row.text, row.written_at)
    return found


async def _hidings(session: Session, ids: Collection[UUID]) -> dict[UUID, list[RatingHiding]]:
    rows = await session.scalars(
        select(RatingHiding).where(RatingHiding.rating_id.in_(ids)).order_by(RatingHiding.hidden_at)
    )
    found: dict[UUID, list[RatingHiding]] = {}
    for row in rows:
        found.setdefault(row.rating_id, []).append(row)
    return found


async def of_hiding(session: Session, viewer: Viewer, hiding_id: UUID) -> tuple[PublishedRating, Hidden]:
    """What was hidden with the rating that it belongs to. Raises NotFound."""
    row = await session.get(RatingHiding, hiding_id)
    if row is None:
        raise NotFound()
    one = await rating(session, viewer, row.rating_id)
    return one, next(part for part in one.hidden if part.id == hiding_id)
