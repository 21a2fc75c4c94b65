"""From whom a panel is drawn: fitting experts registered before the opening, without those who are tied to a bidder or to the buyer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.areas.codes import ancestors_of
from marketplace.catalogue import queries as tags
from marketplace.db.session import Session
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES, Role
from marketplace.procurement.bids.openers import person_ids as openers_of
from marketplace.procurement.evaluation.case import Case
from marketplace.procurement.evaluation.models import Expert


class Tie(StrEnum):
    """Why somebody is not drawn, or leaves the panel. Its words are keyed ``tie.<value>``."""

    EMPLOYED = "employed"
    MEMBER = "member"
    BUYS = "buys"
    OPENS = "opens"
    SENT = "sent"
    DECLARED = "declared"
    ENDED = "ended"
    RECUSED = "recused"


@dataclass(frozen=True, slots=True)
class Pool:
    """Who may be drawn, and who would have fitted but may not, by expert id."""

    experts: tuple[Expert, ...]
    excluded: tuple[tuple[UUID, Tie], ...]


async def pool(session: Session, case: Case, sent: Collection[UUID]) -> Pool:
    """The pool of a tender. ``sent`` are the people whom the buyer sends.

    It follows from facts older than the opening, so nobody who knows the bids adds to the register or takes from it.
    """
    assert case.tender.opened_at is not None
    fields = await _fields(session, case.file.category_code)
    registered = await session.scalars(
        select(Expert)
        .join(Person, Person.id == Expert.person_id)
        .where(
            Expert.area_code.in_(ancestors_of(case.tender.area_code)),
            Expert.registered_at <= case.tender.opened_at,
            or_(Expert.ended_at.is_(None), Expert.ended_at > case.tender.opened_at),
            Person.erased_at.is_(None),
        )
        .order_by(Expert.id)
    )
    fitting = [one for one in registered if not fields or fields & set(one.fields)]
    reasons = await ties(session, case, fitting)
    for one in fitting:
        if one.person_id in sent:
            reasons[one.id] = Tie.SENT
    return Pool(
        tuple(one for one in fitting if one.id not in reasons),
        tuple((one.id, reasons[one.id]) for one in fitting if one.id in reasons),
    )


async def ties(session: Session, case: Case, experts: Collection[Expert]) -> dict[UUID, Tie]:
    """What the house itself knows against experts, by their id: employer, membership within the rule's years, buying, opening."""
    tied = await tied_people(session, case, [one.person_id for one in experts])
    found = {one.id: tied[one.person_id] for one in experts if one.person_id in tied}
    for one in experts:
        if one.employer_organisation_id in case.bidders:
            found[one.id] = Tie.EMPLOYED
    return found


async def tied_people(session: Session, case: Case, people: Collection[UUID]) -> dict[UUID, Tie]:
    """The same for people who are no experts."""
    since = years_before(session.now(), case.rules.figure("recusal", "back_years"))
    grants = await session.execute(
        select(RoleGrant.person_id, RoleGrant.role, RoleGrant.area_code).where(
            RoleGrant.person_id.in_(people),
            or_(
                RoleGrant.organisation_id.in_(case.bidders)
                & RoleGrant.role.in_([role.value for role in ORGANISATION_ROLES])
                & or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at >= since),
                (RoleGrant.role == Role.PROCUREMENT_OFFICER)
                & RoleGrant.area_code.in_(ancestors_of(case.tender.area_code))
                & RoleGrant.revoked_at.is_(None),
            ),
        )
    )
    found: dict[UUID, Tie] = {}
    for row in grants:
        if row.area_code is None:
            found[row.person_id] = Tie.MEMBER
        else:
            found.setdefault(row.person_id, Tie.BUYS)
    for person_id in await openers_of(session, case.tender.id):
        if person_id in people:
            found[person_id] = Tie.OPENS
    return found


def years_before(moment: datetime, years: int) -> datetime:
    """The same day and time so many years ago; the 28th for a leap day."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


async def _fields(session: Session, category: str | None) -> set[str]:
    """The tender's category and the broader one above it: an expert of either knows the field."""
    if category is None:
        return set()
    tag = (await tags.by_codes(session, [category])).get(category)
    return {category} | ({tag.parent_code} if tag is not None and tag.parent_code else set())
