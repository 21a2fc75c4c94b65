"""May this person take that shift, by law and by the need's own terms: every reason why not, each with its article."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from marketplace.catalogue import rules
from marketplace.catalogue.models import QualificationType
from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.people import VolunteerFacts
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.local_forms import Named
from marketplace.volunteering import queries
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
from marketplace.volunteering.states import NeedFacts, NeedState, need_state

_FIT = "volunteering.fit"
_INSURANCE = "volunteering.insurance"
_MINORS = "volunteering.minors"
# Built once: every sign-up asks it, and building a statement anew costs as much as running it.
_QUALIFICATIONS = (
    select(
        NeedQualification.need_id,
        QualificationType.code,
        QualificationType.name_zh,
        QualificationType.name_en,
    )
    .join(QualificationType, QualificationType.code == NeedQualification.qualification_code)
    .where(NeedQualification.need_id.in_(bindparam("need_ids", expanding=True)))
)


class AskingNeed(NeedFacts, Protocol):
    """What is read of a need: a whole one, or a row of these columns."""

    @property
    def id(self) -> UUID: ...
    @property
    def minimum_age(self) -> int: ...
    @property
    def is_risky(self) -> bool: ...
    @property
    def insurance(self) -> str | None: ...


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
    needs = (await session.execute(_asked().where(Need.id.in_(need_ids)))).all()
    return await _reasons(session, person_id, needs, on or local_day(session.now()))


async def for_need(session: Session, person_id: UUID, need: Need, on: date) -> list[Reason]:
    """The same for one need at hand. Raises NotFound for a person who does not exist."""
    return (await _reasons(session, person_id, [need], on))[need.id]


async def for_shift(session: Session, person_id: UUID, shift: Shift, need: Need) -> list[Reason]:
    """Why the person may not take this shift: what its need asks, on the day of the shift, and the shift itself."""
    return [
        *_of_shift(session, shift),
        *await for_need(session, person_id, need, local_day(shift.starts_at)),
    ]


async def mine(session: Session, viewer: Viewer, shift_id: UUID) -> list[Reason]:
    """Why the viewer may not take a shift that they see. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    return await for_shift(session, person_id, *await queries.shift_with_need(session, viewer, shift_id))


async def must_suit(session: Session, person_id: UUID, shift: Shift, need: Need) -> None:
    """Raises the first reason why the person may not take the shift."""
    for reason in await for_shift(session, person_id, shift, need):
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


async def _reasons(
    session: Session, person_id: UUID, needs: Sequence[AskingNeed], on: date
) -> dict[UUID, list[Reason]]:
    qualifications = await _qualifications(session, [need.id for need in needs])
    volunteer = await people.facts_for_sign_up(session, person_id, on)
    findings = {
        need.id: list(_findings(volunteer, _demands(need, qualifications.get(need.id, {})))) for need in needs
    }
    articles = await _articles(session, {found.rule for some in findings.values() for found in some})
    return {need_id: [_reason(found, articles) for found in some] for need_id, some in findings.items()}


def _asked() -> Select[*tuple[Any, ...]]:
    """The columns of AskingNeed, for lists that do not want whole needs."""
    return select(
        Need.id,
        Need.minimum_age,
        Need.is_risky,
        Need.insurance,
        Need.published_at,
        Need.declined_at,
        Need.closed_at,
        Need.suspended_at,
        Need.cancelled_at,
    )


def _demands(need: AskingNeed, qualifications: Mapping[str, Named]) -> Demands:
    return Demands(
        is_open=need_state(need) is NeedState.OPEN,
        minimum_age=need.minimum_age,
        is_uninsured=need.is_risky and not need.insurance,
        qualifications=qualifications,
    )


async def _qualifications(session: Session, need_ids: Sequence[UUID]) -> dict[UUID, dict[str, Named]]:
    found: dict[UUID, dict[str, Named]] = {}
    for row in await session.execute(_QUALIFICATIONS, {"need_ids": need_ids}):
        found.setdefault(row.need_id, {})[row.code] = Named(row.name_zh, row.name_en)
    return found


async def _articles(session: Session, codes: set[str | None]) -> dict[str, str]:
    return {code: (await rules.in_force(session, code)).article for code in sorted(filter(None, codes))}


def _reason(found: _Finding, articles: Mapping[str, str]) -> Reason:
    return found.kind(article=articles[found.rule] if found.rule else None, **found.facts)
