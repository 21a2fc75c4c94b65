"""Dramatiq carries event ids from a relay to a worker: in this process, or through Redis or RabbitMQ.

The broker is only a courier. What it loses the relay sends again; what it brings twice is begun once (see claims). So Dramatiq's
own retries, age limits and results stay off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import dramatiq
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AsyncIO, Middleware

Deliver = Callable[[UUID, UUID], Awaitable[None]]


def open_broker(url: str, namespace: str, beside: Middleware) -> dramatiq.Broker:
    """The broker that ``url`` names: empty is this process, redis://… and amqp://… are servers.

    ``beside`` lives as long as the worker's event loop: it comes after AsyncIO, so it starts later and ends sooner.
    """
    middleware: list[Middleware] = [AsyncIO(), beside]
    if url.startswith(("redis://", "rediss://")):
        from dramatiq.brokers.redis import RedisBroker

        return RedisBroker(url=url, namespace=namespace, middleware=middleware)  # type: ignore[no-untyped-call]
    if url.startswith(("amqp://", "amqps://")):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, confirm_delivery=True, middleware=middleware)
    return StubBroker(middleware=middleware)


class Courier:
    """The one queue and its one actor on a broker."""

    def __init__(self, broker: dramatiq.Broker, namespace: str, deliver: Deliver) -> None:
        self._broker = broker

        async def carry(event_id: str, token: str) -> None:
            await deliver(UUID(event_id), UUID(token))

        declare = dramatiq.actor(
            actor_name=f"{namespace}.deliver", queue_name=f"{namespace}.events", broker=broker
        )
        self._actor = declare(carry)
        # Brokers keep a connection for each thread that sends, and block while they talk: one thread of its own for both.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="courier")

    async def send(self, ids: Sequence[UUID], token: UUID) -> None:
        """Hand the ids over. Raises the broker's error when it does not take them."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._send, list(ids), token)

    def _send(self, ids: list[UUID], token: UUID) -> None:
        for event_id in ids:
            self._actor.send(str(event_id), str(token))

    def close(self) -> None:
        """End the sending thread and the broker's connections."""
        self._thread.submit(self._broker.close).result()
        self._thread.shutdown()
