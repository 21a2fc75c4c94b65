"""Questions about tenders in the graph. The asker is a number, to the buyer too."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.procurement.tenders import question_queries, questions
from marketplace.procurement.tenders.drafts import AnswerDraft, QuestionDraft
from marketplace.procurement.tenders.question_queries import QuestionRow


@node(question_queries.questions_by_ids)
@strawberry.type(description="A question about a tender and its answer for all.")
class Question(Node):
    tender_id: strawberry.ID
    number: int
    asker: int = strawberry.field(
        description="The pseudonym of who asked: the same organisation has the same number within this tender."
    )
    text: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    version: int | None = strawberry.field(description="The version of the file that followed from it.")
    is_mine: bool = strawberry.field(description="Whether an organisation of yours asked.")

    @classmethod
    def of(cls, row: QuestionRow) -> "Question":
        return cls(
            id=global_id("Question", row.id),
            tender_id=global_id("Tender", row.tender_id),
            number=row.number,
            asker=row.asker,
            text=row.text,
            asked_at=row.asked_at,
            answer=row.answer,
            answered_at=row.answered_at,
            version=row.version,
            is_mine=row.is_mine,
        )


@strawberry.input
class AskQuestionInput:
    tender_id: strawberry.ID
    organisation_id: strawberry.ID = strawberry.field(description="Yours, for which you ask.")
    text: str
    idempotency_key: str = strawberry.field(
        description="Of your choice, new for each question; repeated, it gives the first answer."
    )


@strawberry.input
class AnswerQuestionInput:
    question_id: strawberry.ID
    answer: str = strawberry.field(description="For everybody to read; it is not changed afterwards.")
    version: int | None = strawberry.field(
        default=None, description="The amendment that followed from the question."
    )


@strawberry.type(description="The question as it is now.")
class ChangedQuestion:
    question: Question


QuestionResult: TypeAlias = Annotated[ChangedQuestion | Problems, strawberry.union("QuestionResult")]


@strawberry.type
class TenderQuestionMutations:
    @strawberry.mutation(
        description="As an organisation's manager: ask about a tender until its enquiries end."
    )
    async def ask_question(self, info: Info, input: AskQuestionInput) -> QuestionResult:
        fields = given(input)
        tender_id = key_of("Tender", fields.pop("tender_id"))
        fields["organisation_id"] = key_of("Organisation", fields["organisation_id"])
        asked = await info.context.do(questions.ask, tender_id, read(QuestionDraft, fields))
        return ChangedQuestion(question=await must_fetch(info.context, Question, asked))

    @strawberry.mutation(description="As the buyer's officer: answer a question to all, once.")
    async def answer_question(self, info: Info, input: AnswerQuestionInput) -> QuestionResult:
        fields = given(input)
        question_id = key_of("Question", fields.pop("question_id"))
        await info.context.do(questions.answer, question_id, read(AnswerDraft, fields))
        return ChangedQuestion(question=await must_fetch(info.context, Question, question_id))
