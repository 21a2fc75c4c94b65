"""Is the house well? Named checks with a reason each, shared by `/readyz` and `marketplace doctor`."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from marketplace.bootstrap import House
from marketplace.migrations import run as migrations
from marketplace.outbox import heartbeats
from marketplace.outbox.figures import figures
from matching.index import Condition

_SECONDS = 3
_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``why`` says what was found, and how to mend it when it is not well."""

    name: str
    is_ok: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Look:
    name: str
    look: Callable[[House], Awaitable[str]]


class NotWell(Exception):
    """Its message is the ``why`` of a check; operators read it."""


async def readiness(house: House) -> list[Check]:
    """What must be well before requests are let in: database, migrations, a worker, the search engine."""
    return await _run(house, _READINESS)


async def checks(house: House) -> list[Check]:
    """Everything the house leans on: readiness, the data folder, the servers that settings name, and dead jobs."""
    return await _run(house, (*_READINESS, *_BEYOND))


async def _run(house: House, looks: tuple[_Look, ...]) -> list[Check]:
    return list(await asyncio.gather(*(_checked(house, look) for look in looks)))


async def _checked(house: House, look: _Look) -> Check:
    try:
        async with asyncio.timeout(_SECONDS):
            return Check(look.name, True, await look.look(house))
    except NotWell as error:
        return Check(look.name, False, str(error))
    except TimeoutError:
        return Check(look.name, False, f"no answer within {_SECONDS} s")
    except Exception as error:
        # Drivers quote addresses and accounts in their messages; the kind of the error is enough to go on.
        return Check(look.name, False, f"does not answer ({type(error).__name__})")


async def _database(house: House) -> str:
    if not await house.database.answers():
        raise NotWell("answers, but not with what it was asked")
    return "answers"


@cache
def _head() -> str:
    return migrations.head()


async def _migrations(house: House) -> str:
    head = await asyncio.to_thread(_head)
    async with house.database.reading() as session:
        current = await migrations.current(session)
    if current != head:
        raise NotWell(f"at {current or 'nothing'}, this code needs {head}: run `marketplace migrate`")
    return f"at head ({head})"


async def _worker(house: House) -> str:
    async with house.database.reading() as session:
        beats = await heartbeats.beats(session)
    alive = sum(beat.is_fresh for beat in beats)
    if not alive:
        raise NotWell(
            f"no sign of life for {heartbeats.FRESH.total_seconds():.0f} s: start `marketplace worker`"
            if beats or house.settings.broker_url
            else "none has started: run `marketplace serve` or `marketplace worker`"
        )
    return f"{alive} alive"


async def _search(house: House) -> str:
    status = await asyncio.to_thread(house.search.status)
    if status.condition is Condition.UNREACHABLE:
        # No reason to turn visitors away: listings answer from the database meanwhile.
        return "its server does not answer; listings come from the database"
    if status.condition is not Condition.READY:
        raise NotWell(
            f"the index is {status.condition}: it is being made anew, listings come from the database meanwhile; "
            "should it stay so, run `marketplace reindex`"
        )
    return f"{status.documents} documents"


async def _search_server(house: House) -> str:
    url = house.settings.search_url
    if not url:
        return "search runs in this process"
    status = await asyncio.to_thread(house.search.status)
    if status.condition is Condition.UNREACHABLE:
        raise NotWell(f"{url} does not answer ({status.detail}): start it, or look at the network between")
    return f"{url} answers"


async def _data_folder(house: House) -> str:
    return await asyncio.to_thread(_write_there, house)


def _write_there(house: House) -> str:
    folder = house.settings.data_folder
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise NotWell(f"cannot write into {folder} ({error.strerror})") from None
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize / 1024**3
    if free < 1:
        raise NotWell(f"{free:.1f} GiB free in {folder}: less than 1 GiB is too little")
    return f"{free:.0f} GiB free in {folder}"


async def _broker(house: House) -> str:
    if not house.settings.broker_url:
        return "jobs run in the web server's process"
    return await _answers(house.settings.broker_url)


async def _mail(house: House) -> str:
    if not house.settings.mail_url:
        return f"e-mail is written to {house.settings.data_folder / 'mail'}"
    return await _answers(house.settings.mail_url)


async def _answers(url: str) -> str:
    parts = urlsplit(url)
    where = (parts.hostname or "127.0.0.1", parts.port or _PORTS.get(parts.scheme, 0))
    try:
        _, writer = await asyncio.open_connection(*where)
    except (OSError, socket.gaierror):
        raise NotWell(f"nothing answers at {where[0]}:{where[1]}") from None
    writer.close()
    return f"answers at {where[0]}:{where[1]}"


async def _dead_jobs(house: House) -> str:
    async with house.database.reading() as session:
        found = await figures(session)
    if found.dead:
        raise NotWell(f"{found.dead} wait for an administrator: see the page Dead jobs")
    return f"none dead, {found.open} open"


_READINESS = (
    _Look("database", _database),
    _Look("migrations", _migrations),
    _Look("worker", _worker),
    _Look("search", _search),
)
_BEYOND = (
    _Look("data folder", _data_folder),
    _Look("broker", _broker),
    _Look("search server", _search_server),
    _Look("mail", _mail),
    _Look("dead jobs", _dead_jobs),
)
