"""What people hand in about staffing; read by ``kernel.input.read`` whichever way it came."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from marketplace.kernel.ids import new_id
from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Printable

MOST_SHIFTS = 50
Ids = Annotated[tuple[UUID, ...], Field(max_length=500)]
MostShifts = Annotated[int, FullWidthFolded, Field(ge=1, le=MOST_SHIFTS)]
Seed = Annotated[int, FullWidthFolded, Field(ge=0, le=2_147_483_647)]


class PoolDraft(Draft):
    """A wish to be put where one is needed, in at most so many of these shifts; without any, in all that fit one's times."""

    idempotency_key: Code
    most_shifts: MostShifts = 3
    shifts: Ids = ()
    agreed: bool = False


class RoleDraft(Draft):
    """Each shift wants at least so many people with this qualification."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60), Printable]
    qualification: Code
    minimum_people: Annotated[int, FullWidthFolded, Field(ge=1, le=1000)] = 1


class RunDraft(Draft):
    """How a run is to be made. Without shifts all coming ones; without a seed one is drawn; ``key`` makes it once."""

    key: UUID = Field(default_factory=new_id)
    shifts: Ids = ()
    most_shifts: MostShifts = 3
    rest_minutes: Annotated[int, FullWidthFolded, Field(ge=0, le=1440)] = 60
    offer_minutes: Annotated[int, FullWidthFolded, Field(ge=30, le=10_080)] = 720
    seed: Annotated[Seed | None, BlankIsNone] = None
