"""What tenders refuse, as sentences."""

from collections.abc import Sequence

from marketplace.kernel.errors import Conflict, FieldProblem, InputIsInvalid
from marketplace.procurement.tenders.findings import Finding


class FileIsUnlawful(InputIsInvalid):
    """The linter found what a rule refuses; each finding is told at its field, the first one's article is cited."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__([FieldProblem(one.field, one.code, one.facts) for one in findings])
        self.findings = tuple(findings)
        self.article = next((one.article for one in findings if one.article), None)


class TenderIsPublished(Conflict):
    """What is published changes by an amendment only."""


class TenderIsNotPublished(Conflict):
    """This can be done with a published tender only."""


class TenderIsAwarded(Conflict):
    """After the award a tender is not called off any more."""


class AmendmentIsTooLate(Conflict):
    """The deadline has passed; the file stays as it is."""


class DeadlineMovesForwardOnly(Conflict):
    """An amendment never brings the deadline nearer than it was."""


class AmendmentChangesNothing(Conflict):
    """The draft is the file that is in force."""


class AmendmentAffectsBids(Conflict):
    """What was changed is what bids are made by; it cannot be declared harmless."""


class TenderGoesOn(Conflict):
    """Only a tender that was cancelled, or ended without a result, has a successor."""


class TenderHasASuccessor(Conflict):
    """A tender is followed by one other."""


class EnquiriesAreOver(Conflict):
    """Questions were taken until the moment that the file names."""


class QuestionIsAnswered(Conflict):
    """An answer was given to all; it is not changed any more."""


class TooManyQuestions(Conflict):
    """One organisation asks a bounded number of questions in one tender."""


class TenderHasTooManyDocuments(Conflict):
    """A file has a bounded number of papers."""
