"""The demo's sign-ins: one person for each way of using the house, and work that waits for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from marketplace.cli.city.people import seeded_id
from marketplace.cli.city.work import WorkRows
from marketplace.identity.phones import PURPOSE
from marketplace.kernel.vault import Vault

CITY = "310000000000"
CHANGNING = "310105000000"
JIANGSU_ROAD = "310105002000"


@dataclass(frozen=True, slots=True)
class Account:
    """Who can sign in to the demo, by phone number, and what they are there."""

    phone: str
    name: str
    what: str
    role: str | None = None
    scope: str | None = None
    born: date = date(1992, 4, 12)
    skills: tuple[str, ...] = ()
    buys_in: str | None = None
    """The area for which they buy too."""
    manages: int = 0
    """Which of the demo's organisations is a manager's."""


ACCOUNTS = (
    Account(
        "13800000001",
        "林小满",
        "volunteer 志愿者",
        skills=("accompanying", "phone_teaching", "english_teaching"),
    ),
    Account(
        "13800000002",
        "王秀英",
        "community worker, Jiangsu Road 社区工作者",
        "community_worker",
        JIANGSU_ROAD,
        date(1985, 9, 3),
    ),
    Account(
        "13800000003",
        "陈志远",
        "organisation manager 组织负责人",
        "organisation_manager",
        None,
        date(1979, 1, 20),
    ),
    Account(
        "13800000004",
        "周敏",
        "district and procurement officer, Changning 区级专员、采购经办人",
        "district_officer",
        CHANGNING,
        date(1982, 6, 30),
        buys_in=CHANGNING,
    ),
    Account("13800000005", "沈文", "administrator 管理员", "administrator", CITY, date(1980, 11, 8)),
    Account(
        "13800000006",
        "李明哲",
        "volunteer of fifteen, no guardian consent yet 十五岁志愿者",
        born=date(2011, 3, 15),
    ),
    Account("13800000007", "张桂芳", "older resident 年长居民", born=date(1945, 10, 1)),
    Account(
        "13800000008",
        "顾晓岚",
        "second procurement officer, Changning 第二位采购经办人",
        "procurement_officer",
        CHANGNING,
        date(1988, 2, 17),
    ),
    Account(
        "13800000009",
        "秦建国",
        "procurement supervisor, Changning 采购监督员",
        "procurement_supervisor",
        CHANGNING,
        date(1974, 5, 8),
    ),
    Account(
        "13800000010",
        "吴佳宁",
        "manager of a rival bidder 另一家投标组织负责人",
        "organisation_manager",
        None,
        date(1986, 12, 1),
        manages=1,
    ),
    Account(
        "13800000011", "郑婉清", "sits on panels for the buyer 评标委员会采购人代表", born=date(1983, 7, 22)
    ),
    Account("13800000012", "冯静", "auditor 审计员", "auditor", CITY, date(1977, 3, 4)),
    Account("13800000013", "蒋一帆", "moderator 内容审核员", "moderator", CITY, date(1990, 8, 16)),
    Account("13800000014", "陶然", "second moderator 第二位内容审核员", "moderator", CITY, date(1987, 10, 9)),
    Account("13800000015", "丁国强", "manager of a property company 物业公司负责人", born=date(1975, 2, 11)),
)
OLDER_RESIDENT = ACCOUNTS[6]
AUDITOR, MODERATOR, SECOND_MODERATOR, PROPERTY_MANAGER = ACCOUNTS[11:15]


def make_accounts(vault: Vault, home: str, organisations: Sequence[UUID], now: datetime) -> WorkRows:
    """The people of ACCOUNTS, who live in the community ``home``, with their roles."""
    rows = WorkRows()
    for account in ACCOUNTS:
        person_id = account_id(account)
        phone = f"+86{account.phone}"
        rows.add(
            "people",
            {
                "id": person_id,
                "name": account.name,
                "phone_sealed": vault.encrypt(phone, PURPOSE),
                "phone_fingerprint": vault.fingerprint(phone, PURPOSE),
                "locale": "zh_Hans",
                "birth_date": account.born,
                "home_area_code": home,
                "travel_radius_metres": 5000,
                "created_at": now - timedelta(days=400),
            },
        )
        for code in ("mandarin", *account.skills):
            rows.add("person_tags", {"person_id": person_id, "tag_code": code})
        for kind in ("terms", "privacy"):
            rows.add("consents", _consent(account, kind, now))
        if account.role:
            rows.add("role_grants", _grant(account, person_id, organisations[account.manages], now))
        if account.buys_in:
            buyer = replace(account, role="procurement_officer", scope=account.buys_in)
            rows.add("role_grants", _grant(buyer, person_id, organisations[0], now))
    return rows


def account_id(account: Account) -> UUID:
    """The same id in every made-up city."""
    return _named_id(account.phone)


def _named_id(name: str) -> UUID:
    return seeded_id(0, int.from_bytes(sha256(name.encode()).digest()[:10]) >> 6)


def _consent(account: Account, kind: str, now: datetime) -> dict[str, Any]:
    return {
        "id": _named_id(f"{account.phone} {kind}"),
        "person_id": account_id(account),
        "kind": kind,
        "version": "2026-11",
        "given": True,
        "at": now - timedelta(days=400),
    }


def _grant(account: Account, person_id: UUID, organisation_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": _named_id(f"{account.phone} {account.role}"),
        "person_id": person_id,
        "role": account.role,
        "area_code": account.scope,
        "organisation_id": None if account.scope else organisation_id,
        "granted_at": now - timedelta(days=300),
    }
