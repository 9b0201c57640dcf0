"""A sticker that was scanned: the meter beside it is read next."""

from __future__ import annotations

from bot.conversation import Reply, Turn
from bot.flows.engineer.place import here
from bot.flows.engineer.questions import chosen
from bot.flows.engineer.steps import go, new
from bot.flows.engineer.walk import at_meter
from bot.flows.private import led_to_login
from bot.texts import engineer as engineer_texts
from bot.texts import onboarding
from bot.texts import stickers as texts
from bot.visit import Visit
from domain.roles import Permission, Role, allowed
from jobs.find_by_code import meter_of_sticker
from storage.meters import MeterLine

_READ = Permission.SUBMIT_READING


async def scanned(visit: Visit, code: str) -> Turn:
    """Ask for what the meter shows; a round goes on there. Others than those who read meters learn nothing about it."""
    if not allowed(visit.roles, _READ):
        would = visit.must_log_in and allowed(visit.roles | {Role.ADMIN}, _READ)
        return await led_to_login(visit) if would else here(Reply(onboarding.sticker_of_a_meter(visit.t)))
    meter = await meter_of_sticker(visit.work, code)
    if meter is None:
        return here(Reply(texts.gone(visit.t)))
    if not meter.is_motor and meter.owner_name is None:
        return here(Reply(engineer_texts.no_owner(visit.t, meter)))
    walked = await at_meter(visit, meter)
    if walked is not None:
        return walked
    line = MeterLine(meter.id, meter.number, meter.place, None, "", read=False, is_motor=meter.is_motor)
    return await go(visit, {**new(visit), **chosen(line)})
