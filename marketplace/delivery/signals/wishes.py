"""Wishes: what residents would like more of, and where. One open wish a person, kind and area; said again it stays one."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db.session import Session
from marketplace.delivery.signals.drafts import ServiceWishDraft
from marketplace.delivery.signals.errors import TooManyOpenWishes, WishIsDecided
from marketplace.delivery.signals.models import ServiceWish
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id

MOST_OPEN: Final = 20
"""Of one person: what everybody wants of everything says nothing."""


async def wish(session: Session, viewer: Viewer, draft: ServiceWishDraft) -> UUID:
    """Say that one would like more of a kind of service, at home unless another area is named; gives the wish's id.

    Whoever wishes for the same again keeps the one wish, with the newest words, and it counts as long as a new one. Raises SignInNeeded, InputIsInvalid, TooManyOpenWishes.
    """
    person_id = viewer.signed_in()
    # One person's wishes are counted under the lock of the person, so that two taps at once do not pass the limit.
    home = await session.scalar(select(Person.home_area_code).where(Person.id == person_id).with_for_update())
    area_code = draft.area_code or home
    await _check(session, draft.service_type, area_code)
    same = await session.scalar(
        select(ServiceWish).where(
            ServiceWish.person_id == person_id,
            ServiceWish.service_type == draft.service_type,
            ServiceWish.area_code == area_code,
            *_OPEN,
        )
    )
    if same is not None:
        same.text, same.wished_at = draft.text or same.text, session.now()
        return same.id
    count = select(func.count()).where(ServiceWish.person_id == person_id, *_OPEN)
    if (await session.scalar(count) or 0) >= MOST_OPEN:
        raise TooManyOpenWishes(most=MOST_OPEN)
    row = ServiceWish(
        id=new_id(),
        person_id=person_id,
        service_type=draft.service_type,
        area_code=area_code,
        text=draft.text,
        wished_at=session.now(),
    )
    session.add(row)
    await session.flush()
    return row.id


async def withdraw(session: Session, viewer: Viewer, wish_id: UUID) -> UUID:
    """Take a wish back; its words go with it. Taken back again it stays so. Raises SignInNeeded, NotFound, WishIsDecided."""
    person_id = viewer.signed_in()
    mine = (ServiceWish.id == wish_id, ServiceWish.person_id == person_id)
    withdrawn = await session.execute(
        update(ServiceWish)
        .where(*mine, *_OPEN)
        .values(withdrawn_at=session.now(), text=None)
        .returning(ServiceWish.id)
    )
    if withdrawn.scalar_one_or_none() is not None:
        return wish_id
    known = (await session.execute(select(ServiceWish.taken_up_at).where(*mine))).one_or_none()
    if known is None:
        raise NotFound()
    if known.taken_up_at is not None:
        raise WishIsDecided()
    return wish_id


_OPEN = (ServiceWish.withdrawn_at.is_(None), ServiceWish.taken_up_at.is_(None))


async def _check(session: Session, service_type: str, area_code: str | None) -> None:
    problems = []
    if not await tags.usable_codes(session, [service_type], TagKind.CATEGORY):
        problems.append(FieldProblem("service_type", "unknown_choice", {"choice": service_type}))
    if area_code is None:
        problems.append(FieldProblem("area", "missing", {}))
    elif await areas.current(session, area_code) is None:
        problems.append(FieldProblem("area", "unknown_choice", {"choice": area_code}))
    if problems:
        raise InputIsInvalid(problems)
