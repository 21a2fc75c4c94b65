"""What the house keeps about one person: every slice says how to collect its part and how to forget it.

A slice adds itself when the house is opened: ``personal_data.add("hours", collect, erase)``. The parts are collected for the
person's own export, and forgotten in the order of adding, newest slice first, all in one transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.drafts import ErasureDraft
from marketplace.identity.errors import ErasureIsNotConfirmed
from marketplace.identity.events import PersonErased
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.outbox.publish import publish

Collect = Callable[[Session, UUID], Awaitable[dict[str, Any]]]
Erase = Callable[[Session, UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Part:
    """One slice's share: ``collect`` gives plain JSON values, ``erase`` leaves nothing that names the person."""

    name: str
    collect: Collect
    erase: Erase


class PersonalData:
    """The parts, filled by the slices when the house is opened."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}

    def add(self, name: str, collect: Collect, erase: Erase) -> None:
        """Make a slice's data part of every export and every erasure."""
        if name in self._parts:
            raise ValueError(f"the personal data of {name} is registered twice")
        self._parts[name] = Part(name, collect, erase)

    async def export(self, session: Session, viewer: Viewer) -> dict[str, Any]:
        """Everything the house keeps about the viewer. Raises SignInNeeded, TokenMayNotManageAccount."""
        person_id = policy.manages_account(viewer)
        return {
            "exported_at": session.now().isoformat(),
            "person_id": str(person_id),
            **{part.name: await part.collect(session, person_id) for part in self._parts.values()},
        }

    async def erase(self, session: Session, viewer: Viewer, draft: ErasureDraft) -> None:
        """Forget the viewer for good; what others rely on (hours served) stays without a name.

        Raises SignInNeeded, TokenMayNotManageAccount, ErasureIsNotConfirmed, LastAdministratorStays, LastManagerStays.
        """
        person_id = policy.manages_account(viewer)
        if not draft.confirmed:
            raise ErasureIsNotConfirmed()
        await must_be_there(session, person_id)
        for part in reversed(self._parts.values()):
            await part.erase(session, person_id)
        audit.record(session, person_id, "person.erased", ("person", person_id))
        await publish(session, PersonErased(person_id=person_id))
