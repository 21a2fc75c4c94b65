"""Who wants to hear which event, and which work repeats: filled by the slices' handlers when the house is opened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from marketplace.db.session import Session
from marketplace.outbox.events import Event

EventType = TypeVar("EventType", bound=Event)
Handler = Callable[[Session, EventType], Awaitable[None]]
Task = Callable[[Session], Awaitable[None]]


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


class Registry:
    """The house's consumers and repeated tasks."""

    def __init__(self) -> None:
        self._consumers: dict[str, list[Consumer]] = {}
        self.tasks: dict[str, RepeatedTask] = {}

    def on(self, event: type[EventType], name: str, handle: Handler[EventType]) -> None:
        """Deliver every ``event`` to ``handle``; ``name`` is ``slice.what_it_does`` and unique per event."""
        consumers = self._consumers.setdefault(event.__name__, [])
        if any(consumer.name == name for consumer in consumers):
            raise ValueError(f"{name} is registered twice for {event.__name__}")
        consumers.append(Consumer(name, handle))

    def repeat(self, name: str, every: timedelta, run: Task) -> None:
        """Run ``run`` every ``every``, on one worker at a time."""
        if name in self.tasks:
            raise ValueError(f"the repeated task {name} is registered twice")
        self.tasks[name] = RepeatedTask(name, every, run)

    def consumers_of(self, event_name: str) -> tuple[Consumer, ...]:
        return tuple(self._consumers.get(event_name, ()))
