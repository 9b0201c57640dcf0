"""The page on which the demo's payer pays, and chooses what goes wrong."""

from __future__ import annotations

from html import escape
from typing import Final

from bot.simulator.till.sales import Sale
from domain.money import from_paise

_DEEDS: Final = (
    ("pay", "Pay now", "The bank says yes at once."),
    ("slow", "Pay, bank is slow", "“Being checked” on the bill, paid a few seconds later."),
    ("late", "Pay late", "The link ends first, the money comes a few seconds later."),
    ("twice", "Pay twice", "Two payments: the second one is kept as credit."),
    ("fail", "Pay, bank refuses later", "“Being checked”, then the bill is open again."),
    ("decline", "Card declined", "Nothing is paid, the link stays open."),
    ("cancel", "Go back without paying", "Nothing happens."),
)


def page_of(sale: Sale) -> str:
    """Plain forms: it works without JavaScript."""
    amount = f"₹{from_paise(sale.paise):,.2f}"
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Pay {amount} · demo</title>
  <link rel="stylesheet" href="/static/base.css">
  <link rel="stylesheet" href="/static/bill.css">
</head>
<body>
  <main class="bill" data-testid="till">
    <div class="first">
      <header>
        <p class="society">A made-up bank. No money moves.</p>
        <h1>{escape(sale.name)}</h1>
        <p class="figure"><span class="label">To pay</span> <strong data-testid="amount">{amount}</strong></p>
      </header>
    </div>
    <div class="then">
      <section aria-labelledby="what">
        <h2 id="what">What happens?</h2>
        {_choices(sale) if sale.status == "open" else _closed(sale)}
      </section>
    </div>
  </main>
</body>
</html>
"""


def _choices(sale: Sale) -> str:
    return "\n".join(_choice(sale, *deed) for deed in _DEEDS)


def _choice(sale: Sale, deed: str, label: str, help_: str) -> str:
    return (
        f'<form method="post" action="/till/{escape(sale.id)}/{deed}" class="pay-form">'
        f'<button class="button" data-testid="till-{deed}">{label}</button><p class="soft">{help_}</p></form>'
    )


def _closed(sale: Sale) -> str:
    return f'<p>This link is closed.</p><p><a href="{escape(sale.back_to)}">Back to the bill</a></p>'
