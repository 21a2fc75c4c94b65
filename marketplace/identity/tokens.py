"""API tokens: a program's key to act for a person, within scopes and until a day; shown once, kept as a digest."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.drafts import TokenDraft
from marketplace.identity.errors import TooManyTokens
from marketplace.identity.models import ApiToken
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest

MOST_LIVE = 20
# A fixed beginning lets scanners of public code recognise a leaked token.
PREFIX = "wushe_"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment when it can be read."""

    token_id: UUID
    token: str = field(repr=False)


async def create(session: Session, viewer: Viewer, draft: TokenDraft) -> NewToken:
    """Make a token for a program of the viewer's. Raises SignInNeeded, TokenMayNotManageAccount, TooManyTokens."""
    return await issue(session, policy.manages_account(viewer), draft)


async def issue(session: Session, person_id: UUID, draft: TokenDraft) -> NewToken:
    """Make a token for a person who has just proved who they are. Raises TooManyTokens."""
    await must_be_there(session, person_id)
    if len(await _live(session, person_id)) >= MOST_LIVE:
        raise TooManyTokens(most=MOST_LIVE)
    token, token_id = PREFIX + new_token(), new_id()
    session.add(
        ApiToken(
            id=token_id,
            person_id=person_id,
            name=draft.name,
            token_digest=token_digest(token),
            hint=token[-4:],
            scopes=sorted(draft.scopes),
            created_at=session.now(),
            expires_at=session.now() + timedelta(days=draft.days),
        )
    )
    scopes = " ".join(sorted(draft.scopes))
    audit.record(session, person_id, "token.created", ("api_token", token_id), scopes=scopes)
    await session.flush()
    return NewToken(token_id, token)


async def revoke(session: Session, viewer: Viewer, token_id: UUID) -> None:
    """End one of the viewer's tokens; ending it twice changes nothing. Raises NotFound."""
    person_id = policy.manages_account(viewer)
    found = await session.scalar(
        select(ApiToken.revoked_at.is_(None)).where(ApiToken.id == token_id, ApiToken.person_id == person_id)
    )
    if found is None:
        raise NotFound()
    if found:
        await _end(session, ApiToken.id == token_id)
        audit.record(session, person_id, "token.revoked", ("api_token", token_id))


async def revoke_all(session: Session, person_id: UUID) -> None:
    """End every token of the person, whose right to it was checked by the caller."""
    await _end(session, ApiToken.person_id == person_id)


async def live(session: Session, viewer: Viewer) -> list[ApiToken]:
    """The viewer's tokens that work, the newest first. Raises SignInNeeded, TokenMayNotManageAccount."""
    return await _live(session, policy.manages_account(viewer))


async def _live(session: Session, person_id: UUID) -> list[ApiToken]:
    rows = await session.scalars(
        select(ApiToken)
        .where(
            ApiToken.person_id == person_id,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > session.now(),
        )
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return list(rows)


async def _end(session: Session, which: ColumnElement[bool]) -> None:
    await session.execute(
        update(ApiToken).where(which, ApiToken.revoked_at.is_(None)).values(revoked_at=session.now())
    )
