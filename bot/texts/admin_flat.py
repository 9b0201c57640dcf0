"""What the office reads about flats: what a search found, all about one flat, and its changes."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts import admin_sum
from bot.texts.admin_card import not_reached
from bot.texts.channels import channel_name
from bot.texts.engineer_round import was_in_vain
from bot.texts.owner import status_word
from domain.period import Month, local_date
from jobs.change_flat import Change, Field, FlatSheet
from jobs.find import Found
from jobs.phones import normalise_phone
from storage.bills import Bill
from storage.reach import OwnerReach
from storage.search import Hit

_BAR = 10
_MONTH_WIDTH = 5


def ask_query(t: Translator) -> str:
    return t.gettext("What do you look for? Send a flat, a meter, a name or a phone, as: /find sharma")


def found(t: Translator, result: Found) -> str:
    """What matches, with what is needed to tell them apart."""
    lines = [_hit(t, hit) for hit in result.hits]
    if result.more:
        lines.append(t.gettext("There are more. Send more of the name or number."))
    return "\n".join(lines)


def _hit(t: Translator, hit: Hit) -> str:
    parts = [
        f"<b>{escape(hit.flat_code)}</b>",
        escape(hit.owner or t.gettext("no owner")),
        escape(hit.meter_number or ""),
    ]
    if hit.tenant:
        parts.append(t.gettext("tenant {name}").format(name=escape(hit.tenant)))
    return " · ".join(filter(None, parts))


def did_you_mean(t: Translator, typed: str) -> str:
    return t.gettext("No flat {typed}. Did you mean").format(typed=escape(typed))


def sheet(t: Translator, seen: FlatSheet, zone: tzinfo) -> str:
    """All about a flat: what is owed first, then who and what, then the last bills."""
    flat = seen.flat
    head = " · ".join(filter(None, (f"<b>{escape(flat.code)}</b>", _kind(seen), balance(t, seen))))
    lines = [head, *_who(t, seen), _what(t, seen), *_in_vain(t, seen, zone), _price(t, seen), *_parked(t, seen)]
    return "\n".join([*lines, *_bills(t, seen.bills)])


def _kind(seen: FlatSheet) -> str:
    return escape(seen.flat.unit_id or seen.flat.type_name or "")


def _chats(t: Translator, owner: OwnerReach) -> str:
    return ", ".join(channel_name(channel) for channel in owner.channels) or not_reached(t, owner)


def balance(t: Translator, seen: FlatSheet) -> str:
    """What is owed now."""
    if seen.balance < 0:
        return t.gettext("credit {amount}").format(amount=t.rupees(-seen.balance))
    return t.gettext("owes {amount}").format(amount=t.rupees(seen.balance))


def _who(t: Translator, seen: FlatSheet) -> list[str]:
    reached = {one.name: _chats(t, one) for one in seen.reached}
    lines = []
    for owner in seen.owners:
        phone = normalise_phone(owner.phone) or owner.phone or ""
        parts = filter(None, (escape(owner.name), escape(phone), reached.get(owner.name)))
        lines.append(t.gettext("Owner: {who}").format(who=" · ".join(parts)))
    if not lines:
        lines = [t.gettext("Owner: nobody on record")]
    if seen.tenant:
        lines.append(t.gettext("Tenant: {who}").format(who=escape(seen.value(Field.TENANT))))
    return lines


def _what(t: Translator, seen: FlatSheet) -> str:
    none = t.gettext("none")
    return t.gettext("Meter {meter} · motor {motor}").format(
        meter=escape(seen.flat.meter_number or none), motor=escape(seen.flat.motor or none)
    )


def _in_vain(t: Translator, seen: FlatSheet, zone: tzinfo) -> list[str]:
    if seen.in_vain is None:
        return []
    return [was_in_vain(t, seen.in_vain, local_date(seen.in_vain.at, zone))]


def _price(t: Translator, seen: FlatSheet) -> str:
    words = t.gettext("{rate} a unit · fixed charge {fixed}").format(
        rate=t.rupees(seen.tariff.rate_per_unit), fixed=t.rupees(seen.tariff.fixed_charge)
    )
    return f"{words}\n{admin_sum.default_priced(t)}" if seen.tariff.is_default else words


def _parked(t: Translator, seen: FlatSheet) -> list[str]:
    if seen.parked is None:
        return []
    return [t.gettext("<b>Set aside:</b> {reason} Nothing is billed or sent.").format(reason=escape(seen.parked))]


def _bills(t: Translator, bills: tuple[Bill, ...]) -> list[str]:
    """The last bills as bars, oldest first."""
    if not bills:
        return [t.gettext("No bill yet.")]
    most = max(bill.total_amount for bill in bills)
    return ["<pre>" + "\n".join(_bar(t, bill, most) for bill in reversed(bills)) + "</pre>"]


def _bar(t: Translator, bill: Bill, most: Decimal) -> str:
    month = t.short_month(Month.of(bill.period.end)).ljust(_MONTH_WIDTH)
    length = int(_BAR * bill.total_amount / most) if most > 0 else 0
    return f"{month}{'█' * length:<{_BAR}} {t.rupees(bill.total_amount)} {status_word(t, bill.status)}"


def change_button(t: Translator, field: Field) -> str:
    """One for each thing that can be changed."""
    words = {
        Field.OWNER: t.gettext("New owner"),
        Field.TENANT: t.gettext("Tenant"),
        Field.PHONE: t.gettext("Phone"),
        Field.METER: t.gettext("Meter"),
        Field.MOTOR: t.gettext("Motor"),
    }
    return words[field]


def change_flat_button(t: Translator) -> str:
    return t.gettext("Change")


def record_payment_button(t: Translator) -> str:
    return t.gettext("Record payment")


def set_balance_button(t: Translator) -> str:
    return t.gettext("Set balance")


def what_to_change(t: Translator, flat: str) -> str:
    return t.gettext("<b>{flat}</b>: what do you want to change?").format(flat=escape(flat))


def ask(t: Translator, flat: str, field: Field) -> str:
    """Ask for the new value."""
    words = {
        Field.OWNER: t.gettext("Who owns {flat} now? Send name and phone, as: Asha Verma 98765 43210"),
        Field.TENANT: t.gettext("Who lives in {flat}? Send name and phone, as: Asha Verma 98765 43210. Nobody: -"),
        Field.PHONE: t.gettext("What is the owner's phone number for {flat}? As: 98765 43210"),
        Field.METER: t.gettext("What number is on the new meter of {flat}? As: 19152159"),
        Field.MOTOR: t.gettext("Which motor serves {flat}?"),
    }
    return words[field].format(flat=f"<b>{escape(flat)}</b>")


def no_motor(t: Translator) -> str:
    return t.gettext("No motor")


def bad_value(t: Translator, field: Field) -> str:
    """What was typed cannot be it."""
    words = {
        Field.OWNER: t.gettext("That is not a name. Send name and phone, as: Asha Verma 98765 43210"),
        Field.TENANT: t.gettext("That is not a name. Send name and phone, as: Asha Verma 98765 43210. Nobody: -"),
        Field.PHONE: t.gettext("That is not a phone number. Send it as: 98765 43210, from abroad with +44"),
        Field.METER: t.gettext("That is not a meter number. Send only letters and digits, as: 19152159"),
        Field.MOTOR: t.gettext("That is not a motor. Choose one of the buttons."),
    }
    return words[field]


def confirm(t: Translator, flat: str, change: Change) -> str:
    """Before and after, and what follows from it."""
    nobody = t.gettext("nothing")
    after = " ".join(filter(None, (change.name, change.phone)))
    head = t.gettext("<b>{flat}</b> · {field}: {before} → <b>{after}</b>").format(
        flat=escape(flat),
        field=change_button(t, change.field),
        before=escape(change.before or nobody),
        after=escape(after or nobody),
    )
    return f"{head}\n{_consequence(t, change.field)}".rstrip()


def _consequence(t: Translator, field: Field) -> str:
    words = {
        Field.OWNER: t.gettext(
            "The owners of before lose their bills in chat at once; the new owner sees nothing of before. "
            "What is owed stays on the flat."
        ),
        Field.METER: t.gettext(
            "Readings of the old meter stay on record; new ones are of the new meter. "
            "Have the old one's last reading sent before you confirm: afterwards it cannot be."
        ),
        Field.PHONE: t.gettext("Only this number can link a chat to the flat."),
    }
    return words.get(field, "")


def confirm_button(t: Translator, change: Change) -> str:
    """Restates the new value."""
    value = " ".join(filter(None, (change.name, change.phone)))
    if not value:
        return t.gettext("Remove {value}").format(value=change.before[:30])
    return t.gettext("Change to {value}").format(value=value[:40])


def changed(t: Translator, field: Field) -> str:
    return t.gettext("{field}: changed.").format(field=change_button(t, field))


def changed_meanwhile(t: Translator) -> str:
    return t.gettext("Somebody changed it meanwhile. Nothing was done. It stands like this now:")


def meter_taken(t: Translator, number: str, holder: str) -> str:
    return t.gettext("Meter {number} is in use at {holder}. Change that one first: /flat {holder}").format(
        number=escape(number), holder=escape(holder)
    )


def no_owner(t: Translator) -> str:
    return t.gettext("There is no owner whose phone it could be. Name the owner first.")


def ask_balance(t: Translator, seen: FlatSheet) -> str:
    """For a flat set aside: what it owes in all."""
    return t.gettext(
        "<b>{flat}</b> is set aside: {reason}\n"
        "What does it owe in all today? Send the amount, as 1842.50; 0 for nothing; 500 credit where it paid too much."
    ).format(flat=escape(seen.flat.code), reason=escape(seen.parked or ""))


def confirm_balance(t: Translator, flat: str, amount: Decimal) -> str:
    """What the flat is going to owe; below zero it has credit."""
    form = (
        t.gettext("<b>{flat}</b> has <b>{amount}</b> credit, and is billed again.")
        if amount < 0
        else t.gettext("<b>{flat}</b> owes <b>{amount}</b> in all, and is billed again.")
    )
    return form.format(flat=escape(flat), amount=t.rupees(abs(amount)))


def confirm_balance_button(t: Translator, amount: Decimal) -> str:
    return t.gettext("Set {amount}").format(amount=_owed_or_credit(t, amount))


def balance_set(t: Translator, amount: Decimal) -> str:
    return t.gettext("Balance set: {amount}. The flat is billed again.").format(amount=_owed_or_credit(t, amount))


def _owed_or_credit(t: Translator, amount: Decimal) -> str:
    """`₹1,842.50`, `₹500.00 credit`."""
    return t.gettext("{amount} credit").format(amount=t.rupees(-amount)) if amount < 0 else t.rupees(amount)


def still_parked(t: Translator, reason: str) -> str:
    return t.gettext("The balance is set, but the flat stays set aside: {reason}").format(reason=escape(reason))


def not_parked(t: Translator) -> str:
    return t.gettext("This flat is not set aside any more: record payments with /paid instead.")


def bad_amount(t: Translator, explanation: str) -> str:
    return t.gettext("That is not an amount: {why}. Send it as 1842.50, or 500 credit").format(why=escape(explanation))
