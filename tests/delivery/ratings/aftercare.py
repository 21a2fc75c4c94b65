"""A provider with public ratings, and all who have to do with them afterwards: author, manager, moderators, auditor, outsider."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.delivery.ratings import moderation, replies
from marketplace.delivery.ratings.care_drafts import HidingDraft, ReplyDraft
from marketplace.delivery.ratings.models import RatingHold, RatingPhoto
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from tests import builders, city, delivering
from tests.delivering import Supplied

PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@dataclass(frozen=True, slots=True)
class Scene:
    """``rating_id`` has words and was given by ``author``; ``others`` are those of nine more people."""

    under: Supplied
    period_id: UUID
    rating_id: UUID
    others: list[UUID]
    author: Viewer
    manager: Viewer
    moderator: Viewer
    second: Viewer
    auditor: Viewer
    outsider: Viewer


async def public(house: House, *, others: int = 9, points: int = 2, closed: bool = True) -> Scene:
    """Ratings of last month, whose period closed just now, unless it is to be open."""
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        period_id = await delivering.period(session, closed=closed)
        author = await builders.viewer(session, "方阿姨")
        earlier = session.now() - timedelta(days=30)
        when: dict[str, Any] = {
            "period_id": period_id,
            "given_at": earlier,
            "given_on": earlier.date(),
        }
        ticket = await delivering.ticket(
            session, await delivering.delivery(session, under), author.signed_in()
        )
        rating_id = await delivering.rating(session, ticket, points=points, text="水太凉，来得也晚。", **when)
        rest = await delivering.rated(session, under, [4, 5, 5] * (others // 3), **when)
        return Scene(
            under,
            period_id,
            rating_id,
            rest,
            author,
            under.manager,
            await builders.viewer(session, "版主小安", Role.MODERATOR, city.CHANGNING),
            await builders.viewer(session, "版主小白", Role.MODERATOR, city.CITY),
            await builders.viewer(session, "审计员老金", Role.AUDITOR, city.CITY),
            await builders.viewer(session, "徐汇版主", Role.MODERATOR, city.XUHUI),
        )


async def held(house: House, at: Scene, held: list[UUID], cause: str = "burst", **evidence: Any) -> None:
    """An examination held these."""
    async with house.database.unit_of_work() as session:
        session.add_all(
            RatingHold(id=new_id(), rating_id=one, cause=cause, evidence=evidence, held_at=session.now())
            for one in held
        )


async def photo(house: House, rating_id: UUID) -> UUID:
    """A picture beside the rating."""
    key = await house.rating_photos.put(PICTURE)
    async with house.database.unit_of_work() as session:
        row = RatingPhoto(
            id=new_id(), rating_id=rating_id, content_type="image/png", size=len(PICTURE), file_key=key
        )
        session.add(row)
    return row.id


async def reply(house: House, at: Scene, text: str = "已更换热水器，向您致歉。") -> UUID:
    async with house.database.unit_of_work() as session:
        return await replies.reply(session, at.manager, at.rating_id, ReplyDraft(text=text))


async def hide(house: House, at: Scene, what: str = "words", by: Viewer | None = None) -> UUID:
    draft = HidingDraft.model_validate({"what": what, "reason": "insult", "explanation": "第二句骂人。"})
    async with house.database.unit_of_work() as session:
        return await moderation.hide(session, by or at.moderator, at.rating_id, draft)
