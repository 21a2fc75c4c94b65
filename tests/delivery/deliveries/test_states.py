"""Where a delivery stands, worked out from its facts alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from marketplace.delivery.deliveries.states import DeliveryState, delivery_state, is_kept

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OVERDUE_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class Facts:
    ends_at: datetime = NOW
    done_at: datetime | None = None
    cancelled_at: datetime | None = None
    confirmed_at: datetime | None = None
    disputed_at: datetime | None = None
    decided_at: datetime | None = None
    is_accepted: bool | None = None


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (Facts(), DeliveryState.PLANNED),
        (Facts(ends_at=NOW - OVERDUE_AFTER + timedelta(seconds=1)), DeliveryState.PLANNED),
        (Facts(ends_at=NOW - OVERDUE_AFTER), DeliveryState.OVERDUE),
        (Facts(cancelled_at=NOW, ends_at=NOW - OVERDUE_AFTER), DeliveryState.CANCELLED),
        (Facts(done_at=NOW), DeliveryState.DONE),
        (Facts(done_at=NOW, confirmed_at=NOW), DeliveryState.CONFIRMED),
        (Facts(done_at=NOW, confirmed_at=NOW, disputed_at=NOW), DeliveryState.DISPUTED),
        (Facts(done_at=NOW, disputed_at=NOW, decided_at=NOW, is_accepted=True), DeliveryState.ACCEPTED),
        (Facts(done_at=NOW, decided_at=NOW, is_accepted=False), DeliveryState.SENT_BACK),
        (
            Facts(done_at=NOW, decided_at=NOW, disputed_at=NOW + HOUR, is_accepted=True),
            DeliveryState.DISPUTED,
        ),
    ],
)
def test_what_happened_last_decides(facts: Facts, state: DeliveryState) -> None:
    assert delivery_state(facts, NOW, OVERDUE_AFTER) is state


def test_a_commitment_is_kept_at_its_bound_and_unknown_until_told() -> None:
    assert is_kept("at_least", 60, 60) and not is_kept("at_least", 60, 59)
    assert is_kept("at_most", 30, 30) and not is_kept("at_most", 30, 31)
    assert is_kept("at_least", 60, None) is None
