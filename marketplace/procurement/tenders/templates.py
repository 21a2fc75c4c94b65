"""What a draft begins with: few criteria with quantified scales, the usual conditions, milestones; to be changed, not to be accepted."""

from datetime import date, timedelta

from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders.file import (
    CallOffWay,
    Condition,
    ConditionKind,
    Criterion,
    CriterionKind,
    FrameworkTerms,
    PlannedMilestone,
    ScaleStep,
    TenderFile,
)

PRICE_WEIGHT = 20


def begun(title: str, area_code: str, procedure: Procedure) -> TenderFile:
    """A file with everything that does not depend on what is bought."""
    return TenderFile(
        title=title,
        area_code=area_code,
        conditions=conditions(),
        criteria=criteria(),
        framework=FrameworkTerms(most_suppliers=3, ways=(CallOffWay.DIRECT,))
        if procedure is Procedure.FRAMEWORK
        else None,
    )


def conditions() -> tuple[Condition, ...]:
    """What the law asks of every supplier (采购法 article 22)."""
    return (
        Condition(
            key="registered",
            kind=ConditionKind.REGISTERED,
            text="依法登记、能够独立承担民事责任的社会组织或其他组织",
            proof="登记证书",
        ),
        Condition(
            key="clean_record",
            kind=ConditionKind.EXCLUSION,
            text="近三年内因违法经营受过刑事处罚，或被列入严重违法失信名单",
            proof="书面声明",
        ),
    )


def criteria() -> tuple[Criterion, ...]:
    """Price and three of quality, each along a scale that says what is seen."""
    return (
        Criterion(key="price", kind=CriterionKind.PRICE, name="价格", weight=PRICE_WEIGHT),
        Criterion(
            key="plan",
            kind=CriterionKind.QUALITY,
            name="服务方案",
            description="方案是否回应采购需求中列明的问题与服务对象。",
            weight=40,
            scale=_scale(
                "逐条回应需求，每项服务写明频次、时长、人员与检查办法",
                "回应全部需求，个别服务未写明频次或检查办法",
                "只回应部分需求",
                "未提供方案",
            ),
        ),
        Criterion(
            key="team",
            kind=CriterionKind.QUALITY,
            name="项目团队",
            description="派到本项目的人员的资格与经验，以证书和服务记录为准。",
            weight=25,
            scale=_scale(
                "项目负责人有三年以上同类服务经验，服务人员全部持有相应证书",
                "项目负责人有一年以上同类服务经验，八成以上服务人员持有相应证书",
                "项目负责人有同类服务经验，半数以上服务人员持有相应证书",
                "以上均不具备",
            ),
        ),
        Criterion(
            key="quality_control",
            kind=CriterionKind.QUALITY,
            name="质量与安全保障",
            description="投诉处理、应急处置与服务对象意见的收集。",
            weight=15,
            scale=_scale(
                "写明投诉处理时限、应急流程与责任人，并按月收集服务对象意见",
                "写明投诉处理时限与应急流程",
                "只写明其中一项",
                "均未写明",
            ),
        ),
    )


def milestones(starts_on: date, ends_on: date) -> tuple[PlannedMilestone, ...]:
    """A beginning, a middle and an end, a third of the time each."""
    length = max((ends_on - starts_on).days, 3)
    first, second = (starts_on + timedelta(days=length * part // 3) for part in (1, 2))
    return (
        PlannedMilestone(title="启动", deliverable="完成服务对象确认与人员到位", due_on=first, share=30),
        PlannedMilestone(title="中期", deliverable="完成过半服务量，提交中期报告", due_on=second, share=40),
        PlannedMilestone(title="完成", deliverable="完成全部服务量，提交总结报告", due_on=ends_on, share=30),
    )


def _scale(full: str, most: str, part: str, nothing: str) -> tuple[ScaleStep, ...]:
    return tuple(
        ScaleStep(points=points, description=text)
        for points, text in ((100, full), (70, most), (40, part), (0, nothing))
    )
