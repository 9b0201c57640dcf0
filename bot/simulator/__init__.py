"""A local Telegram with phones: the unchanged bot talks to it, people and tests hold the phones."""

from bot.simulator.account import DEMO_TOKEN
from bot.simulator.coach import DEMO_STEPS, Step
from bot.simulator.faults import Fault, Faults
from bot.simulator.meter_photos import DEMO_SAMPLES, MeterSample, draw_meter
from bot.simulator.phones import Contact, Phone, Photo, Sent
from bot.simulator.recorder import Recorded
from bot.simulator.seen import Button, ButtonKind, SeenMessage
from bot.simulator.server import RealTokenError, Simulator, refuse_beside_real_token
from bot.simulator.spec import DEMO_PHONES, PhoneSpec
from bot.simulator.watch import PhoneError, Toast

__all__ = [
    "DEMO_PHONES",
    "DEMO_SAMPLES",
    "DEMO_STEPS",
    "DEMO_TOKEN",
    "Button",
    "ButtonKind",
    "Contact",
    "Fault",
    "Faults",
    "MeterSample",
    "Phone",
    "PhoneError",
    "PhoneSpec",
    "Photo",
    "RealTokenError",
    "Recorded",
    "SeenMessage",
    "Sent",
    "Simulator",
    "Step",
    "Toast",
    "draw_meter",
    "refuse_beside_real_token",
]
