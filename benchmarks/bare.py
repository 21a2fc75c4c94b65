"""The fixed thing to compare pages with: a Starlette application that answers with so many bytes and does nothing else.

`python -m benchmarks.bare --port 0` serves it as `marketplace serve` serves the house.
"""

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketplace.cli import serving


async def _so_many_bytes(request: Request) -> Response:
    return Response(b"x" * request.path_params["size"], media_type="text/html")


async def _ready(_request: Request) -> Response:
    return Response(b"ready")


def create() -> Starlette:
    """The application."""
    return Starlette(
        routes=[Route("/readyz", _ready), Route("/{size:int}", _so_many_bytes, methods=["GET", "POST"])]
    )


def main() -> int:
    listening = serving.bind("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1]))
    print(f"Serving at {serving.address_of(listening)}", flush=True)
    serving.serve_until_stopped(listening, "benchmarks.bare:create")
    return 0


if __name__ == "__main__":
    sys.exit(main())
