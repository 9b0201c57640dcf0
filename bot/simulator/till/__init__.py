"""A till that speaks as Stripe does, on loopback: sessions, a page on which to pay, signed hooks. No money moves."""

from bot.simulator.till.api import Mishap, StripeTill
from bot.simulator.till.sales import Sale, Sales

__all__ = ["Mishap", "Sale", "Sales", "StripeTill"]
