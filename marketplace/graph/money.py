"""Money in the graph: the amount as decimal text, because GraphQL's Int ends at 21 million yuan in fen."""

import strawberry

from marketplace.kernel.money import CNY, yuan


@strawberry.type(description="An amount of money.")
class Money:
    amount: str = strawberry.field(description="With two places and a point, such as 100000.00.")
    currency: str = strawberry.field(description="ISO 4217, such as CNY.")

    @classmethod
    def of(cls, fen: int, currency: str = CNY) -> "Money":
        return cls(amount=yuan(fen), currency=currency)
