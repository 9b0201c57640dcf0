"""A local WhatsApp: the Cloud API with its limits and its signed hook, and phones that have it."""

from bot.simulator.whatsapp.api import ROOT, CloudApi
from bot.simulator.whatsapp.business import (
    ACCOUNT_ID,
    APP_SECRET,
    PHONE_NUMBER_ID,
    TOKEN,
    VERIFY_TOKEN,
    Business,
    Person,
)
from bot.simulator.whatsapp.phone import WhatsAppPhone

__all__ = [
    "ACCOUNT_ID",
    "APP_SECRET",
    "PHONE_NUMBER_ID",
    "ROOT",
    "TOKEN",
    "VERIFY_TOKEN",
    "Business",
    "CloudApi",
    "Person",
    "WhatsAppPhone",
]
