"""What lotteries add to the house: the draw, by the clock, and their share of every export and erasure."""

from datetime import timedelta
from functools import partial

from marketplace.identity.personal_data import PersonalData
from marketplace.kernel.vault import Vault
from marketplace.outbox.registry import Registry
from marketplace.staffing import lottery_draws, lottery_own_data


def register(registry: Registry, personal_data: PersonalData, vault: Vault) -> None:
    """Put the repeated draw into the registry, and lotteries' share into every export and erasure."""
    registry.repeat_errand(
        "staffing.draw_lotteries", timedelta(minutes=1), partial(lottery_draws.draw_due, vault=vault)
    )
    personal_data.add("lotteries", lottery_own_data.collect, lottery_own_data.erase)
