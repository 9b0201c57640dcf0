"""What OpenAI takes for a call, in millionths of a US dollar; rounded up, never too little."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

MICRO_DOLLARS: Final = 1_000_000
"""In a dollar."""

_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$", re.ASCII)
_WRITTEN_TO_CACHE: Final = Decimal("1.25")
"""What an input token costs at most, as a multiple of its price: tokens read from the cache cost less."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, which is millionths of a dollar for one token."""

    input: Decimal
    output: Decimal


def _price(input_: str, output: str) -> Price:
    return Price(Decimal(input_), Decimal(output))


PRICES: Final = {
    "gpt-6-astra": _price("10", "50"),
    "gpt-6.1-sol": _price("2", "10"),
    "gpt-6.1-terra": _price("1", "5"),
    "gpt-6-luna": _price("0.10", "0.50"),
    "gpt-5.6-sol": _price("4", "20"),
    "gpt-5.6-terra": _price("2", "12"),
    "gpt-5.6-luna": _price("0.20", "1.20"),
    "gpt-5.5": _price("5", "30"),
    "gpt-5.4": _price("2.50", "15"),
    "gpt-5.4-mini": _price("0.75", "4.50"),
    "gpt-5.4-nano": _price("0.20", "1.25"),
}
"""As OpenAI published them in November 2026, for calls at the ordinary pace and prompts of ordinary length."""

DEAREST: Final = _price("30", "180")
"""What a model counts for that the table does not name."""


def price_of(model: str) -> Price:
    """The price of a model, or of the model that it is a dated snapshot of; `DEAREST` where it is not known."""
    return PRICES.get(_SNAPSHOT.sub("", model), DEAREST)


def cost(model: str, tokens_in: int, tokens_out: int) -> int:
    """What a call of so many tokens costs at most, in whole millionths of a dollar, rounded up."""
    price = price_of(model)
    exact = tokens_in * price.input * _WRITTEN_TO_CACHE + tokens_out * price.output
    return int(exact.to_integral_value(ROUND_CEILING))


def micro_dollars(dollars: Decimal) -> int:
    """Whole millionths, rounded down: a limit is not stretched."""
    return int(dollars * MICRO_DOLLARS)


def dollars_text(micro: int) -> str:
    """`US$ 1.25`, rounded up to the cent: what was spent is not belittled."""
    cents = -(-micro * 100 // MICRO_DOLLARS)
    return f"US$ {cents // 100}.{cents % 100:02d}"
