"""Every component on one page, with a form that was refused: for the eye and for tests, never shipped.

``python -m tests.web.gallery`` serves it, so that it can be looked at with any browser.
"""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketplace.bootstrap import House
from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from marketplace.kernel.locale import LOCALES
from marketplace.kernel.pagination import Page
from web.app import create_app
from web.forms import blank_form
from web.templating import environment, render

TEMPLATES = Path(__file__).parent / "templates"


def with_gallery(house: House) -> Starlette:
    """The real site with ``/gallery`` added."""
    for locale in LOCALES:
        real = environment(locale)
        assert real.loader is not None
        real.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), real.loader])
    app = create_app(house)
    app.router.routes.insert(0, Route("/gallery", show_gallery, name="gallery"))
    return app


async def show_gallery(request: Request) -> Response:
    form = blank_form(
        request, {"title": "陪老人就医", "capacity": 0, "skills": ["b"], "approval": "now", "is_risky": True}
    )
    form.refuse(
        InputIsInvalid(
            [FieldProblem("risks", "missing", {}), FieldProblem("capacity", "greater_than_equal", {"ge": 1})]
        )
    )
    context = {
        "form": form,
        "page": Page(rows=[1, 2], cursors=["a", "b"], has_next=True),
        "starts": datetime(2026, 11, 22, 6, tzinfo=UTC),
        "ends": datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
    }
    return render(request, "gallery.html", context, form.status)


if __name__ == "__main__":
    import tempfile

    import uvicorn

    from marketplace.bootstrap import open_house
    from marketplace.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        house = open_house(Settings(_env_file=None, data_folder=Path(folder), secret="gallery-only-" * 4))
        uvicorn.run(with_gallery(house), port=8765, log_level="warning")
