"""The tender of a release: the file in force in the standard's words, its amendments, questions, and after the opening its bids."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from marketplace.kernel.clock import day_starts
from marketplace.opendata.codelists import Method
from marketplace.opendata.facts import TenderFacts, suppliers_of
from marketplace.opendata.kinds import moment, texts, yuan
from marketplace.opendata.parties import Parties
from marketplace.opendata.parts import (
    Amendment,
    Classification,
    Document,
    Item,
    Milestone,
    OrganizationReference,
    Period,
    Unit,
    Value,
)
from marketplace.opendata.publishing import Publisher
from marketplace.opendata.release import Enquiry, Lot, Tender
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import states
from marketplace.procurement.tenders.file import CriterionKind, FileLot, TenderFile

LANGUAGE: Final = "zh"
TAG_SCHEME: Final = "WUSHE"
_METHODS: dict[str, tuple[Method, str]] = {
    Procedure.OPEN_TENDER: ("open", "公开招标"),
    Procedure.COMPETITIVE_CONSULTATION: ("selective", "竞争性磋商"),
    Procedure.FRAMEWORK: ("selective", "框架协议采购"),
    Procedure.BELOW_THRESHOLD: ("limited", "限额标准以下采购"),
}


def tender_part(facts: TenderFacts, parties: Parties, publisher: Publisher, now: datetime) -> Tender:
    """The tender as it stands."""
    row, file = facts.tender, facts.file
    method, method_name = _METHODS[row.procedure]
    bidders = [
        parties.organisation(one, "tenderer")
        for one in dict.fromkeys(one for bid in facts.bids.bids for one in suppliers_of(bid))
    ]
    return Tender(
        id=str(row.id),
        title=row.title,
        description=texts(file.problem, file.users, file.description, file.standards, file.acceptance),
        status=states.status(row, now).value,
        procuring_entity=parties.buyer(facts.buyer, "procuringEntity"),
        items=list(items(facts)),
        value=_ceiling(file),
        procurement_method=method,
        procurement_method_details=method_name,
        main_procurement_category="services",
        award_criteria="ratedCriteria",
        award_criteria_details=texts(*_criteria(file)),
        submission_method=["electronicSubmission"],
        submission_method_details=publisher.page(f"/buying/tenders/{row.id}"),
        tender_period=span(row.published_at, row.submissions_end_at),
        enquiry_period=span(row.published_at, row.enquiries_end_at),
        has_enquiries=bool(facts.questions),
        eligibility_criteria=texts(*(_with_proof(one.text, one.proof) for one in file.conditions)),
        contract_period=_contract_period(file),
        number_of_tenderers=number_of_bids(facts),
        tenderers=bidders,
        documents=list(_documents(facts, publisher)),
        milestones=list(_suspensions(facts)),
        amendments=list(_amendments(facts)),
        lots=list(_lots(facts, now)),
        enquiries=list(_enquiries(facts)),
    )


def items(facts: TenderFacts) -> Iterator[Item]:
    """The items of every lot. What an older version of the file had and this one has not is told with quantity 0, for it
    stays in the record otherwise."""
    told = set()
    for place, file in enumerate(reversed(facts.files)):
        for lot in file.lots:
            for number, item in enumerate(lot.items, 1):
                key = f"{lot.id}-{number}"
                if key not in told:
                    told.add(key)
                    yield Item(
                        id=key,
                        description=item.description,
                        classification=_classification(facts),
                        quantity=item.quantity if place == 0 else 0,
                        unit=Unit(name=item.unit),
                        related_lot=str(lot.id),
                    )


def _classification(facts: TenderFacts) -> Classification | None:
    tag = facts.category
    return Classification(scheme=TAG_SCHEME, id=tag.code, description=tag.name_zh) if tag else None


def number_of_bids(facts: TenderFacts) -> int | None:
    """How many bids came; None before the opening."""
    return None if facts.tender.opened_at is None else len(facts.bids.bids)


def _lots(facts: TenderFacts, now: datetime) -> Iterator[Lot]:
    described = {lot.id: lot for file in facts.files for lot in file.lots}
    for row in facts.lots:
        written = described.get(row.id)
        yield Lot(
            id=str(row.id),
            title=row.title,
            description=written.description if written else None,
            status=states.lot_status(row, facts.tender, now).value,
            value=money(row.ceiling_fen, row.currency),
            contract_period=days(row.starts_on, row.ends_on),
        )


def _enquiries(facts: TenderFacts) -> Iterator[Enquiry]:
    """Answered questions. The asker is a number of this tender, so it has a name and no id among the parties."""
    for question, asker in facts.questions:
        yield Enquiry(
            id=str(question.id),
            date=moment(question.asked_at),
            author=OrganizationReference(name=f"提问单位 {asker}"),
            description=question.text,
            answer=question.answer,
            date_answered=moment(question.answered_at) if question.answered_at else None,
        )


def _amendments(facts: TenderFacts) -> Iterator[Amendment]:
    for version in facts.versions[1:]:
        yield Amendment(
            id=str(version.number),
            date=moment(version.published_at),
            rationale=version.reason,
            description="已提交的投标须重新确认。" if version.voids_bids else None,
        )
    if facts.tender.cancelled_at is not None:
        yield Amendment(
            id="cancellation",
            date=moment(facts.tender.cancelled_at),
            rationale=facts.tender.cancellation_reason,
        )


def _suspensions(facts: TenderFacts) -> Iterator[Milestone]:
    for one in facts.suspensions:
        yield Milestone(
            id=f"suspension-{one.id}",
            title="采购活动暂停",
            type="assessment",
            description=one.reason,
            due_date=moment(one.ends_at),
            date_met=moment(one.lifted_at) if one.lifted_at else None,
            date_modified=moment(one.lifted_at or one.suspended_at),
            status="met" if one.lifted_at else "scheduled",
        )


def _documents(facts: TenderFacts, publisher: Publisher) -> Iterator[Document]:
    """Every version of the file with its hash, its papers with theirs, the official notice, and the record of the opening."""
    page = publisher.page(f"/buying/tenders/{facts.tender.id}")
    for version in facts.versions:
        yield Document(
            id=f"file-{version.number}",
            document_type="tenderNotice" if version.number == 1 else "clarifications",
            title=f"采购文件 第 {version.number} 版",
            url=page,
            date_published=moment(version.published_at),
            format="text/html",
            language=LANGUAGE,
            content_hash=sha256(version.content_hash),
        )
    yield from official_notice(facts.file)
    papers = {paper.id: paper for file in facts.files for paper in file.documents}
    for paper in papers.values():
        yield Document(
            id=str(paper.id),
            document_type="biddingDocuments",
            title=paper.title,
            url=publisher.page(f"/buying/papers/{paper.id}"),
            content_hash=sha256(paper.sha256),
        )
    if facts.bids.opening is not None:
        yield Document(
            id="opening",
            document_type="bidders",
            title="开标记录",
            url=f"{page}/opening",
            date_published=moment(facts.bids.opening.opened_at),
            format="text/html",
            language=LANGUAGE,
            content_hash=sha256(facts.bids.opening.record_hash),
        )


def official_notice(file: TenderFile) -> Iterator[Document]:
    """The notice in the medium that the law names. We are not one, so every part of a release leads there."""
    if file.official_notice_url:
        yield Document(
            id="official-notice",
            document_type="tenderNotice",
            title="法定媒体公告",
            url=file.official_notice_url,
        )


def _criteria(file: TenderFile) -> Iterator[str]:
    for one in file.criteria:
        lines = [f"{one.name}：权重 {one.weight}%"]
        if one.description:
            lines.append(one.description)
        if one.kind is CriterionKind.PRICE:
            lines.append("最低有效报价 ÷ 报价 × 100")
        lines += [f"{step.points} 分：{step.description}" for step in one.scale]
        yield "\n".join(lines)


def _with_proof(text: str, proof: str | None) -> str:
    return f"{text}（{proof}）" if proof else text


def _ceiling(file: TenderFile) -> Value | None:
    currencies = {lot.currency for lot in file.lots}
    return money(file.ceiling_fen, currencies.pop()) if len(currencies) == 1 else None


def _contract_period(file: TenderFile) -> Period | None:
    if not file.lots:
        return None
    return days(min(_starts(lot) for lot in file.lots), max(lot.ends_on for lot in file.lots))


def _starts(lot: FileLot) -> date:
    return lot.starts_on


def money(fen: int, currency: str) -> Value:
    """An amount of our tables."""
    return Value(amount=yuan(fen), currency=currency)


def span(start: datetime | None, end: datetime | None) -> Period | None:
    """From one moment to another, as far as they are known."""
    if start is None and end is None:
        return None
    return Period(start_date=moment(start) if start else None, end_date=moment(end) if end else None)


def days(first: date, last: date) -> Period:
    """From the start of one day to the last second of another, in Shanghai."""
    return Period(
        start_date=moment(day_starts(first)),
        end_date=moment(day_starts(last + timedelta(days=1)) - timedelta(seconds=1)),
    )


def sha256(digest: str) -> str:
    """A hash as our documents carry it."""
    return f"sha256:{digest}"
