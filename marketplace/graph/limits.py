"""How often one may ask: by person, and by address for whoever is nobody; the same for all processes of the house together.

Each process counts for itself and tells the database once every tenth part of what is allowed, so somebody who asks at a human pace
costs no statement at all, and together the processes allow at most a tenth too much each.
"""

from dataclasses import dataclass

from marketplace.bootstrap import House
from marketplace.db import call_counts
from marketplace.graph.errors import TooManyRequests
from marketplace.identity.viewer import Viewer

_SECONDS = 60
_TOLD_IN_PARTS = 10
_MOST_CALLERS = 10_000
_PURPOSE = "graph caller"


@dataclass(slots=True)
class _Tally:
    """The calls of one caller in this minute: those that all processes told when we last asked, and ours since."""

    told: int = 0
    untold: int = 0


class Limits:
    """What this process knows of the present minute."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._minute = 0
        self._tallies: dict[str, _Tally] = {}
        self._is_swept = False

    async def count(self, viewer: Viewer, source: str) -> None:
        """Count one request of the viewer, or of the address ``source`` for a stranger. Raises TooManyRequests."""
        settings = self._house.settings
        if viewer.person_id is not None:
            await self._count(f"person {viewer.person_id}", settings.graphql_a_minute_by_person)
        else:
            await self._count(f"address {source}", settings.graphql_a_minute_by_address)

    async def _count(self, caller: str, most: int) -> None:
        if most == 0:
            return
        minute, second = divmod(int(self._house.clock.now().timestamp()), _SECONDS)
        tally = self._tally(caller, minute)
        if tally.told + tally.untold >= most:
            raise TooManyRequests(most=most, retry_after=_SECONDS - second)
        tally.untold += 1
        if tally.untold * _TOLD_IN_PARTS >= most:
            await self._tell(caller, minute, tally)

    def _tally(self, caller: str, minute: int) -> _Tally:
        if minute != self._minute:
            self._minute, self._is_swept = minute, False
            self._tallies.clear()
        if caller not in self._tallies and len(self._tallies) >= _MOST_CALLERS:
            # Whoever came first has had most of the minute; what was told of them stays told.
            del self._tallies[next(iter(self._tallies))]
        return self._tallies.setdefault(caller, _Tally())

    async def _tell(self, caller: str, minute: int, tally: _Tally) -> None:
        calls, tally.untold = tally.untold, 0
        # Until the database answers, these count as told: others of this caller come in meanwhile.
        tally.told += calls
        async with self._house.database.unit_of_work() as session:
            if not self._is_swept:
                self._is_swept = True
                await call_counts.forget_before(session, minute)
            digest = self._house.vault.fingerprint(caller, _PURPOSE)
            tally.told = await call_counts.add(session, minute, digest, calls)
