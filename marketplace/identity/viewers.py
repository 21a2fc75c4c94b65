"""From a cookie or a token to a Viewer: looked up by digest, with the open roles of that person."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update

from marketplace.db.session import Session
from marketplace.identity.models import ApiToken, Person, RoleGrant, SignedInSession
from marketplace.identity.viewer import STRANGER, HeldRole, Role, Viewer
from marketplace.kernel.vault import token_digest

# Writing on every request would make every read a write; a minute's coarseness is enough to see which devices live.
_SEEN_EVERY = timedelta(minutes=10)
# Built once: nearly every request asks it, and building a statement anew costs as much as running it.
_WITH_ROLES = (
    select(Person.name, Person.locale, RoleGrant.role, RoleGrant.area_code, RoleGrant.organisation_id)
    .outerjoin(RoleGrant, (RoleGrant.person_id == Person.id) & RoleGrant.revoked_at.is_(None))
    .where(Person.id == bindparam("person_id"), Person.erased_at.is_(None))
)


async def from_session(session: Session, token: str) -> Viewer:
    """The person whose browser holds ``token``, or STRANGER when it is unknown, expired or revoked."""
    row = (
        await session.execute(
            select(SignedInSession.id, SignedInSession.person_id).where(
                SignedInSession.token_digest == token_digest(token),
                SignedInSession.revoked_at.is_(None),
                SignedInSession.expires_at > session.now(),
            )
        )
    ).one_or_none()
    if row is None:
        return STRANGER
    return replace(await of_person(session, row.person_id), session_id=row.id)


async def from_api_token(session: Session, token: str) -> Viewer:
    """The person for whom the program that holds ``token`` acts, limited to the token's scopes, or STRANGER.

    ``token_id`` is set when its use was not noted lately: see ``mark_used``.
    """
    row = (
        await session.execute(
            select(ApiToken.id, ApiToken.person_id, ApiToken.scopes, ApiToken.last_used_at).where(
                ApiToken.token_digest == token_digest(token),
                ApiToken.revoked_at.is_(None),
                ApiToken.expires_at > session.now(),
            )
        )
    ).one_or_none()
    if row is None:
        return STRANGER
    is_due = row.last_used_at is None or row.last_used_at < session.now() - _SEEN_EVERY
    viewer = replace(await of_person(session, row.person_id), scopes=frozenset(row.scopes))
    return replace(viewer, token_id=row.id) if is_due else viewer


async def of_person(session: Session, person_id: UUID) -> Viewer:
    """The viewer that ``person_id`` is now, with all open roles; STRANGER after erasure."""
    rows = (await session.execute(_WITH_ROLES, {"person_id": person_id})).all()
    if not rows:
        return STRANGER
    roles = tuple(HeldRole(Role(row.role), row.area_code, row.organisation_id) for row in rows if row.role)
    return Viewer(person_id=person_id, roles=roles, locale=rows[0].locale, name=rows[0].name)


async def mark_seen(session: Session, session_id: UUID) -> None:
    """Note that the browser is alive, at most every few minutes."""
    await session.execute(
        update(SignedInSession)
        .where(SignedInSession.id == session_id, SignedInSession.last_seen_at < session.now() - _SEEN_EVERY)
        .values(last_seen_at=session.now())
    )


async def mark_used(session: Session, token_id: UUID) -> None:
    """Note that a program used its token."""
    await session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=session.now()))
