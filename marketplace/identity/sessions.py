"""Browsers that are signed in: opened after a proven code, listed, and ended one by one or all at once."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.models import SignedInSession
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest

LASTS = timedelta(days=30)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session at the only moment when its token can be read."""

    session_id: UUID
    token: str = field(repr=False)


def device_of(user_agent: str) -> str:
    """What a person recognises a browser by, and no more: Chrome, Android."""
    found = (
        next((name for mark, name in marks if mark in user_agent[:400]), None)
        for marks in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in found if name) or "?"


async def open_for(session: Session, person_id: UUID, user_agent: str) -> OpenedSession:
    """Sign a browser in for a person who has just proved who they are."""
    token, session_id = new_token(), new_id()
    session.add(
        SignedInSession(
            id=session_id,
            person_id=person_id,
            token_digest=token_digest(token),
            device=device_of(user_agent),
            created_at=session.now(),
            last_seen_at=session.now(),
            expires_at=session.now() + LASTS,
        )
    )
    audit.record(session, person_id, "session.opened", ("session", session_id))
    await session.flush()
    return OpenedSession(session_id, token)


async def live(session: Session, viewer: Viewer) -> list[SignedInSession]:
    """The viewer's browsers that are signed in, the most recent first. Raises SignInNeeded, TokenMayNotManageAccount."""
    rows = await session.scalars(
        select(SignedInSession)
        .where(
            SignedInSession.person_id == policy.manages_account(viewer),
            SignedInSession.revoked_at.is_(None),
            SignedInSession.expires_at > session.now(),
        )
        .order_by(SignedInSession.last_seen_at.desc(), SignedInSession.id)
    )
    return list(rows)


async def revoke(session: Session, viewer: Viewer, session_id: UUID) -> None:
    """Sign one of the viewer's browsers out; doing it twice changes nothing. Raises NotFound."""
    person_id = policy.manages_account(viewer)
    known = await session.scalar(
        select(SignedInSession.id).where(
            SignedInSession.id == session_id, SignedInSession.person_id == person_id
        )
    )
    if known is None:
        raise NotFound()
    await _end(session, SignedInSession.id == session_id)


async def sign_out(session: Session, viewer: Viewer) -> None:
    """End the session through which the viewer came; nothing happens to whoever has none."""
    if viewer.session_id is not None:
        await _end(session, SignedInSession.id == viewer.session_id)


async def sign_out_everywhere(session: Session, viewer: Viewer) -> None:
    """End every session of the viewer, this one included. Raises SignInNeeded, TokenMayNotManageAccount."""
    person_id = policy.manages_account(viewer)
    await revoke_all(session, person_id)
    audit.record(session, person_id, "session.all_revoked", ("person", person_id))


async def revoke_all(session: Session, person_id: UUID) -> None:
    """End every session of the person, whose right to it was checked by the caller."""
    await _end(session, SignedInSession.person_id == person_id)


async def forget_old(session: Session) -> None:
    """Remove sessions that ended a month ago. A repeated task."""
    long_ago = session.now() - LASTS
    await session.execute(
        delete(SignedInSession).where(
            (SignedInSession.expires_at < long_ago) | (SignedInSession.revoked_at < long_ago)
        )
    )


async def _end(session: Session, which: ColumnElement[bool]) -> None:
    await session.execute(
        update(SignedInSession)
        .where(which, SignedInSession.revoked_at.is_(None))
        .values(revoked_at=session.now())
    )
