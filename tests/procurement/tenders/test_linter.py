"""The linter: a lawful file is clean, each unlawful one is found with its field and article, and its fix makes it clean again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from marketplace.kernel.clock import SHANGHAI
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import LOCALES
from marketplace.procurement.profiles import Procedure, Profile
from marketplace.procurement.profiles import shipped as shipped_profile
from marketplace.procurement.tenders import linter
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
from marketplace.procurement.tenders.findings import Finding, mended
from marketplace.procurement.tenders.linted import Known
from marketplace.procurement.working_days import shipped as shipped_calendar
from tests import buying, city

_CALENDAR = shipped_calendar()
_PROFILES = {one: shipped_profile(one) for one in Procedure}
_WHOLE = Known(
    categories=frozenset({"elderly_care"}),
    areas=frozenset({city.JIANGSU_ROAD}),
    buyer_area=city.JIANGSU_ROAD,
    is_on_a_list=True,
    announced_on=date(2026, 9, 1),
    budget_fen=buying.CEILING,
)


def _at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=SHANGHAI)


def _file(**changes: Any) -> TenderFile:
    session: Any = SimpleNamespace(now=lambda: city.NOW)
    return buying.file(session, **changes)


def _found(file: TenderFile, procedure: Procedure = Procedure.OPEN_TENDER, **given: Any) -> list[Finding]:
    profile: Profile = _PROFILES[procedure]
    return linter.findings(file, profile, _CALENDAR, city.NOW, **given)


def _criterion(**changes: Any) -> Criterion:
    return _file().criteria[1].model_copy(update=changes)


def _with_price(weight: int) -> tuple[Criterion, ...]:
    price, plan, team = _file().criteria
    rest = 100 - weight - team.weight
    return (
        price.model_copy(update={"weight": weight}),
        plan.model_copy(update={"weight": rest}),
        team,
    )


def _weighted(*weights: int) -> tuple[Criterion, ...]:
    pairs = zip(_file().criteria, weights, strict=True)
    return tuple(one.model_copy(update={"weight": weight}) for one, weight in pairs)


def _quality(**changes: Any) -> tuple[Criterion, ...]:
    price, _plan, team = _file().criteria
    return price, _criterion(**changes), team


def _scale(*points: int) -> tuple[ScaleStep, ...]:
    return tuple(ScaleStep(points=one, description=f"满足第{one}档的各项要求") for one in points)


def _scored(best: str, worst: str) -> tuple[ScaleStep, ...]:
    return ScaleStep(points=100, description=best), ScaleStep(points=0, description=worst)


def _condition(text: str, key: str = "registered") -> Condition:
    return Condition(key=key, kind=ConditionKind.OTHER, text=text)


def _milestone(share: int, due_on: date = date(2027, 6, 30)) -> PlannedMilestone:
    return PlannedMilestone(title="完成", deliverable="全部服务", due_on=due_on, share=share)


Change = dict[str, Any]
CASES: list[tuple[str, str, str | None, Change, Change]] = [
    # code, field, a part of the article, what is unlawful, what the fix says to do
    ("lint_weights_under", "criteria", "第五十五条", {"criteria": _weighted(50, 30, 19)}, {"criteria": _weighted(50, 30, 20)}),
    ("lint_weights_over", "criteria", "第五十五条", {"criteria": _weighted(50, 31, 20)}, {"criteria": _weighted(50, 30, 20)}),
    ("lint_price_weight_low", "criteria.0.weight", "第五十五条", {"criteria": _with_price(8)}, {"criteria": _with_price(10)}),
    ("lint_price_missing", "criteria", "第五十五条", {"criteria": (_criterion(weight=100),)}, {}),
    ("lint_price_twice", "criteria", "第五十五条", {"criteria": (*_weighted(20, 30, 30), Criterion(key="again", kind=CriterionKind.PRICE, name="报价", weight=20))}, {}),
    ("lint_weight_zero", "criteria.1.weight", "第五十五条", {"criteria": _weighted(70, 0, 30)}, {}),
    ("lint_unquantified", "criteria.1.scale", "第五十五条", {"criteria": _quality(scale=())}, {}),
    ("lint_scale_ends", "criteria.1.scale", "第五十五条", {"criteria": _quality(scale=_scale(90, 0))}, {"criteria": _quality(scale=_scale(100, 0))}),
    ("lint_scale_points_twice", "criteria.1.scale", "第五十五条", {"criteria": _quality(scale=_scale(100, 100, 0))}, {}),
    ("lint_scale_vague", "criteria.1.scale", "第五十五条", {"criteria": _quality(scale=(ScaleStep(points=100, description="优"), ScaleStep(points=0, description="差")))}, {}),
    ("lint_condition_scored", "criteria.1.name", "第五十五条", {"criteria": _quality(name="社会组织登记"), "conditions": (_condition("社会组织登记证书"),)}, {"conditions": (_condition("未被列入失信名单"),)}),
    ("lint_ratings_unquantified", "criteria.1.scale", "第五十五条", {"criteria": _quality(name="居民评价", scale=_scored("评价很高", "评价很低"))}, {"criteria": _quality(name="居民评价", scale=_scored("公开评价卡区间下限不低于 4.5", "低于 4.5 或尚无公布评分"))}),
    ("lint_ratings_unquantified", "criteria.1.scale", "第五十五条", {"criteria": _quality(description="参考本平台用 户 评 价")}, {}),
    ("lint_ratings_unquantified", "criteria.1.scale", "第五十五条", {"criteria": _quality(name="Scorecard", scale=_scored("a good one", "none"))}, {"criteria": _quality(name="Scorecard", scale=_scored("lower end at least 4.5", "less"))}),
    ("lint_ratings_unquantified", "criteria.1.scale", "第五十五条", {"criteria": _quality(scale=_scored("满意度评分名列前茅", "其他"))}, {}),
    ("lint_ratings_as_condition", "conditions.0.text", "第五十五条", {"conditions": (_condition("公开评价卡评价得分不低于4.5分"),)}, {}),
    ("lint_ratings_as_condition", "conditions.0.text", "第五十五条", {"conditions": (_condition("Users' ratings above 4.5"),)}, {}),
    ("lint_size", "criteria.1.name", "第十七条", {"criteria": _quality(name="注册资本")}, {}),
    ("lint_size", "criteria.1.name", "第十七条", {"criteria": _quality(description="近三年年收入不低于五百万元")}, {}),
    ("lint_size", "conditions.0.text", "第十七条", {"conditions": (_condition("从业人员不少于五十人"),)}, {}),
    ("lint_size", "conditions.0.text", "第十七条", {"conditions": (_condition("Total assets above 5 million yuan"),)}, {}),
    ("lint_size", "conditions.0.text", "第十七条", {"conditions": (_condition("注 册 资 金五百万元以上"),)}, {}),
    ("lint_size", "conditions.0.text", "第十七条", {"conditions": (_condition("上年度纳税额十万元以上"),)}, {}),
    ("lint_size", "conditions.0.text", "第十七条", {"conditions": (_condition("近两年净利润为正"),)}, {}),
    ("lint_key_twice", "conditions", None, {"conditions": (_condition("甲条件"), _condition("乙条件"))}, {}),
    ("lint_problem_missing", "problem", "第十五条", {"problem": None}, {}),
    ("lint_users_missing", "users", "第十五条", {"users": None}, {}),
    ("lint_description_missing", "description", None, {"description": None}, {}),
    ("lint_standards_missing", "standards", "第五十五条", {"standards": None}, {}),
    ("lint_acceptance_missing", "acceptance", "第四十五条", {"acceptance": None}, {}),
    ("lint_official_notice_missing", "official_notice_url", None, {"official_notice_url": None}, {}),
    ("lint_category_missing", "category_code", None, {"category_code": None}, {}),
    ("lint_unknown_category", "category_code", None, {"category_code": "nonsense"}, {}),
    ("lint_unknown_area", "area_code", None, {"area_code": "310999000000"}, {}),
    ("lint_lots_missing", "lots", None, {"lots": 0}, {}),
    ("lint_lot_number_twice", "lots", None, {"lots": ("two", 1, 1)}, {"lots": ("two", 1, 2)}),
    ("lint_ceiling_missing", "lots.0.ceiling_fen", None, {"lots": ("lot", {"ceiling_fen": 0})}, {}),
    ("lint_items_missing", "lots.0.items", None, {"lots": ("lot", {"items": ()})}, {}),
    ("lint_lot_ends_first", "lots.0.ends_on", None, {"lots": ("lot", {"ends_on": date(2027, 1, 31)})}, {}),
    ("lint_lot_starts_early", "lots.0.starts_on", None, {"lots": ("lot", {"starts_on": date(2026, 12, 22)})}, {}),
    ("lint_contract_too_long", "lots.0.ends_on", "第102号", {"lots": ("lot", {"ends_on": date(2030, 2, 1)})}, {"lots": ("lot", {"ends_on": date(2030, 1, 31)})}),
    ("lint_currencies", "lots", None, {"lots": ("currencies",)}, {}),
    ("lint_milestones_missing", "milestones", None, {"milestones": ()}, {}),
    ("lint_milestone_shares", "milestones", None, {"milestones": (_milestone(90),)}, {"milestones": (_milestone(100),)}),
    ("lint_deadline_early", "submissions_end_at", "第三十五条", {"submissions_end_at": _at(date(2026, 12, 11))}, {"submissions_end_at": _at(date(2026, 12, 14))}),
    ("lint_deadline_missing", "submissions_end_at", "第三十五条", {"submissions_end_at": None}, {}),
    ("lint_deadline_day_off", "submissions_end_at", None, {"submissions_end_at": _at(date(2026, 12, 19))}, {"submissions_end_at": _at(date(2026, 12, 21))}),
    ("lint_enquiries_missing", "enquiries_end_at", "第十八条", {"enquiries_end_at": None}, {}),
    ("lint_enquiries_early", "enquiries_end_at", "第十八条", {"enquiries_end_at": _at(date(2026, 11, 26))}, {"enquiries_end_at": _at(date(2026, 11, 27))}),
    ("lint_enquiries_late", "enquiries_end_at", "第十八条", {"enquiries_end_at": _at(date(2026, 12, 30))}, {}),
    ("lint_panel", "panel_size", "第四十七", {"panel_size": 6}, {"panel_size": 7}),
    ("lint_panel", "panel_size", "第四十七", {"panel_size": 3}, {"panel_size": 5}),
    ("lint_framework_unwanted", "framework", None, {"framework": FrameworkTerms(most_suppliers=3, ways=(CallOffWay.DIRECT,))}, {}),
]  # fmt: skip


def _made(change: Change) -> TenderFile:
    lots = change.get("lots")
    if lots == 0:
        return _file(**{**change, "lots": 0})
    if not lots:
        return _file(**change)
    kind, *rest = lots
    rows: Callable[[], tuple[Any, ...]] = {
        "two": lambda: tuple(buying.lot(number) for number in rest),
        "lot": lambda: (buying.lot(1, **rest[0]),),
        "currencies": lambda: (buying.lot(1), buying.lot(2, currency="USD")),
    }[kind]
    return _file(**{name: value for name, value in change.items() if name != "lots"}).model_copy(
        update={"lots": rows()}
    )


def test_the_lawful_file_of_the_tests_is_clean() -> None:
    assert _found(_file(), known=_WHOLE) == []


@pytest.mark.parametrize(("code", "field", "article", "change", "fix"), CASES)
def test_an_unlawful_file_is_found_and_its_fix_makes_it_clean(
    code: str, field: str, article: str | None, change: Change, fix: Change
) -> None:
    file = _made(change)
    found = {(one.code, one.field): one for one in _found(file, known=_WHOLE)}
    finding = found.get((code, field))
    assert finding is not None and finding.refuses, found
    if article:
        assert article in (finding.article or "")
    if finding.change is not None:
        file = mended(file, finding)
    else:
        file = _made({**{name: value for name, value in change.items() if name in fix}, **fix})
    assert (code, field) not in {(one.code, one.field) for one in _found(file, known=_WHOLE) if one.refuses}
    assert linter.is_clean(_found(file, known=_WHOLE))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("code", "field", "change"), [(one[0], one[1], one[3]) for one in CASES])
def test_every_finding_and_its_fix_have_words_with_their_facts(
    locale: str, code: str, field: str, change: Change
) -> None:
    (finding, *_) = [
        one for one in _found(_made(change), known=_WHOLE) if (one.code, one.field) == (code, field)
    ]
    for key in (f"field.{code}", f"fix.{code}"):
        said = sentence(locale, key, finding.facts)
        assert said != key and "%(" not in said and "%%" not in said


def test_the_fix_names_the_earliest_lawful_day_of_the_calendar_of_working_days() -> None:
    early = _file(submissions_end_at=_at(date(2026, 12, 1)))
    (finding, *_) = [one for one in _found(early) if one.code == "lint_deadline_early"]
    # Twenty days from Sunday 22 November end on Saturday 12 December, so on Monday 14.
    assert finding.facts["day"] == date(2026, 12, 14)
    assert mended(early, finding).submissions_end_at == _at(date(2026, 12, 14))
    assert "Mon 14 Dec" in sentence("en", "fix.lint_deadline_early", finding.facts)


def test_procedures_have_their_own_bounds() -> None:
    dear = _file(criteria=_with_price(40))
    assert "lint_price_weight_high" in {one.code for one in _found(dear, Procedure.COMPETITIVE_CONSULTATION)}
    assert "lint_price_weight_high" not in {one.code for one in _found(dear, Procedure.OPEN_TENDER)}
    soon = _file(submissions_end_at=_at(date(2026, 12, 7)), enquiries_end_at=_at(date(2026, 11, 27)))
    assert "lint_deadline_early" not in {one.code for one in _found(soon, Procedure.COMPETITIVE_CONSULTATION)}
    assert "lint_deadline_early" in {one.code for one in _found(soon, Procedure.OPEN_TENDER)}


def test_a_framework_has_terms_and_lasts_two_years_at_most() -> None:
    terms = FrameworkTerms(most_suppliers=3, ways=(CallOffWay.ROTATION,))
    long = _made({"lots": ("lot", {"ends_on": date(2029, 2, 1)}), "framework": terms, "milestones": ()})
    assert {one.code for one in _found(long, Procedure.FRAMEWORK) if one.refuses} == {
        "lint_framework_too_long"
    }
    without = _found(_file(), Procedure.FRAMEWORK)
    assert "lint_framework_missing" in {one.code for one in without if one.refuses}


def test_a_large_tender_has_a_larger_panel() -> None:
    large = _made({"lots": ("lot", {"ceiling_fen": 10**9}), "panel_size": 5})
    (finding,) = [one for one in _found(large) if one.refuses]
    assert finding.facts["wanted"] == 7


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (replace(_WHOLE, is_on_a_list=False, announced_on=None), "lint_not_on_a_list"),
        (replace(_WHOLE, announced_on=None), "lint_list_not_final"),
        (replace(_WHOLE, announced_on=date(2026, 11, 10)), "lint_announced_late"),
        (replace(_WHOLE, budget_fen=buying.CEILING - 1), "lint_over_budget"),
    ],
)
def test_what_an_officer_should_think_about_is_advised_and_refuses_nothing(known: Known, code: str) -> None:
    found = _found(_file(), known=known)
    assert [one.code for one in found] == [code]
    assert linter.is_clean(found)


def test_words_that_only_look_like_size_are_left_alone() -> None:
    harmless = "依法缴纳税收和社会保险；非营利组织；项目团队人员持证上岗；non-profit organisations"
    file = _file(conditions=(_condition(harmless),))
    assert "lint_size" not in {one.code for one in _found(file)}


def test_an_area_beyond_the_buyers_is_refused() -> None:
    known = replace(_WHOLE, areas=frozenset({city.JIANGSU_ROAD, city.TIANPING}))
    found = _found(_file(area_code=city.TIANPING), known=known)
    assert ("lint_area_beyond_buyer", "area_code") in {(one.code, one.field) for one in found}


def test_periods_of_a_published_file_are_counted_from_its_publication() -> None:
    later = city.NOW + timedelta(days=20)
    file = _file()
    profile = _PROFILES[Procedure.OPEN_TENDER]
    assert not linter.is_clean(linter.findings(file, profile, _CALENDAR, later))
    assert linter.is_clean(linter.findings(file, profile, _CALENDAR, later, issued_at=city.NOW))
    assert later.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("submissions_end_at", "9999-12-31T23:59:00Z"),
        ("enquiries_end_at", "0001-01-01T00:00:00+08:00"),
        ("submissions_end_at", "2026-12-22T10:00:00"),
    ],
)
def test_a_moment_out_of_our_time_or_without_a_zone_is_refused(name: str, value: str) -> None:
    with pytest.raises(InputIsInvalid) as refusal:
        read(TenderFile, {**_file().plain(), name: value})
    assert [one.field for one in refusal.value.problems] == [name]
