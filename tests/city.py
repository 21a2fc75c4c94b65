"""The small, fixed city that every test lives in: real areas with their real codes, the shipped catalogue, one clock."""

from datetime import UTC, date, datetime

from sqlalchemy import insert

from marketplace.areas.models import Area, AreaEdition
from marketplace.catalogue import shipped
from marketplace.db.session import Session
from marketplace.delivery.properties import standards
from marketplace.procurement import working_days

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # Sunday 10:00 in Shanghai

CITY = "310000000000"
CHANGNING = "310105000000"
XUHUI = "310104000000"
JIANGSU_ROAD = "310105002000"  # a subdistrict of Changning
HUAYANG = "310105001000"
JIANGSU_COMMUNITY = "310105002003"
HUAYANG_COMMUNITY = "310105001001"
TIANPING = "310104003000"  # a subdistrict of Xuhui
TIANPING_COMMUNITY = "310104003001"

_AREAS = [
    (CITY, "municipality", None, "上海市", "Shanghai", "shanghai", "sh", 121.4737, 31.2304),
    (CHANGNING, "district", CITY, "长宁区", "Changning District", "changning", "cn", 121.424622, 31.220372),
    (XUHUI, "district", CITY, "徐汇区", "Xuhui District", "xuhui", "xh", 121.436128, 31.188464),
    (
        JIANGSU_ROAD,
        "subdistrict",
        CHANGNING,
        "江苏路街道",
        "Jiangsu Road Subdistrict",
        "jiangsulu",
        "jsl",
        None,
        None,
    ),
    (
        HUAYANG,
        "subdistrict",
        CHANGNING,
        "华阳路街道",
        "Huayang Road Subdistrict",
        "huayanglu",
        "hyl",
        None,
        None,
    ),
    (
        TIANPING,
        "subdistrict",
        XUHUI,
        "天平路街道",
        "Tianping Road Subdistrict",
        "tianpinglu",
        "tpl",
        None,
        None,
    ),
    (
        JIANGSU_COMMUNITY,
        "community",
        JIANGSU_ROAD,
        "江苏居委会",
        "Jiangsu Community",
        "jiangsu",
        "js",
        None,
        None,
    ),
    (HUAYANG_COMMUNITY, "community", HUAYANG, "华一居委会", "Huayi Community", "huayi", "hy", None, None),
    (
        TIANPING_COMMUNITY,
        "community",
        TIANPING,
        "上海新村居委会",
        "Shanghai Xincun Community",
        "shanghaixincun",
        "shxc",
        None,
        None,
    ),
]


async def build(session: Session) -> None:
    """Lay out the areas and the shipped catalogue of tags, qualification types and rules."""
    session.add(
        AreaEdition(
            name="2023",
            cut_off=date(2023, 6, 30),
            source="test city",
            imported_at=NOW,
            areas_count=len(_AREAS),
        )
    )
    await session.flush()
    keys = ("code", "level", "parent_code", "name", "name_en", "pinyin", "initials", "longitude", "latitude")
    await session.execute(insert(Area), [dict(zip(keys, row, strict=True)) for row in _AREAS])
    await shipped.load(session)
    await working_days.load(session)
    await standards.load(session)
