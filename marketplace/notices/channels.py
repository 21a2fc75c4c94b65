"""The port for ways out of the house: a channel takes one notice, ready to read, and sends it or says why it could not."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.wording import Worded


class SendingFailed(Exception):
    """It did not go out this time; trying again may help. The message holds no personal data: it is kept beside the delivery."""


class SendingIsHopeless(SendingFailed):
    """It will never go out, for instance because the address does not exist."""


@dataclass(frozen=True, slots=True)
class Message:
    """One notice for one person, in their language. Addresses are whole: links work outside of the site."""

    delivery_id: UUID
    kind: Kind
    address: str
    locale: str
    words: Worded
    link: str | None
    unsubscribe_url: str
    preferences_url: str


class Channel(Protocol):
    """E-mail now; text messages or WeChat are further classes of this shape and further members of ``ChannelName``."""

    @property
    def name(self) -> ChannelName: ...

    async def send(self, message: Message) -> None:
        """Raises SendingFailed or SendingIsHopeless; anything else counts as SendingFailed."""
        ...
