"""Logs: one structured line an event, for people at a console or as JSON, and no personal data in any of them.

Our own lines, the server's and the libraries' go through the same last steps. Whatever looks like a phone number, an identity
number or an e-mail address is masked wherever it stands, and values under telling names are dropped whole. In JSON an error is
its kind and where it happened, never its message: a database quotes the row that it refuses.
"""

import logging
import logging.config
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from marketplace.settings import Settings

MASK = "***"
_TELLING = re.compile(
    r"(^|_)(phone|mobile|tel|email|mail|name|birth|birthday|address|password|secret|token|code_sent|one_time_code|cookie|authorization)"
    r"(_|$)|^(person|guardian|contact)_?(name|phone)$"
)
# Names of things, not of people: they say which task, logger or route a line is about.
_HARMLESS = frozenset({"logger", "task", "route", "worker", "event", "level", "code"})
_LOOKS_PERSONAL = re.compile(
    r"""
    (?<![\dA-Za-z-])(?:
        (?:\+?86[-\s]?)?1[3-9]\d(?:[-\s]?\d{4}){2}      # a mobile number
      | 0\d{2,3}[-\s]\d{7,8}                             # a landline
      | \d{17}[\dXx]                                     # an identity number
    )(?![\dA-Za-z-])
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                       # an e-mail address
    """,
    re.VERBOSE,
)
_MOST_FRAMES = 12


def masked(value: Any) -> Any:
    """``value`` with everything in it that looks personal masked."""
    if isinstance(value, str):
        return _LOOKS_PERSONAL.sub(MASK, value)
    if isinstance(value, Mapping):
        return {key: MASK if _tells(str(key)) else masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    if isinstance(value, int | float | bool | None):
        return MASK if isinstance(value, int) and _LOOKS_PERSONAL.fullmatch(str(value)) else value
    return _LOOKS_PERSONAL.sub(MASK, str(value))


def _tells(key: str) -> bool:
    return key not in _HARMLESS and bool(_TELLING.search(key.lower()))


def without_personal_data(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The processor that every line passes last."""
    return {
        key: value
        if key in {"exc_info", "_record", "_from_structlog"}
        else MASK
        if _tells(key)
        else masked(value)
        for key, value in line.items()
    }


def errors_in_short(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Replaces ``exc_info`` by the kinds of the error and its causes, and the lines of code it passed. No messages."""
    given = line.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else None
    if error is not None:
        line["error"] = [type(cause).__name__ for cause in _causes(error)]
        line["at"] = _frames(error.__traceback__)
    return line


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return found


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_MOST_FRAMES:]
    return [f"{_in_house(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _in_house(path: str) -> str:
    """The path from its package on: where the house is installed is nobody's business."""
    parts = path.replace("\\", "/").split("/")
    for root in ("site-packages", "marketplace", "matching", "web"):
        if root in parts:
            start = parts.index(root)
            return "/".join(parts[start + (root == "site-packages") :])
    return parts[-1]


def configure(settings: Settings) -> None:
    """Set up logging for this process: once, by the commands that run one."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_logging(settings, shared))


def _last_steps(settings: Settings) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if settings.log_format == "json":
        return [remove_meta, errors_in_short, without_personal_data, structlog.processors.JSONRenderer()]
    # A developer wants the message too; it is masked like everything else.
    return [
        remove_meta,
        structlog.processors.format_exc_info,
        without_personal_data,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def _standard_logging(settings: Settings, shared: list[Processor]) -> dict[str, Any]:
    level = settings.log_level.upper()
    # The libraries explain themselves at length; we hear them from warnings on.
    quiet = {
        name: {"level": "WARNING"} for name in ("dramatiq", "pika", "asyncio", "sqlalchemy", "aiosqlite")
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "ours": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": _last_steps(settings),
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"level": level, "handlers": ["console"]},
        "loggers": {
            **quiet,
            "uvicorn": {"level": level, "handlers": [], "propagate": True},
            "uvicorn.error": {"level": level, "handlers": [], "propagate": True},
            # web.metrics writes one line a request itself: with the route, not the address that was asked for.
            "uvicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
