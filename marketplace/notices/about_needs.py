"""Notices about needs: workers learn what was raised, and whoever raised a need learns what became of it."""

from uuid import UUID

from marketplace.db.session import Session
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.volunteering.events import (
    NeedCancelled,
    NeedClosed,
    NeedDeclined,
    NeedPublished,
    NeedRaised,
)
from marketplace.volunteering.models import Need
from marketplace.volunteering.states import NeedState, need_state


async def raised(session: Session, event: NeedRaised) -> None:
    """A need waits to be published; whoever is near enough to judge it is told."""
    need = await session.get_one(Need, event.need_id)
    if need_state(need) is not NeedState.RAISED:
        return
    people = await audience.organisers(session, need.area_code, need.organisation_id)
    news = News(Kind.NEED_RAISED, f"{Kind.NEED_RAISED}:{need.id}", {"need": need.title}, links.need(need.id))
    await tell(session, set(people) - {need.raised_by}, news)


async def published(session: Session, event: NeedPublished) -> None:
    await _tell_raiser(session, event.need_id, Kind.NEED_PUBLISHED)


async def declined(session: Session, event: NeedDeclined) -> None:
    await _tell_raiser(session, event.need_id, Kind.NEED_DECLINED)


async def closed(session: Session, event: NeedClosed) -> None:
    await _tell_raiser(session, event.need_id, Kind.NEED_CLOSED)


async def cancelled(session: Session, event: NeedCancelled) -> None:
    await _tell_raiser(session, event.need_id, Kind.NEED_CANCELLED)


async def _tell_raiser(session: Session, need_id: UUID, kind: Kind) -> None:
    """Whoever raised the need, unless they publish needs themselves and so did all this."""
    need = await session.get_one(Need, need_id)
    if need.raised_by is None or need.raised_by == need.published_by:
        return
    facts: dict[str, Fact] = {"need": need.title}
    reason = need.decline_reason if kind is Kind.NEED_DECLINED else need.cancel_reason
    if reason and kind in (Kind.NEED_DECLINED, Kind.NEED_CANCELLED):
        facts["reason"] = reason
    await tell(session, [need.raised_by], News(kind, f"{kind}:{need.id}", facts, links.need(need.id)))
