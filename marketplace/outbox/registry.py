"""Who wants to hear which event, and which work repeats: filled by the slices' handlers when the house is opened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from marketplace.db.session import Database, Session
from marketplace.outbox.events import Event

EventType = TypeVar("EventType", bound=Event)
Handler = Callable[[Session, EventType], Awaitable[None]]
Task = Callable[[Session], Awaitable[None]]
Errand = Callable[[Database], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A handler under a lasting name; the name goes into the inbox, so renaming it replays nothing but new events."""

    name: str
    handle: Handler[Any]


@dataclass(frozen=True, slots=True)
class RepeatedTask:
    """Work that runs every ``every``; each run is one transaction and may be repeated safely."""

    name: str
    every: timedelta
    run: Task


@dataclass(frozen=True, slots=True)
class RepeatedErrand:
    """Work that waits for the world outside (a mail server) and opens its own short transactions in between.

    Nothing ties its effects to its timetable, so each step of it must be safe to repeat.
    """

    name: str
    every: timedelta
    run: Errand


class Registry:
    """The house's consumers, repeated tasks and errands."""

    def __init__(self) -> None:
        self._consumers: dict[str, list[Consumer]] = {}
        self.tasks: dict[str, RepeatedTask | RepeatedErrand] = {}

    def on(self, event: type[EventType], name: str, handle: Handler[EventType]) -> None:
        """Deliver every ``event`` to ``handle``; ``name`` is ``slice.what_it_does`` and unique per event."""
        consumers = self._consumers.setdefault(event.__name__, [])
        if any(consumer.name == name for consumer in consumers):
            raise ValueError(f"{name} is registered twice for {event.__name__}")
        consumers.append(Consumer(name, handle))

    def repeat(self, name: str, every: timedelta, run: Task) -> None:
        """Run ``run`` every ``every``, on one worker at a time."""
        self._put(RepeatedTask(name, every, run))

    def repeat_errand(self, name: str, every: timedelta, run: Errand) -> None:
        """Run ``run`` every ``every``, on one worker at a time, outside of any transaction."""
        self._put(RepeatedErrand(name, every, run))

    def consumers_of(self, event_name: str) -> tuple[Consumer, ...]:
        return tuple(self._consumers.get(event_name, ()))

    def _put(self, task: RepeatedTask | RepeatedErrand) -> None:
        if task.name in self.tasks:
            raise ValueError(f"the repeated task {task.name} is registered twice")
        self.tasks[task.name] = task
