"""Notices about saved searches: a need that fits is told at once, or with the others of the day, once a person and never twice."""

from datetime import date, time
from uuid import UUID

from sqlalchemy import exists

from marketplace.db.session import Database, Session
from marketplace.discovery import saved_telling
from marketplace.discovery.saved_events import NeedFitsSavedSearches
from marketplace.discovery.saved_models import SavedSearch
from marketplace.kernel.clock import local, local_day
from marketplace.kernel.local_forms import Named
from marketplace.notices import links
from marketplace.notices.facts import Fact, Span, Titled
from marketplace.notices.kinds import Kind
from marketplace.notices.models import Notice
from marketplace.notices.telling import News, tell
from marketplace.volunteering.queries import NeedRow

DIGEST_FROM, DIGEST_UNTIL = time(18), time(21)
"""When digests go out, on Shanghai's clock: after work and before the night."""

MOST_IN_DIGEST = 8
_PEOPLE_AT_ONCE = 20


async def fits(session: Session, event: NeedFitsSavedSearches) -> None:
    """Tell the owners that a need fits, each once, whichever of their searches it fits."""
    news = await saved_telling.at_once(session, event.need_id, event.saved_search_ids)
    for match in news.fresh:
        need = news.needs[match.need_id]
        facts: dict[str, Fact] = {
            "search": match.search_name,
            "need": need.need.title,
            "place": need.need.place,
        }
        if need.next_shift is not None:
            facts["next_shift"] = Span(need.next_shift.starts_at, need.next_shift.ends_at)
        told_for = f"{Kind.SEARCH_MATCHED}:{match.need_id}"
        await tell(
            session, [match.person_id], News(Kind.SEARCH_MATCHED, told_for, facts, links.need(match.need_id))
        )
    if news.fresh:
        await saved_telling.mark_told(session, news.fresh)
    await saved_telling.put_aside(session, news)


async def send_digests(database: Database) -> None:
    """Repeated errand: in the evening tell everybody what came to fit since the last evening; a few people a transaction."""
    after: UUID | None = None
    while True:
        async with database.unit_of_work() as session:
            after = await digest_some(session, after)
        if after is None:
            return


async def digest_some(session: Session, after: UUID | None = None) -> UUID | None:
    """Tell the next few people, by id, their news of the day. The last of them, or None when nobody is left.

    Nobody is told twice a day, by however many workers.
    """
    if not DIGEST_FROM <= local(session.now()).time() < DIGEST_UNTIL:
        return None
    today = local_day(session.now())
    was_told = exists().where(Notice.person_id == SavedSearch.person_id, Notice.told_for == _told_for(today))
    waiting = ~was_told if after is None else ~was_told & (SavedSearch.person_id > after)
    people = await saved_telling.people_with_news_of_the_day(session, waiting, _PEOPLE_AT_ONCE)
    for person_id in people:
        await _digest(session, person_id, today)
    return people[-1] if len(people) == _PEOPLE_AT_ONCE else None


async def _digest(session: Session, person_id: UUID, today: date) -> None:
    news = await saved_telling.of_the_day(session, person_id)
    await saved_telling.put_aside(session, news)
    if not news.fresh:
        return
    needs = sorted({match.need_id: news.needs[match.need_id] for match in news.fresh}.values(), key=_soonest)
    names = list(dict.fromkeys(match.search_name for match in news.fresh))
    facts: dict[str, Fact] = {
        "number": len(needs),
        "searches": Named("、".join(names), ", ".join(names)),
        "needs": [
            Titled(f"{row.need.title} · {row.need.place}", _span(row)) for row in needs[:MOST_IN_DIGEST]
        ],
    }
    if len(needs) > MOST_IN_DIGEST:
        facts["more"] = len(needs) - MOST_IN_DIGEST
    letter = News(Kind.SEARCH_DIGEST, _told_for(today), facts, links.SAVED_SEARCHES)
    if await tell(session, [person_id], letter):
        await saved_telling.mark_told(session, news.fresh)


def _told_for(day: date) -> str:
    return f"{Kind.SEARCH_DIGEST}:{day.isoformat()}"


def _soonest(row: NeedRow) -> tuple[bool, float, UUID]:
    """What happens first comes first, and what has no date last."""
    shift = row.next_shift
    return shift is None, 0.0 if shift is None else shift.starts_at.timestamp(), row.need.id


def _span(row: NeedRow) -> Span | None:
    return None if row.next_shift is None else Span(row.next_shift.starts_at, row.next_shift.ends_at)
