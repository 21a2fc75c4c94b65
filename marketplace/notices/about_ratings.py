"""Notices about ratings once they are public: they appeared, were answered, something was hidden, appealed, decided, or is held."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.areas.codes import contains
from marketplace.db.session import Session
from marketplace.delivery.ratings.care_drafts import Part
from marketplace.delivery.ratings.events import (
    AppealDecided,
    HidingAppealed,
    PeriodClosed,
    RatingAnswered,
    WordsHidden,
)
from marketplace.delivery.ratings.models import (
    Rating,
    RatingHiding,
    RatingHold,
    RatingPeriod,
)
from marketplace.delivery.ratings.standing import counts
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import Role
from marketplace.kernel import local_forms
from marketplace.kernel.local_forms import Named
from marketplace.kernel.locale import EN, ZH
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.organisations.models import Organisation


async def appeared(session: Session, event: PeriodClosed) -> None:
    """Managers of providers with new ratings, and auditors of the areas where some are held, hear so once a period."""
    period = await session.get_one(RatingPeriod, event.period_id)
    facts: dict[str, Fact] = {"month": _month(period.starts_on)}
    rated = select(Rating.organisation_id).where(Rating.period_id == period.id, counts())
    managers = await session.scalars(
        select(RoleGrant.person_id).where(
            RoleGrant.organisation_id.in_(rated),
            RoleGrant.role == Role.ORGANISATION_MANAGER,
            RoleGrant.revoked_at.is_(None),
        )
    )
    kind = Kind.RATINGS_APPEARED
    await tell(session, managers.all(), News(kind, f"{kind}:{period.id}", facts, links.ratings_to_answer()))
    kind = Kind.RATINGS_HELD
    auditors = await _auditors(session, period.id)
    await tell(session, auditors, News(kind, f"{kind}:{period.id}", facts, links.held_ratings()))


async def answered(session: Session, event: RatingAnswered) -> None:
    """Whoever gave the rating and has an account."""
    kind = Kind.RATING_ANSWERED
    facts: dict[str, Fact] = {"provider": await _provider(session, event.rating_id)}
    news = News(kind, f"{kind}:{event.reply_id}", facts, links.rating(event.rating_id))
    await tell(session, await _author(session, event.rating_id), news)


async def hidden(session: Session, event: WordsHidden) -> None:
    """Whose words, photos or reply it is."""
    row, people = await _hiding(session, event.hiding_id)
    kind = Kind.RATING_PART_HIDDEN
    facts: dict[str, Fact] = {
        "what": Word(f"rating_part.{row.what}"),
        "reason": Word(f"hiding_reason.{row.reason}"),
        "provider": await _provider(session, row.rating_id),
    }
    await tell(session, people, News(kind, f"{kind}:{row.id}", facts, links.rating(row.rating_id)))


async def appealed(session: Session, event: HidingAppealed) -> None:
    """Moderators of the area, without the one who hid it."""
    row, _ = await _hiding(session, event.hiding_id)
    area_code = await session.scalar(select(Rating.area_code).where(Rating.id == row.rating_id))
    moderators = await _holders(session, Role.MODERATOR, {area_code or ""})
    kind = Kind.HIDING_APPEALED
    facts: dict[str, Fact] = {"what": Word(f"rating_part.{row.what}")}
    news = News(kind, f"{kind}:{row.id}", facts, links.rating_moderation())
    await tell(session, moderators - {row.hidden_by}, news)


async def decided(session: Session, event: AppealDecided) -> None:
    """Whoever appealed."""
    row, _ = await _hiding(session, event.hiding_id)
    kind = Kind.HIDING_DECIDED
    facts: dict[str, Fact] = {
        "what": Word(f"rating_part.{row.what}"),
        "outcome": Word("hiding_outcome.restored" if row.is_restored else "hiding_outcome.left"),
    }
    people = [row.appealed_by] if row.appealed_by is not None else []
    await tell(session, people, News(kind, f"{kind}:{row.id}", facts, links.rating(row.rating_id)))


async def _hiding(session: Session, hiding_id: UUID) -> tuple[RatingHiding, Iterable[UUID]]:
    """What was hidden, and who wrote it."""
    row = await session.get_one(RatingHiding, hiding_id)
    if row.what != Part.REPLY:
        return row, await _author(session, row.rating_id)
    organisation_id = await session.scalar(select(Rating.organisation_id).where(Rating.id == row.rating_id))
    return row, await audience.managers(session, organisation_id) if organisation_id else ()


async def _author(session: Session, rating_id: UUID) -> Iterable[UUID]:
    """Whom the rating counts as, where that is an account: a phone's or a slip's own rater is nobody to be told."""
    found = await session.scalars(
        select(Person.id).join(Rating, Rating.rater == Person.id).where(Rating.id == rating_id)
    )
    return found.all()


async def _provider(session: Session, rating_id: UUID) -> str:
    name = await session.scalar(
        select(Organisation.name)
        .join(Rating, Rating.organisation_id == Organisation.id)
        .where(Rating.id == rating_id)
    )
    return name or ""


async def _auditors(session: Session, period_id: UUID) -> set[UUID]:
    areas = await session.scalars(
        select(Rating.area_code)
        .where(Rating.period_id == period_id, exists().where(RatingHold.rating_id == Rating.id))
        .distinct()
    )
    return await _holders(session, Role.AUDITOR, set(areas))


async def _holders(session: Session, role: Role, areas: set[str]) -> set[UUID]:
    """Who holds the role over any of the areas; there are few of them, so that no floor has to be chosen."""
    if not areas:
        return set()
    rows = await session.execute(
        select(RoleGrant.person_id, RoleGrant.area_code).where(
            RoleGrant.role == role, RoleGrant.revoked_at.is_(None), RoleGrant.area_code.is_not(None)
        )
    )
    return {
        person_id
        for person_id, code in rows
        if code is not None and any(contains(code, area) for area in areas)
    }


def _month(first: date) -> Named:
    return Named(zh=local_forms.month(ZH, first), en=local_forms.month(EN, first))
