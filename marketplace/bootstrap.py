"""The composition root: from settings to an open house. Only here do the slices meet what they are made of."""

from dataclasses import dataclass

from marketplace.db.session import Database
from marketplace.hours import handlers as hours_handlers
from marketplace.kernel.clock import Clock, SystemClock
from marketplace.kernel.files import FileStore, Folder
from marketplace.kernel.vault import Vault
from marketplace.outbox import handlers as outbox_handlers
from marketplace.outbox.registry import Registry
from marketplace.settings import Settings
from marketplace.volunteering import handlers as volunteering_handlers


@dataclass(frozen=True, slots=True)
class House:
    """Everything a way in (page, GraphQL, command, worker) needs. One a process and event loop; close it when done."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    files: FileStore
    registry: Registry

    async def close(self) -> None:
        await self.database.close()


def open_house(settings: Settings, *, clock: Clock | None = None) -> House:
    """Put the house together. Opens no connection yet: the first use does."""
    clock = clock or SystemClock()
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    registry = Registry()
    outbox_handlers.register(registry)
    volunteering_handlers.register(registry)
    hours_handlers.register(registry)
    return House(
        settings=settings,
        clock=clock,
        database=Database(settings.database_url, clock=clock, pool_size=settings.database_pool),
        vault=Vault(settings.secret_bytes()),
        files=Folder(settings.data_folder / "files"),
        registry=registry,
    )
