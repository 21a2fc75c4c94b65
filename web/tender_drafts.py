"""What the pages that write a tender share: its draft for those who may, and what the linter found in words."""

from functools import partial
from typing import Any

from starlette.requests import Request

from marketplace.db.session import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.local_forms import sentence
from marketplace.procurement.tenders import (
    queries,
)
from marketplace.procurement.tenders.file import TenderFile
from marketplace.procurement.tenders.findings import Finding
from marketplace.procurement.tenders.queries import TenderDetails
from web.tender_form import STEPS
from web.visit import locale_of, path_id, viewer_of


async def draft_of(session: Session, request: Request) -> tuple[TenderDetails, TenderFile]:
    """The draft for an officer of its buyer. Raises SignInNeeded, NotFound."""
    viewer = viewer_of(request)
    viewer.signed_in()
    details, file = await queries.draft(session, viewer, path_id(request, "tender_id"))
    if not details.is_managed:
        raise NotFound()
    return details, file


def findings_told(request: Request, found: list[Finding]) -> list[dict[str, Any]]:
    """Findings as the page shows them, with the page of the form that mends each."""
    locale = locale_of(request)
    say = partial(sentence, locale)
    return [
        {
            "code": one.code,
            "field": one.field,
            "refuses": one.refuses,
            "said": say(f"field.{one.code}", one.facts),
            "fix": say(f"fix.{one.code}", one.facts),
            "article": one.article,
            "can_be_mended": one.change is not None,
            "step": next((step.name for step in STEPS if one.field.partition(".")[0] in step.parts), STEPS[0].name),
        }
        for one in found
    ]  # fmt: skip
