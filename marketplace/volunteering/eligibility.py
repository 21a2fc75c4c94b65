"""May this person take that shift, by law and by the need's own terms: every reason why not, each with its article."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue import rules
from marketplace.catalogue.models import QualificationType
from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.people import VolunteerFacts
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.local_forms import Named
from marketplace.volunteering.errors import (
    BirthDateIsUnknown,
    GuardianHasNotConsented,
    NeedIsNotOpen,
    NobodyIsInsured,
    PersonIsTooYoung,
    QualificationHasExpired,
    QualificationIsMissing,
    Reason,
    ShiftIsOff,
    SignUpIsTooLate,
)
from marketplace.volunteering.models import Need, NeedQualification, Shift
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.states import NeedState, need_state

_FIT = "volunteering.fit"
_INSURANCE = "volunteering.insurance"
_MINORS = "volunteering.minors"


@dataclass(frozen=True, slots=True)
class Demands:
    """What a need asks of everybody. ``qualifications`` maps codes to names."""

    is_open: bool
    minimum_age: int
    is_uninsured: bool
    qualifications: Mapping[str, Named]


@dataclass(frozen=True, slots=True)
class _Finding:
    """A reason before its article is looked up."""

    kind: type[Reason]
    facts: Mapping[str, object]
    rule: str | None = None


async def for_needs(
    session: Session, person_id: UUID, need_ids: Collection[UUID], on: date | None = None
) -> dict[UUID, list[Reason]]:
    """For each need: why the person may not take its shifts on the day ``on`` (today when not given); empty when they may.

    The number of SQL statements does not grow with the number of needs. Needs that do not exist are left out. Raises NotFound
    for a person who does not exist.
    """
    day = on or local_day(session.now())
    demands = await _demands(session, need_ids)
    volunteer = await people.facts_for_sign_up(session, person_id, day)
    findings = {need_id: list(_findings(volunteer, demand)) for need_id, demand in demands.items()}
    articles = await _articles(session, {found.rule for some in findings.values() for found in some})
    return {need_id: [_reason(found, articles) for found in some] for need_id, some in findings.items()}


async def for_shift(session: Session, person_id: UUID, shift: Shift) -> list[Reason]:
    """Why the person may not take this shift: what the need asks, on the day of the shift, and the shift itself."""
    reasons = (await for_needs(session, person_id, [shift.need_id], local_day(shift.starts_at)))[
        shift.need_id
    ]
    return [*_of_shift(session, shift), *reasons]


async def mine(session: Session, viewer: Viewer, shift_id: UUID) -> list[Reason]:
    """Why the viewer may not take a shift that they see. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    shift = await session.scalar(
        select(Shift).join(Need, Need.id == Shift.need_id).where(Shift.id == shift_id, visible_to(viewer))
    )
    if shift is None:
        raise NotFound()
    return await for_shift(session, person_id, shift)


async def must_suit(session: Session, person_id: UUID, shift: Shift) -> None:
    """Raises the first reason why the person may not take the shift."""
    for reason in await for_shift(session, person_id, shift):
        raise reason


def _of_shift(session: Session, shift: Shift) -> Iterator[Reason]:
    if shift.cancelled_at is not None:
        yield ShiftIsOff(starts_at=shift.starts_at)
    elif shift.starts_at <= session.now():
        yield SignUpIsTooLate(starts_at=shift.starts_at)


def _findings(volunteer: VolunteerFacts, demands: Demands) -> Iterator[_Finding]:
    """The rules themselves, in the order in which people are told: what nobody can mend first."""
    if not demands.is_open:
        yield _Finding(NeedIsNotOpen, {})
    if demands.is_uninsured:
        yield _Finding(NobodyIsInsured, {}, _INSURANCE)
    yield from _findings_of_age(volunteer, demands.minimum_age)
    for code, name in sorted(demands.qualifications.items()):
        if code not in volunteer.qualification_codes:
            kind = QualificationHasExpired if code in volunteer.expired_codes else QualificationIsMissing
            yield _Finding(kind, {"qualification": name}, _FIT)


def _findings_of_age(volunteer: VolunteerFacts, minimum_age: int) -> Iterator[_Finding]:
    if volunteer.age is None:
        yield _Finding(BirthDateIsUnknown, {}, _MINORS)
        return
    if volunteer.age < minimum_age:
        yield _Finding(PersonIsTooYoung, {"minimum_age": minimum_age}, _FIT)
    if volunteer.is_minor and not volunteer.guardian_consented:
        yield _Finding(GuardianHasNotConsented, {}, _MINORS)


async def _demands(session: Session, need_ids: Collection[UUID]) -> dict[UUID, Demands]:
    qualifications: dict[UUID, dict[str, Named]] = {}
    for row in await session.execute(
        select(
            NeedQualification.need_id,
            QualificationType.code,
            QualificationType.name_zh,
            QualificationType.name_en,
        )
        .join(QualificationType, QualificationType.code == NeedQualification.qualification_code)
        .where(NeedQualification.need_id.in_(need_ids))
    ):
        qualifications.setdefault(row.need_id, {})[row.code] = Named(row.name_zh, row.name_en)
    rows = await session.execute(
        select(
            Need.id,
            Need.minimum_age,
            Need.is_risky,
            Need.insurance,
            Need.published_at,
            Need.declined_at,
            Need.closed_at,
            Need.cancelled_at,
        ).where(Need.id.in_(need_ids))
    )
    return {
        row.id: Demands(
            is_open=need_state(row) is NeedState.OPEN,
            minimum_age=row.minimum_age,
            is_uninsured=row.is_risky and not row.insurance,
            qualifications=qualifications.get(row.id, {}),
        )
        for row in rows
    }


async def _articles(session: Session, codes: set[str | None]) -> dict[str, str]:
    return {code: (await rules.in_force(session, code)).article for code in sorted(filter(None, codes))}


def _reason(found: _Finding, articles: Mapping[str, str]) -> Reason:
    return found.kind(article=articles[found.rule] if found.rule else None, **found.facts)
