"""Things with a global id: the interface ``Node``, and the register that finds any of them again by its id."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from marketplace.db.session import Session
from marketplace.graph.context import ByKeys, Context, Info
from marketplace.graph.errors import TooManyIds
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_id

MAX_IDS = 50
NodeType = TypeVar("NodeType", bound="Node")
Key = TypeVar("Key", bound=Hashable)


@strawberry.interface(description="A thing with a global id, by which `node(id:)` finds it again.")
class Node:
    id: strawberry.ID


@dataclass(frozen=True, slots=True)
class _Kind:
    query: ByKeys[Any, Any]
    parse_key: Callable[[str], Any]
    of: Callable[[Any], Node]


_kinds: dict[str, _Kind] = {}


def node(
    query: ByKeys[Key, Any],
    parse_key: Callable[[str], Key | None] = parse_id,  # type: ignore[assignment]
) -> Callable[[type[NodeType]], type[NodeType]]:
    """Class decorator: ``query`` finds the rows of this type, its classmethod ``of`` makes an object of a row.

    ``parse_key`` reads the key from the id's text; the usual key is a UUID.
    """

    def register(kind: type[NodeType]) -> type[NodeType]:
        _kinds[kind.__name__] = _Kind(query, parse_key, kind.of)  # type: ignore[attr-defined]
        return kind

    return register


def global_id(kind: str, key: UUID | str) -> strawberry.ID:
    """The opaque id of one thing: its type's name and its key."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def key_of(kind: str, given: strawberry.ID) -> Any:
    """The key inside an id that must name a ``kind`` (a UUID for most). Raises NotFound for anything else."""
    name, key = _split(given)
    if name != kind or key is None:
        raise NotFound()
    return key


async def fetch(context: Context, kind: type[NodeType], key: Hashable | None) -> NodeType | None:
    """The ``kind`` with that key, or None when there is none or the viewer may not see it. Batched among siblings."""
    found = await _fetch(context, kind.__name__, key)
    return found if isinstance(found, kind) else None


async def must_fetch(context: Context, kind: type[NodeType], key: Hashable) -> NodeType:
    """The ``kind`` with that key, for a payload that needs it. Raises NotFound."""
    found = await fetch(context, kind, key)
    if found is None:
        raise NotFound()
    return found


async def must_fetch_all(context: Context, kind: type[NodeType], keys: Iterable[Hashable]) -> list[NodeType]:
    """The same for several, in their order, asked for at once."""
    return list(await asyncio.gather(*(must_fetch(context, kind, key) for key in keys)))


async def change(
    context: Context,
    kind: type[NodeType],
    given: strawberry.ID,
    command: Callable[[Session, Viewer, UUID], Awaitable[object]],
) -> NodeType:
    """The ``kind`` with that id as it is after the command, in a transaction of its own. Raises NotFound, and what the command raises."""
    key = key_of(kind.__name__, given)
    async with context.unit_of_work() as session:
        await command(session, context.viewer, key)
    return await must_fetch(context, kind, key)


async def _fetch(context: Context, name: str, key: Hashable | None) -> Node | None:
    if key is None or name not in _kinds:
        return None
    row = await context.load(_kinds[name].query, key)
    return None if row is None else _kinds[name].of(row)


def _split(given: str) -> tuple[str, Any]:
    """The type's name and the key; the key is None when the id is not one of ours."""
    try:
        text = base64.b64decode(
            given[:200] + "=" * (-len(given[:200]) % 4), altchars=b"-_", validate=True
        ).decode()
    except (binascii.Error, ValueError):
        return "", None
    name, _, key = text.partition(":")
    # Some ids name what the graph does not show by itself, such as a person: their keys are UUIDs like most.
    return name, (_kinds[name].parse_key if name in _kinds else parse_id)(key)


@strawberry.type
class NodeQueries:
    @strawberry.field(
        description="The thing with this global id; null when there is none or it is not for you."
    )
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await _fetch(info.context, *_split(id))

    @strawberry.field(
        description="At most 50 things by their global ids, in the same order, with null for the missing."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 50 global ids.")],
    ) -> list[Node | None]:
        if len(ids) > MAX_IDS:
            raise TooManyIds(most=MAX_IDS)
        return await asyncio.gather(*(_fetch(info.context, *_split(id)) for id in ids))
