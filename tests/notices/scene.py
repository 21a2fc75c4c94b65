"""What the tests of notices share: people with confirmed e-mail, what is in an inbox, and a post that keeps what it is given."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity.viewer import Viewer
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import PageRequest
from marketplace.notices import queries
from marketplace.notices.channels import Message, SendingFailed
from marketplace.notices.kinds import ChannelName
from marketplace.notices.models import NoticeDelivery
from marketplace.notices.queries import NoticeRow
from marketplace.notices.sending import Sending
from tests import builders
from tests.deliveries import drain


async def reader(house: House, name: str = "林小满", **facts: Any) -> Viewer:
    """Somebody with a confirmed e-mail address who reads English, unless told otherwise."""
    defaults: dict[str, Any] = {
        "email": "lin@example.org",
        "email_confirmed_at": house.clock.now(),
        "locale": EN,
    }
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, **{**defaults, **facts})


async def inbox(house: House, viewer: Viewer) -> list[NoticeRow]:
    """Everything the viewer was told, newest first, once all news has arrived."""
    await drain(house)
    async with house.database.reading() as session:
        return list((await queries.inbox(session, viewer, PageRequest(50))).rows)


async def kinds(house: House, viewer: Viewer) -> list[str]:
    """The kinds of what the viewer was told, sorted."""
    return sorted(notice.kind for notice in await inbox(house, viewer))


async def deliveries(house: House) -> list[NoticeDelivery]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(NoticeDelivery).order_by(NoticeDelivery.id)))


async def due_times(house: House) -> list[datetime]:
    return [delivery.due_at for delivery in await deliveries(house)]


class Post:
    """A channel that keeps what it is given, or fails as it is told to."""

    name = ChannelName.EMAIL

    def __init__(self, failure: SendingFailed | None = None) -> None:
        self.sent: list[Message] = []
        self.failure = failure

    async def send(self, message: Message) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)


async def send_due(house: House, post: Post) -> None:
    """One round of the postman."""
    await Sending([post], house.vault, house.settings.site_url).send_due(house.database)


def addresses(post: Post) -> list[str]:
    return [message.address for message in post.sent]


def ids(rows: list[NoticeRow]) -> list[UUID]:
    return [row.id for row in rows]
