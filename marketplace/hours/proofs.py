"""What a code proves: judged once, with its wrong tries counted, before anything is recorded.

Judging is a transaction of its own. A refused check-in rolls back, and a counter that rolled back with it would let anybody try
all million short codes. So the edge judges first, commits, and then hands the proof to ``attendances``.
"""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

from sqlalchemy import select

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.hours.codes import Code, Rotation
from marketplace.hours.drafts import CodeDraft
from marketplace.hours.errors import (
    CodeIsForTheOtherStep,
    CodeIsWrong,
    SignUpIsNotConfirmed,
    TooManyWrongCodes,
)
from marketplace.hours.models import CheckInTry
from marketplace.hours.rules import check_in_rule
from marketplace.hours.states import Direction, Method
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.vault import Vault
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import may_manage, visible_to
from marketplace.volunteering.sign_up_states import is_confirmed

_EARTH_METRES = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody stands at a shift with a code of the moment. ``method`` is None when the code was wrong."""

    sign_up_id: UUID
    shift_id: UUID
    person_id: UUID
    direction: Direction
    method: Method | None
    metres: int | None
    key: str | None


async def judge(
    session: Session, viewer: Viewer, vault: Vault, direction: Direction, draft: CodeDraft
) -> Proof:
    """Judge the code that the viewer presents; a wrong short code is counted and comes back as a Proof of nothing.

    Raises SignInNeeded, NotFound, SignUpIsNotConfirmed, CodeIsWrong (forged), CodeIsOld, CodeIsForTheOtherStep,
    TooManyWrongCodes, InputIsInvalid when digits come without their shift.
    """
    person_id = viewer.signed_in()
    rule = await check_in_rule(session)
    rotation = Rotation(vault, rule.code_lasts_seconds)
    is_digits = draft.code.isdigit()
    shift_id = draft.shift_id if is_digits else _scanned(rotation, session, direction, draft).shift_id
    if shift_id is None:
        raise InputIsInvalid.of("shift_id", "missing")
    sign_up_id, need = await _confirmed(session, viewer, shift_id)
    method: Method | None = Method.QR
    if is_digits:
        tries = await _tries(session, person_id, shift_id)
        if tries.wrong_tries >= rule.wrong_tries:
            raise TooManyWrongCodes(article=rule.article)
        is_right = rotation.matches(draft.code, shift_id, direction, session.now())
        tries.wrong_tries += 0 if is_right else 1
        method = Method.SHORT_CODE if is_right else None
    if method and may_manage(viewer, area_code=need.area_code, organisation_id=need.organisation_id):
        method = Method.OWN_SCREEN
    return Proof(
        sign_up_id, shift_id, person_id, direction, method, _metres(need, draft), draft.idempotency_key
    )


def _scanned(rotation: Rotation, session: Session, direction: Direction, draft: CodeDraft) -> Code:
    code = rotation.read_token(draft.code)
    if draft.shift_id not in (None, code.shift_id):
        raise CodeIsWrong()
    rotation.expect_current(code, session.now())
    if code.direction != direction:
        raise CodeIsForTheOtherStep()
    return code


async def _confirmed(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[UUID, Need]:
    """The viewer's confirmed sign-up, and the need. Strangers to the shift leave no trace in the table of tries."""
    need = await session.scalar(
        select(Need).join(Shift, Shift.need_id == Need.id).where(Shift.id == shift_id, visible_to(viewer))
    )
    if need is None:
        raise NotFound()
    sign_up_id = await session.scalar(
        select(SignUp.id).where(
            SignUp.shift_id == shift_id, SignUp.person_id == viewer.person_id, is_confirmed()
        )
    )
    if sign_up_id is None:
        raise SignUpIsNotConfirmed()
    return sign_up_id, need


async def _tries(session: Session, person_id: UUID, shift_id: UUID) -> CheckInTry:
    """The counter, locked: guesses sent at the same moment wait for each other, and the last one is counted like the first."""
    insert = upsert(session, CheckInTry)
    await session.execute(
        insert.values(person_id=person_id, shift_id=shift_id, wrong_tries=0).on_conflict_do_nothing()
    )
    return (
        await session.execute(
            select(CheckInTry)
            .where(CheckInTry.person_id == person_id, CheckInTry.shift_id == shift_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()


def _metres(need: Need, draft: CodeDraft) -> int | None:
    """How far from the need's place the code was presented; None where either is not known."""
    if None in (need.latitude, need.longitude, draft.latitude, draft.longitude):
        return None
    latitude, longitude = radians(need.latitude or 0), radians(need.longitude or 0)
    north, east = (
        radians(draft.latitude or 0) - latitude,
        radians(draft.longitude or 0) - longitude,
    )
    chord = sin(north / 2) ** 2 + cos(latitude) * cos(latitude + north) * sin(east / 2) ** 2
    return round(2 * _EARTH_METRES * asin(min(1.0, sqrt(chord))))
