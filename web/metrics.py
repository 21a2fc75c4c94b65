"""Metrics of this process, and one line in the log for every request: by route, never by the address that was asked for.

Each process counts for itself and answers `/metrics` for itself: behind a proxy, scrape every process at its own address. The
outbox's figures come from the shared database and are the same everywhere, so take their maximum, not their sum.
Labels are routes, methods and statuses; nothing in them names a person or a thing.
"""

import time

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.outbox.figures import Figures

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# Asked for every few seconds by machines; counted, but not worth a line each.
_UNLOGGED = frozenset({"/livez", "/readyz", "/metrics", "/static"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN_ROUTE = "none"
_log = structlog.get_logger(__name__)


class Metrics:
    """The numbers of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Histogram(
            "wushe_request_seconds",
            "Time from a request to the end of its answer.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._database_up = self._gauge("wushe_database_up", "1 while the database answers.")
        self._open = self._gauge("wushe_outbox_open_events", "Events that wait to be delivered.")
        self._dead = self._gauge("wushe_outbox_dead_events", "Events that failed eight times.")
        self._oldest = self._gauge(
            "wushe_outbox_oldest_seconds", "How long the oldest event that could go has waited."
        )
        self._workers = self._gauge("wushe_workers_alive", "Workers with a fresh heartbeat.")

    def _gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(name, help_text, registry=self.registry)

    def note(self, found: Figures | None) -> None:
        """Take over the outbox's figures; None says that the database did not answer, and leaves the last ones."""
        self._database_up.set(found is not None)
        if found is not None:
            self._open.set(found.open)
            self._dead.set(found.dead)
            self._oldest.set(found.oldest_seconds)
            self._workers.set(found.workers_alive)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """Middleware, outermost of ours: times every request and writes its line."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # What raises is answered further out, by Starlette's own handler, with 500.
        status = 500
        began = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or UNKNOWN_ROUTE
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).observe(seconds)
        if route not in _UNLOGGED:
            _log.info(
                "request",
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
                request_id=scope.get("state", {}).get("request_id"),
            )
