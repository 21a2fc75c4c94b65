"""People with wishes and skills, shifts that ask for them, and an organiser: the scene of recommendations. Every step is a transaction."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.hours.models import Attendance
from marketplace.identity import consents, sessions
from marketplace.identity.consents import ConsentKind
from marketplace.identity.models import Availability, PersonQualification, PersonTag
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import OrganisationArea, OrganisationField
from marketplace.recommendations import inviting, recommending
from marketplace.recommendations.drafts import InviteDraft
from marketplace.recommendations.invitations import invite
from marketplace.recommendations.inviting import Suggestions
from marketplace.recommendations.models import Recommendation
from marketplace.recommendations.recommending import Recommendations
from marketplace.volunteering.models import NeedQualification, NeedTag
from tests import builders, city

# Jiangsu Road community, as far as a test needs to know.
HERE = {"latitude": 31.2204, "longitude": 121.4246}


@dataclass(frozen=True, slots=True)
class Place:
    need_id: UUID
    shift_id: UUID


async def need(
    house: House,
    title: str = "陪老人就医",
    tags: tuple[str, ...] = (),
    asks: tuple[str, ...] = (),
    **facts: Any,
) -> Place:
    """A need with one shift in two days, near everybody's home, unless told otherwise."""
    of_shift = {
        name: facts.pop(name)
        for name in ("starts_in", "lasts", "starts_at", "capacity", "cancelled_at")
        if name in facts
    }
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, title, **{**HERE, **facts})
        session.add_all(NeedTag(need_id=need_id, tag_code=code) for code in tags)
        session.add_all(NeedQualification(need_id=need_id, qualification_code=code) for code in asks)
        return Place(need_id, await builders.shift(session, need_id, **of_shift))


async def volunteer(
    house: House,
    name: str = "林小满",
    skills: tuple[str, ...] = (),
    holds: tuple[str, ...] = (),
    invitable: bool = True,
    **facts: Any,
) -> Viewer:
    """Somebody who lives around the corner, wants to be asked, and is free all week."""
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, name, **{**HERE, "travel_radius_metres": 5000, **facts})
        person_id = viewer.signed_in()
        session.add_all(PersonTag(person_id=person_id, tag_code=code) for code in skills)
        session.add_all(
            PersonQualification(
                id=new_id(),
                person_id=person_id,
                qualification_code=code,
                stated_at=city.NOW,
                verified_at=city.NOW,
            )
            for code in holds
        )
        session.add_all(
            Availability(person_id=person_id, weekday=day, from_minute=0, to_minute=1440) for day in range(7)
        )
        if invitable:
            consents.record(session, person_id, ConsentKind.INVITATIONS, given=True)
        return viewer


async def organiser(house: House, name: str = "周组织") -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)


async def manager(house: House, **facts: Any) -> Viewer:
    """Somebody who runs an organisation for older people in Changning."""
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, **facts)
        session.add(OrganisationField(organisation_id=organisation_id, tag_code="elderly_care"))
        session.add(OrganisationArea(organisation_id=organisation_id, area_code=city.JIANGSU_ROAD))
        return await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)


async def served(house: House, viewer: Viewer, place: Place, days_ago: int, came: bool = True) -> UUID:
    """A past shift of the need for which the person was confirmed; answers the sign-up."""
    async with house.database.unit_of_work() as session:
        shift_id = await builders.shift(session, place.need_id, starts_in=-timedelta(days=days_ago))
        sign_up_id = await builders.sign_up(session, shift_id, viewer.signed_in())
        if came:
            session.add(
                Attendance(
                    id=new_id(),
                    sign_up_id=sign_up_id,
                    shift_id=shift_id,
                    person_id=viewer.signed_in(),
                    checked_in_at=session.now() - timedelta(days=days_ago),
                    check_in_method="qr",
                    checked_in_by=viewer.signed_in(),
                )
            )
        return sign_up_id


async def decide(house: House, viewer: Viewer, kind: ConsentKind, *, given: bool) -> None:
    async with house.database.unit_of_work() as session:
        await (consents.give if given else consents.withdraw)(session, viewer, kind)


async def recommended(house: House, viewer: Viewer) -> Recommendations:
    async with house.database.reading() as session:
        return await recommending.for_viewer(session, viewer)


async def here(house: House, viewer: Viewer) -> None:
    """Their browser is signed in, seen this moment."""
    async with house.database.unit_of_work() as session:
        await sessions.open_for(session, viewer.signed_in(), "Firefox")


async def stored(house: House) -> list[Recommendation]:
    """What is on every list, each list the best first."""
    async with house.database.reading() as session:
        rows = await session.scalars(
            select(Recommendation).order_by(Recommendation.list_id, Recommendation.place)
        )
        return list(rows)


async def suggested(house: House, viewer: Viewer, shift_id: UUID) -> Suggestions:
    """Whom to invite, from arrays that are as new as the rows."""
    await house.volunteers.rebuild()
    async with house.database.reading() as session:
        return await inviting.suggested(session, viewer, house.volunteers, shift_id)


async def ask(house: House, viewer: Viewer, shift_id: UUID, *people: Viewer) -> int:
    async with house.database.unit_of_work() as session:
        draft = InviteDraft(person_ids=tuple(one.signed_in() for one in people))
        return await invite(session, viewer, shift_id, draft)
