"""Why this, and why not me: one shift and one person, the factors with their points, and each obstacle with what would lift it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity import consents
from marketplace.identity.ages import adult_from_years
from marketplace.identity.consents import ConsentKind
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.local_forms import Named, full_day
from marketplace.kernel.locale import EN, ZH
from marketplace.recommendations import facts, weights, words
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.errors import RankingIsOff
from marketplace.recommendations.facts import Known
from marketplace.recommendations.words import Reader, Told, distance
from marketplace.volunteering import eligibility, queries, sign_up_queries
from marketplace.volunteering.errors import Reason
from marketplace.volunteering.offerings import Offering, Taken, next_free_shifts, offerings
from marketplace.volunteering.queries import ShiftRow
from marketplace.volunteering.sign_up_queries import SignUpRow
from matching.blocks import Block, of_volunteer
from matching.features import Opportunity, Volunteer
from matching.scoring import explain

ABOUT, GUARDIAN, QUALIFICATIONS = "/profile/about", "/profile/guardian", "/profile/qualifications"
MY_SHIFTS, FIND = "/my/shifts", "/needs"


class LiftCode(StrEnum):
    """The smallest change that would lift an obstacle. Words are keyed ``lift.<value>``."""

    ADD_BIRTH_DATE = "add_birth_date"
    WAIT_UNTIL_OLD_ENOUGH = "wait_until_old_enough"
    ASK_GUARDIAN = "ask_guardian"
    GET_QUALIFICATION = "get_qualification"
    WAIT_FOR_VERIFICATION = "wait_for_verification"
    RENEW_QUALIFICATION = "renew_qualification"
    WIDEN_RADIUS = "widen_radius"
    TAKE_OTHER_SHIFT = "take_other_shift"
    WITHDRAW_ELSEWHERE = "withdraw_elsewhere"
    JOIN_WAITING_LIST = "join_waiting_list"
    WAIT_FOR_INSURANCE = "wait_for_insurance"
    FIND_ANOTHER = "find_another"


@dataclass(frozen=True, slots=True)
class Lift:
    """One change: the facts of its sentence, the page where it is made, and the other shift where that is the change."""

    code: LiftCode
    facts: Mapping[str, Any]
    path: str
    shift_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why not. ``key`` and ``facts`` make its sentence; ``article`` is the rule that it rests on, if any."""

    code: str
    key: str
    facts: Mapping[str, Any]
    article: str | None
    lift: Lift


@dataclass(frozen=True, slots=True)
class WhyThis:
    """One person and one shift. ``told`` is None where the person turned ranking off: then nothing was computed.

    ``obstacles`` are judged by law and by the need alone, whether or not anything is ranked. ``sign_up`` is the person's own.
    """

    shift: ShiftRow
    told: Told | None
    obstacles: tuple[Obstacle, ...]
    sign_up: SignUpRow | None

    @property
    def barring(self) -> list[Obstacle]:
        """The obstacles because of which a sign-up is refused; the others only make it less likely to come about."""
        return [one for one in self.obstacles if one.key.startswith("error.")]


@dataclass(frozen=True, slots=True)
class _Case:
    known: Known
    shift: ShiftRow
    offering: Offering
    opportunity: Opportunity
    blocks: Mapping[str, Block]
    other_shift: ShiftRow | None


async def of_shift(session: Session, viewer: Viewer, shift_id: UUID) -> WhyThis:
    """How well a shift suits the viewer, and everything that keeps them from it. Raises SignInNeeded, NotFound."""
    person_id = viewer.signed_in()
    shift = (await queries.shifts_by_ids(session, viewer, [shift_id])).get(shift_id)
    known = (await facts.people(session, [person_id])).get(person_id)
    if shift is None or known is None:
        raise NotFound()
    offering = (await offerings(session, [shift_id]))[shift_id]
    opportunity = (await facts.of_offerings(session, [offering]))[shift_id]
    volunteer = known.on(local_day(shift.starts_at))
    # The hard rules are looked at whether or not the person is ranked; a score is computed only for who is.
    blocks = {block.code: block for block in of_volunteer(volunteer, opportunity)}
    other = await _other_shift(session, viewer, known, shift)
    case = _Case(known, shift, offering, opportunity, blocks, other)
    reasons = await eligibility.mine(session, viewer, shift_id)
    sign_up = (await sign_up_queries.my_open_by_shifts(session, viewer, [shift_id])).get(shift_id)
    is_ranked = await consents.holds(session, person_id, ConsentKind.RANKING)
    return WhyThis(
        shift,
        await _told(session, volunteer, opportunity) if is_ranked else None,
        () if sign_up else (*(_by_law(case, reason) for reason in reasons), *_by_circumstance(case)),
        sign_up,
    )


async def of_need(session: Session, viewer: Viewer, need_id: UUID) -> WhyThis | None:
    """The same for the need's soonest coming shift that has places, or its soonest at all; None when none is planned."""
    viewer.signed_in()
    row = (await queries.needs_by_ids(session, viewer, [need_id])).get(need_id)
    if row is None:
        raise NotFound()
    return None if row.next_shift is None else await of_shift(session, viewer, row.next_shift.id)


