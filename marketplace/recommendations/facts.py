"""From rows to what scoring compares: volunteers and opportunities, many at once, by the same few statements however many."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.areas import queries as areas
from marketplace.areas.queries import Point
from marketplace.catalogue.models import Tag, TagKind
from marketplace.db.session import Session
from marketplace.hours.records import Outcome, Record, records
from marketplace.identity.ages import adult_from_years, age_on
from marketplace.identity.volunteers import VolunteerProfile, profiles
from marketplace.kernel.clock import local_day
from marketplace.recommendations.models import Invitation
from marketplace.volunteering.offerings import Offering, Taken, offerings, tags_of_needs, taken_times
from matching import index as port
from matching.features import Busy, Opportunity, Stretch, TagTree, Volunteer, decayed

RECENTLY = timedelta(days=30)
_DISTRICT_DIGITS = 6
_WORDS = "recommendations_governed_words"


@dataclass(frozen=True, slots=True)
class Tags:
    """The governed words: which kind each code is of, and how they hang together."""

    kinds: Mapping[str, str]
    tree: TagTree

    def of(self, codes: Iterable[str], *kinds: TagKind) -> frozenset[str]:
        """Those of ``codes`` that are of one of ``kinds``."""
        return frozenset(code for code in codes if self.kinds.get(code) in kinds)


@dataclass(frozen=True, slots=True)
class Known:
    """What the house knows of one person, before a day is chosen: ages and certificates differ from day to day."""

    profile: VolunteerProfile
    taken: Sequence[Taken]
    today: Volunteer

    def on(self, day: date) -> Volunteer:
        """The person as a volunteer on that day."""
        return replace(self.today, **_of_the_day(self.profile, day))


async def tags(session: Session) -> Tags:
    """Every governed word, in use or not: what was tagged keeps its meaning. One statement a transaction."""
    kept: Tags | None = session.info.get(_WORDS)
    if kept is not None:
        return kept
    rows = (await session.execute(select(Tag.code, Tag.kind, Tag.parent_code))).all()
    parents = {row.code: row.parent_code for row in rows if row.parent_code is not None}
    kept = session.info[_WORDS] = Tags({row.code: row.kind for row in rows}, TagTree(parents))
    return kept


async def volunteers(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Volunteer]:
    """Those of the people who are there, as volunteers today. Erased ones are left out."""
    return {person_id: known.today for person_id, known in (await people(session, person_ids)).items()}


async def people(session: Session, person_ids: Collection[UUID]) -> dict[UUID, Known]:
    """All that is known of those of the people who are there. Thirteen statements."""
    found = await profiles(session, person_ids)
    if not found:
        return {}
    words = await tags(session)
    past = await records(session, found)
    subjects = await tags_of_needs(session, {one.need_id for some in past.values() for one in some})
    taken = await taken_times(session, found)
    invited = await invited_within(session, found, RECENTLY)
    known: dict[UUID, Known] = {}
    for person_id, profile in found.items():
        own = past.get(person_id, ())
        plain = _profiled(profile, words)
        volunteer = replace(
            plain,
            **_of_the_day(profile, local_day(session.now())),
            **_of_the_record(own, session.now()),
            interests=_interests(own, subjects, words),
            recommended=invited.get(person_id, 0),
            busy=tuple(Busy(one.starts_at, one.ends_at) for one in taken.get(person_id, ())),
        )
        known[person_id] = Known(profile, taken.get(person_id, ()), volunteer)
    return known


async def opportunities(session: Session, shift_ids: Collection[UUID]) -> dict[UUID, Opportunity]:
    """Those of the shifts that exist, as opportunities, whatever their state."""
    found = await offerings(session, shift_ids)
    return await of_offerings(session, found.values())


async def of_offerings(session: Session, found: Collection[Offering]) -> dict[UUID, Opportunity]:
    """Shifts that were read already, as opportunities. Three statements."""
    if not found:
        return {}
    words = await tags(session)
    adult_from = await adult_from_years(session)
    points = await areas.points_of(session, {one.area_code for one in found if one.point is None})
    return {
        one.shift_id: Opportunity(
            id=one.shift_id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            minimum_age=one.minimum_age,
            adult_from=adult_from,
            is_uninsured=one.is_uninsured,
            qualifications=one.qualification_codes,
            skills=words.of(one.tag_codes, TagKind.SKILL),
            languages=words.of(one.tag_codes, TagKind.LANGUAGE),
            subjects=words.of((*one.tag_codes, one.category_code), *_SUBJECTS),
            place=_there(one.point or points.get(one.area_code)),
            district=one.area_code[:_DISTRICT_DIGITS],
        )
        for one in found
    }


_SUBJECTS = (TagKind.CATEGORY, TagKind.AUDIENCE, TagKind.TOPIC)


def _profiled(profile: VolunteerProfile, words: Tags) -> Volunteer:
    """What the person says of themselves. Courses are not kept here yet, so nobody is in training."""
    return Volunteer(
        id=profile.person_id,
        guardian_consented=profile.guardian_consented,
        unverified=profile.stated_codes,
        skills=words.of(profile.tag_codes, TagKind.SKILL),
        languages=words.of(profile.tag_codes, TagKind.LANGUAGE),
        availability=tuple(Stretch(*stretch) for stretch in profile.stretches),
        home=_there(profile.point),
        district=profile.home_area_code[:_DISTRICT_DIGITS] if profile.home_area_code else None,
        radius_metres=profile.travel_radius_metres,
    )


def _of_the_day(profile: VolunteerProfile, day: date) -> dict[str, Any]:
    """What depends on the day: years lived, and which certificates are valid."""
    valid = {one.code for one in profile.held if one.expires_on is None or one.expires_on >= day}
    return {
        "age": None if profile.birth_date is None else age_on(profile.birth_date, day),
        "qualifications": frozenset(valid),
        "expired": frozenset(one.code for one in profile.held) - valid,
    }


def _of_the_record(past: Sequence[Record], now: datetime) -> dict[str, Any]:
    """What the person did so far; recent shifts weigh more. Being excused is neither for nor against anybody."""

    def weight(outcome: Outcome) -> float:
        return sum(
            decayed((now - one.ended_at) / timedelta(days=1)) for one in past if one.outcome is outcome
        )

    served = [one.ended_at for one in past if one.outcome is Outcome.ATTENDED]
    return {
        "attended": weight(Outcome.ATTENDED),
        "missed": weight(Outcome.MISSED),
        "last_served_on": local_day(max(served)) if served else None,
        "is_new": not served,
    }


def _interests(past: Sequence[Record], subjects: Mapping[UUID, Sequence[str]], words: Tags) -> frozenset[str]:
    """What the person was drawn to so far: the subjects of what they came to."""
    came_to = [one for one in past if one.outcome is Outcome.ATTENDED]
    codes = {one.category_code for one in came_to}
    for one in came_to:
        codes.update(subjects.get(one.need_id, ()))
    return words.of(codes, *_SUBJECTS)


async def invited_within(
    session: Session, person_ids: Collection[UUID], since: timedelta
) -> Mapping[UUID, int]:
    """How often each person was invited within ``since``; who was not is left out. One statement."""
    rows = await session.execute(
        select(Invitation.person_id, func.count())
        .where(Invitation.person_id.in_(person_ids), Invitation.invited_at > session.now() - since)
        .group_by(Invitation.person_id)
    )
    return {row.person_id: row[1] for row in rows}


def _there(point: Point | None) -> port.Point | None:
    return None if point is None else port.Point(point.latitude, point.longitude)
