"""Turn off one kind of message, or all, by the signed address that each message carries: no sign-in, one click."""

from dataclasses import dataclass
from uuid import UUID

from marketplace.db.session import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_id
from marketplace.kernel.vault import Vault
from marketplace.notices import contacts
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.preferences import set_wishes

_PURPOSE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who gets what by which way: what an unsubscribe address is about."""

    person_id: UUID
    kind: Kind
    channel: ChannelName


def token_of(vault: Vault, subscription: Subscription) -> str:
    """The part of the address that names the subscription and proves that we wrote it. It does not expire: old mail is read too."""
    text = f"{subscription.person_id.hex}.{subscription.kind}.{subscription.channel}"
    return f"{text}.{vault.sign(text, _PURPOSE)}"


def read_token(vault: Vault, token: str) -> Subscription:
    """The subscription that ``token_of`` wrote. Raises NotFound for anything else."""
    text, _, signature = token.rpartition(".")
    person, _, rest = text.partition(".")
    kind, _, channel = rest.partition(".")
    person_id = parse_id(person)
    if person_id is None or not vault.is_signed(text, signature, _PURPOSE):
        raise NotFound()
    try:
        return Subscription(person_id, Kind(kind), ChannelName(channel))
    except ValueError:  # a kind that no longer exists
        raise NotFound() from None


async def stop_kind(session: Session, subscription: Subscription) -> None:
    """No more messages of this kind by this channel. Raises NotFound when the person is gone."""
    await _stop(session, subscription, [subscription.kind])


async def stop_all(session: Session, subscription: Subscription) -> None:
    """No more messages at all by this channel. Raises NotFound when the person is gone."""
    await _stop(session, subscription, list(Kind))


async def _stop(session: Session, subscription: Subscription, kinds: list[Kind]) -> None:
    if not await contacts.of(session, [subscription.person_id]):
        raise NotFound()
    wanted = dict.fromkeys(kinds, False)
    await set_wishes(session, subscription.person_id, subscription.channel, wanted)
