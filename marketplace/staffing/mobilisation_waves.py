"""Waves: whoever suits best and lives near is called first, then further out, until the places are taken or nobody is left.

Each wave is one transaction under the mobilisation's lock: a worker that dies has called nobody, and of two workers the second
finds the next wave not due yet.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, func, select

from marketplace.db.insert import upsert
from marketplace.db.session import Database, Session
from marketplace.identity import consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import Consent, Person
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.recommendations import facts, weights
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.inviting import Candidates, RankingIsAway
from marketplace.staffing import mobilisations
from marketplace.staffing.mobilisation_events import WaveCalled
from marketplace.staffing.mobilisation_models import Call, Mobilisation
from marketplace.staffing.mobilisation_states import MobilisationKind, StopCause
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.sign_up_states import is_open
from matching.features import Opportunity
from matching.scoring import Explanation, explain

_log = structlog.get_logger(__name__)
_AGREED = (ConsentKind.INVITATIONS, ConsentKind.RANKING)
_WIDTHS = (500, 2_500, 10_000)
_BATCH = 500
_MOST_AT_ONCE = 100
_FARTHEST_WAVE = 10


async def send_due(database: Database, candidates: Candidates) -> None:
    """Repeated errand: end calls whose time is over, and send every wave that is due, each in a transaction of its own."""
    async with database.unit_of_work() as session:
        await mobilisations.end_calls(session, Call.expires_at <= session.now())
        due = select(Mobilisation.id).where(
            Mobilisation.stopped_at.is_(None), Mobilisation.next_wave_at <= session.now()
        )
        ids = (await session.scalars(due.order_by(Mobilisation.next_wave_at).limit(_MOST_AT_ONCE))).all()
    for mobilisation_id in ids:
        async with database.unit_of_work() as session:
            await send_wave(session, candidates, mobilisation_id)


async def send_wave(session: Session, candidates: Candidates, mobilisation_id: UUID) -> int:
    """Call the next people, or stop what is filled, begun or out of people; how many were called. Raises NotFound."""
    row = await mobilisations.locked(session, Mobilisation.id == mobilisation_id)
    if row.stopped_at is not None or row.next_wave_at > session.now():
        return 0
    shift, need = await _shift_of(session, row)
    if shift.starts_at <= session.now():
        await mobilisations.end(session, row, StopCause.BEGUN)
    elif not mobilisations.takes_people(session, shift, need) or await places_left(session, row, shift) <= 0:
        await mobilisations.end(session, row, StopCause.FILLED)
    else:
        return await _call(session, candidates, row, shift)
    return 0


async def places_left(session: Session, row: Mobilisation, shift: Shift) -> int:
    """How many more people are wanted; who said yes in a drill counts as if they had a place."""
    free = shift.capacity - shift.places_taken
    if row.kind != MobilisationKind.DRILL:
        return free
    accepted = await session.scalar(
        select(func.count()).where(Call.mobilisation_id == row.id, Call.accepted.is_(True))
    )
    return free - (accepted or 0)


async def _call(session: Session, candidates: Candidates, row: Mobilisation, shift: Shift) -> int:
    found = await _next_people(session, candidates, row, shift)
    if not found:
        await mobilisations.end(session, row, StopCause.NOBODY_LEFT)
        return 0
    wave, now = row.waves + 1, session.now()
    expires_at = min(now + timedelta(minutes=row.wave_minutes), shift.starts_at)
    rows = [
        {
            "id": new_id(),
            "mobilisation_id": row.id,
            "person_id": person_id,
            "wave": wave,
            "score": explanation.score,
            "metres": metres_of(explanation),
            "called_at": now,
            "expires_at": expires_at,
        }
        for person_id, explanation in found
    ]
    # Whoever got a live call from another mobilisation meanwhile keeps that one.
    inserted = await session.scalars(
        upsert(session, Call).values(rows).on_conflict_do_nothing().returning(Call.id)
    )
    called = len(inserted.all())
    row.waves, row.next_wave_at = wave, expires_at
    await publish(session, WaveCalled(row.id, wave))
    return called


async def _next_people(
    session: Session, candidates: Candidates, row: Mobilisation, shift: Shift
) -> list[tuple[UUID, Explanation]]:
    """The people of the next wave: within its reach the best first, then those a ring further out."""
    opportunity = (await facts.opportunities(session, [shift.id]))[shift.id]
    in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
    tree = (await facts.tags(session)).tree
    found: list[tuple[UUID, Explanation]] = []
    asked: set[UUID] = set()
    for width in _WIDTHS:
        try:
            ids = await candidates.best(opportunity, in_force, tree, width)
        except RankingIsAway:
            _log.warning("staffing.wave_reduced", mobilisation=str(row.id))
            ids = await _by_database(session, opportunity, width)
        fresh = [one for one in ids if one not in asked]
        asked.update(fresh)
        for start in range(0, len(fresh), _BATCH):
            free = await _callable(session, row, fresh[start : start + _BATCH])
            for person_id, known in (await facts.people(session, free)).items():
                volunteer = known.on(local_day(opportunity.starts_at))
                explanation = explain(volunteer, opportunity, in_force, tree)
                if not explanation.blocks:
                    found.append((person_id, explanation))
        if len(found) >= row.wave_size or len(ids) < width:
            break
    found.sort(key=lambda one: (_ring(row, one[1]), -one[1].score, one[0]))
    return found[: row.wave_size]


async def _by_database(session: Session, opportunity: Opportunity, most: int) -> list[UUID]:
    """People who agreed to be asked, those of the district first, when the arrays are away."""
    district = (opportunity.district or "").ljust(6, "0")
    near = Person.home_area_code.between(district.ljust(12, "0"), district.ljust(12, "9"))
    agreed = select(Consent.person_id).where(Consent.kind == ConsentKind.INVITATIONS.value)
    asked = select(Person.id).where(Person.id.in_(agreed), Person.erased_at.is_(None))
    return list((await session.scalars(asked.order_by(near.desc(), Person.id).limit(most))).all())


async def _callable(session: Session, row: Mobilisation, person_ids: Sequence[UUID]) -> list[UUID]:
    """Those who agreed to be asked, were not called yet, have no other live call, and are not in the shift."""
    choices = await consents.choices_of(session, person_ids, _AGREED)
    called = await session.scalars(
        select(Call.person_id).where(
            Call.person_id.in_(person_ids),
            (Call.mobilisation_id == row.id) | and_(Call.answered_at.is_(None), Call.ended_at.is_(None)),
        )
    )
    signed_up = await session.scalars(
        select(SignUp.person_id).where(
            SignUp.shift_id == row.shift_id, SignUp.person_id.in_(person_ids), is_open()
        )
    )
    barred: Collection[UUID] = {*called, *signed_up, row.started_by}
    return [one for one in person_ids if all(choices[one].values()) and one not in barred]


def metres_of(explanation: Explanation) -> int | None:
    """How far away the coarse home is, as the factor of the way says; None when nobody knows."""
    kilometres = next(
        factor.facts.get("kilometres") for factor in explanation.factors if factor.name == "travel"
    )
    return round(kilometres * 1000) if isinstance(kilometres, float) else None


def _ring(row: Mobilisation, explanation: Explanation) -> int:
    """The wave whose reach holds this person; those within the present reach are alike. Unknown homes come last."""
    metres = metres_of(explanation)
    if metres is None:
        return _FARTHEST_WAVE
    reach = next(
        (ring for ring in range(_FARTHEST_WAVE) if metres <= row.first_metres * 2**ring), _FARTHEST_WAVE
    )
    return max(reach, row.waves)


async def _shift_of(session: Session, row: Mobilisation) -> tuple[Shift, Need]:
    found = (
        await session.execute(
            select(Shift, Need)
            .join(Need, Need.id == Shift.need_id)
            .where(Shift.id == row.shift_id)
            .execution_options(populate_existing=True)
        )
    ).one()
    return found[0], found[1]