async def why_nothing(session: Session, viewer: Viewer) -> Lift | None:
    """The change without which the law lets the viewer take no shift at all, or None. Raises SignInNeeded."""
    known = (await facts.people(session, [viewer.signed_in()])).get(viewer.signed_in())
    if known is None:
        return None
    if known.today.age is None:
        return Lift(LiftCode.ADD_BIRTH_DATE, {}, ABOUT)
    if known.today.age < await adult_from_years(session) and not known.today.guardian_consented:
        return Lift(LiftCode.ASK_GUARDIAN, {}, GUARDIAN)
    return None


def must_be_ranked(found: WhyThis) -> Told:
    """The explanation. Raises RankingIsOff."""
    if found.told is None:
        raise RankingIsOff()
    return found.told


async def _told(session: Session, volunteer: Volunteer, opportunity: Opportunity) -> Told:
    in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
    explanation = explain(volunteer, opportunity, in_force, (await facts.tags(session)).tree)
    return words.told(explanation, await words.names(session, [explanation]), Reader.YOU)


async def _other_shift(session: Session, viewer: Viewer, known: Known, shift: ShiftRow) -> ShiftRow | None:
    """The soonest other shift of the same need that the person may take, or None."""
    ids = (await next_free_shifts(session, viewer, [shift.need_id])).get(shift.need_id, [])
    others = [one for one in ids if one != shift.id]
    if not others:
        return None
    opportunities = await facts.opportunities(session, others)
    taken = {one.shift_id for one in known.taken}
    for shift_id in others:
        one = opportunities[shift_id]
        if shift_id not in taken and not of_volunteer(known.on(local_day(one.starts_at)), one):
            return (await queries.shifts_by_ids(session, viewer, [shift_id])).get(shift_id)
    return None


def _by_law(case: _Case, reason: Reason) -> Obstacle:
    """What the law, the need or the shift itself says, as the sign-up will say it."""
    return Obstacle(
        reason.code, f"error.{reason.code}", reason.facts, reason.article, _lift_of_reason(case, reason)
    )


def _lift_of_reason(case: _Case, reason: Reason) -> Lift:
    match reason.code:
        case "birth_date_is_unknown":
            return Lift(LiftCode.ADD_BIRTH_DATE, {}, ABOUT)
        case "person_is_too_young":
            return Lift(LiftCode.WAIT_UNTIL_OLD_ENOUGH, _old_enough(case), FIND)
        case "guardian_has_not_consented":
            return Lift(LiftCode.ASK_GUARDIAN, {}, GUARDIAN)
        case "qualification_is_missing":
            is_stated = "qualification_not_verified" in case.blocks
            code = LiftCode.WAIT_FOR_VERIFICATION if is_stated else LiftCode.GET_QUALIFICATION
            return Lift(code, reason.facts, QUALIFICATIONS)
        case "qualification_has_expired":
            return Lift(LiftCode.RENEW_QUALIFICATION, reason.facts, QUALIFICATIONS)
        case "nobody_is_insured":
            return Lift(LiftCode.WAIT_FOR_INSURANCE, {}, FIND)
        case "shift_is_off" | "sign_up_is_too_late":
            return _instead(case) or Lift(LiftCode.FIND_ANOTHER, {}, FIND)
    return Lift(LiftCode.FIND_ANOTHER, {}, FIND)


def _by_circumstance(case: _Case) -> Iterator[Obstacle]:
    """What no law forbids: another shift at that time, no place left, farther than the person wants to go."""
    clash = next((one for one in case.known.taken if _overlaps(one, case.shift)), None)
    if clash is not None and clash.shift_id != case.shift.id:
        elsewhere = Lift(LiftCode.WITHDRAW_ELSEWHERE, {"need": clash.title}, MY_SHIFTS)
        yield Obstacle("clash", "block.clash", {"need": clash.title}, None, _instead(case) or elsewhere)
    if case.shift.places_left <= 0:
        line = Lift(LiftCode.JOIN_WAITING_LIST, {}, f"/shifts/{case.shift.id}/sign-up", case.shift.id)
        yield Obstacle("full", "block.full", {}, None, _instead(case) or line)
    far = case.blocks.get("too_far")
    if far is not None:
        told: dict[str, Any] = {
            "distance": distance(_kilometres(far.facts["kilometres"]), exact=True),
            "radius": distance(_kilometres(far.facts["radius_kilometres"]), exact=True),
        }
        more = {"more": distance(_kilometres(far.lift["kilometres"]), exact=True)}
        yield Obstacle("too_far", "block.too_far", told, None, Lift(LiftCode.WIDEN_RADIUS, more, ABOUT))


def _instead(case: _Case) -> Lift | None:
    other = case.other_shift
    if other is None:
        return None
    return Lift(LiftCode.TAKE_OTHER_SHIFT, {"when": other.starts_at}, f"/shifts/{other.id}/sign-up", other.id)


def _old_enough(case: _Case) -> Mapping[str, Any]:
    """The age asked for, and the day on which the person reaches it."""
    born = case.known.profile.birth_date
    years = case.offering.minimum_age
    day = birthday(born, years) if born else local_day(case.shift.starts_at)
    return {"years": years, "day": Named(full_day(ZH, day), full_day(EN, day))}


def birthday(born: date, years: int) -> date:
    """The day on which somebody is so many years old; whoever was born on 29 February on 1 March of a plain year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return born.replace(year=born.year + years, day=28) + timedelta(days=1)


def _overlaps(taken: Taken, shift: ShiftRow) -> bool:
    return taken.starts_at < shift.ends_at and shift.starts_at < taken.ends_at


def _kilometres(value: object) -> float:
    assert isinstance(value, float)
    return value
