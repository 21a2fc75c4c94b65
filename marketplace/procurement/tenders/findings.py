"""What the linter says: one fault of a file with its place, its article, and how it is mended."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketplace.catalogue.rules import RuleInForce
from marketplace.procurement.tenders.file import TenderFile


class Severity(StrEnum):
    """``refuse``: such a file is not published. ``advise``: the officer reads it and decides. Words: ``severity.<value>``."""

    REFUSE = "refuse"
    ADVISE = "advise"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. What is wrong is told by ``field.<code>``, the mending by ``fix.<code>``, both with ``facts``.

    ``field`` is the path in the file, as a refused input names its fields. ``change`` holds new values of fields of the file that
    mend it where that needs no judgement, else nothing.
    """

    code: str
    field: str
    severity: Severity = Severity.REFUSE
    article: str | None = None
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    change: Mapping[str, Any] | None = None

    @property
    def refuses(self) -> bool:
        return self.severity is Severity.REFUSE


def refused(code: str, field: str, rule: RuleInForce | None = None, /, **facts: Any) -> Finding:
    """A finding with which the file cannot be published."""
    return Finding(code, field, Severity.REFUSE, rule.article if rule else None, facts)


def advised(code: str, field: str, rule: RuleInForce | None = None, /, **facts: Any) -> Finding:
    """A finding that an officer may decide to live with."""
    return Finding(code, field, Severity.ADVISE, rule.article if rule else None, facts)


def mended(file: TenderFile, finding: Finding) -> TenderFile:
    """The file with the finding's own change made; the same file where it has none."""
    if finding.change is None:
        return file
    return TenderFile.model_validate({**file.plain(), **finding.change})
