"""An e-mail address counts once its owner has opened the signed link that was sent to it.

Giving an address marks a link as due; the postman (notices) claims what is due and sends it outside of any transaction.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.db import audit
from marketplace.db.audit import AuditEntry
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.drafts import EmailDraft
from marketplace.identity.errors import LinkIsSpent, TooManyEmails
from marketplace.identity.models import Person
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import parse_id
from marketplace.kernel.vault import Vault

LINK_LASTS = timedelta(days=2)
MOST_A_DAY = 5
_AGAIN_AFTER = timedelta(minutes=15)
_PURPOSE = "confirm-email"
_ACTION = "person.email_given"


async def give(session: Session, viewer: Viewer, draft: EmailDraft) -> None:
    """Take a new address, or none; the same one again sends its link again. A confirmed one stays as it is.

    Raises SignInNeeded, TokenMayNotManageAccount, TooManyEmails.
    """
    person = await must_be_there(session, policy.manages_account(viewer))
    if person.email == draft.email and (draft.email is None or person.email_confirmed_at is not None):
        return
    if draft.email is not None:
        await _refuse_too_many(session, person.id)
    person.email = draft.email
    person.email_confirmed_at = None
    person.email_link_due_at = None if draft.email is None else session.now()
    if draft.email is not None:
        audit.record(session, person.id, _ACTION, ("person", person.id))
    await session.flush()


@dataclass(frozen=True, slots=True)
class DueLink:
    """A link that is ours to send until it is due again. Printing it shows neither address nor token."""

    person_id: UUID
    locale: str
    due_at: datetime
    email: str = field(repr=False)
    token: str = field(repr=False)


async def claim_due_links(session: Session, vault: Vault, most: int) -> list[DueLink]:
    """At most ``most`` links that are due, put off meanwhile: a sender that dies is followed by another one later."""
    people = await session.scalars(
        select(Person)
        .where(Person.email_link_due_at <= session.now(), Person.email.is_not(None))
        .order_by(Person.email_link_due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    claimed = []
    for person in people:
        assert person.email is not None
        person.email_link_due_at = session.now() + _AGAIN_AFTER
        token = link_token(vault, person.id, person.email, session.now())
        claimed.append(DueLink(person.id, person.locale, person.email_link_due_at, person.email, token))
    await session.flush()
    return claimed


async def note_link_done(session: Session, link: DueLink) -> None:
    """The link has left, or never will; unless another address was given meanwhile, nothing is due any more."""
    await session.execute(
        update(Person)
        .where(Person.id == link.person_id, Person.email_link_due_at == link.due_at)
        .values(email_link_due_at=None)
    )


def link_token(vault: Vault, person_id: UUID, email: str, now: datetime) -> str:
    """What the link in the message carries: who, until when, and a signature over both and the address."""
    expires = int((now + LINK_LASTS).timestamp())
    return f"{person_id.hex}.{expires}.{vault.sign(_signed(person_id, email, expires), _PURPOSE)}"


async def confirm(session: Session, vault: Vault, token: str) -> UUID:
    """Confirm the address that the link was sent to; opening it twice changes nothing. Raises LinkIsSpent."""
    person_id, expires, signature = _parts(token)
    person = await session.get(Person, person_id, with_for_update=True)
    if person is None or person.email is None or datetime.fromtimestamp(expires, UTC) < session.now():
        raise LinkIsSpent()
    if not vault.is_signed(_signed(person_id, person.email, expires), signature, _PURPOSE):
        raise LinkIsSpent()
    if person.email_confirmed_at is None:
        person.email_confirmed_at = session.now()
        person.email_link_due_at = None
        await session.flush()
    return person_id


def _parts(token: str) -> tuple[UUID, int, str]:
    who, _, rest = token[:200].partition(".")
    expires, _, signature = rest.partition(".")
    person_id = parse_id(who)
    if person_id is None or not (expires.isascii() and expires.isdigit() and len(expires) <= 11):
        raise LinkIsSpent()
    return person_id, int(expires), signature


def _signed(person_id: UUID, email: str, expires: int) -> str:
    return f"{person_id.hex}:{email}:{expires}"


async def _refuse_too_many(session: Session, person_id: UUID) -> None:
    given = await session.scalar(
        select(func.count())
        .select_from(AuditEntry)
        .where(
            AuditEntry.actor_id == person_id,
            AuditEntry.action == _ACTION,
            AuditEntry.at > session.now() - timedelta(days=1),
        )
    )
    if (given or 0) >= MOST_A_DAY:
        raise TooManyEmails(most=MOST_A_DAY)
