"""A real worker process for tests: `python -m tests.outbox.bell_worker SETTINGS.json`, with consumers of the tests' own bell.

When ``hang_mark`` is set, the second consumer writes its effect, makes that file, and never comes back: something to kill.
"""

import asyncio
import json
import random
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from marketplace import worker
from marketplace.bootstrap import House, open_house
from marketplace.db.session import Session
from marketplace.outbox.timing import Timing
from marketplace.settings import Settings
from tests.outbox.news import BellRung, write_down

QUICK = Timing(
    poll=timedelta(milliseconds=100),
    sent_lease=timedelta(seconds=2),
    work_lease=timedelta(seconds=2),
    work_limit=timedelta(seconds=60),
    beat=timedelta(milliseconds=500),
)
SECOND_VOICE = 100


@dataclass(frozen=True)
class Bell:
    """The consumers of one worker process."""

    hang_mark: str

    def open(self, settings: Settings) -> House:
        house = open_house(settings)
        house.registry.on(BellRung, "tests.write", write_down)
        house.registry.on(BellRung, "tests.second", self.second)
        return house

    async def second(self, session: Session, event: BellRung) -> None:
        await write_down(session, replace(event, number=event.number + SECOND_VOICE))
        await session.flush()
        if self.hang_mark:
            Path(self.hang_mark).touch()  # noqa: ASYNC240
            await asyncio.sleep(3600)
        await asyncio.sleep(random.uniform(0, 0.005))


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    settings = Settings(_env_file=None, **given["settings"])
    worker.run(settings, timing=QUICK, opener=Bell(given["hang_mark"]).open)


if __name__ == "__main__":
    main()
