"""How patient delivery is: leases, backoff, polling and heartbeats, as one value that tests can shorten."""

from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom

MOST_ATTEMPTS = 8
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)
_chance = SystemRandom()


@dataclass(frozen=True, slots=True)
class Timing:
    """The usual patience.

    ``sent_lease`` bounds how long an event may sit in the broker before it is sent again; ``work_lease`` how long a worker may
    be silent over one consumer before another takes the event; a consumer is cut off at ``work_limit``, well before that.
    """

    poll: timedelta = timedelta(seconds=1)
    sent_lease: timedelta = timedelta(minutes=1)
    work_lease: timedelta = timedelta(minutes=1)
    work_limit: timedelta = timedelta(seconds=45)
    task_limit: timedelta = timedelta(minutes=10)
    beat: timedelta = timedelta(seconds=10)


USUAL = Timing()


def backoff(attempts: int) -> timedelta:
    """How long to wait after the failed attempt number ``attempts``: doubling from 5 s to 1 h, half of it by chance.

    Chance keeps events that failed together (a mail server was down) from coming back together.
    """
    wait = min(_FIRST_WAIT * (1 << min(attempts - 1, 16)), _LONGEST_WAIT)
    return wait * _chance.uniform(0.5, 1.0)
