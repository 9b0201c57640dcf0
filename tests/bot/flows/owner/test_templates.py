"""What owners are told where a chat takes only approved templates: the same facts, in their language."""

from dataclasses import replace

import pytest

from bot.channels.whatsapp.templates import definition, sent
from bot.flows import load
from jobs.ports import Message, Template
from jobs.send_reminders import remind
from storage.database import Database
from tests.bot.flows.owner.story import Story
from tests.jobs.clockwork import local
from tests.society import build, work

load()


@pytest.fixture
async def story(db: Database) -> Story:
    async with db.transaction() as conn:
        return Story(db, await build(conn))


def _of(message: Message) -> Template:
    """The template, whose parameters are as many as its words want."""
    assert message.template is not None
    template = definition(message.template.name, message.language)
    assert template.variables == len(message.template.parameters)
    assert sent(message.template, message.language)["language"]["code"] == message.language
    return message.template


async def test_a_bill_without_a_public_address_is_shown_on_request(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    [message] = story.mail.messages(story.town.sharma)
    assert _of(message) == Template("bill_ready_office", ("October 2026", "B17-FF", "₹3,226.00", "12 Nov 2026"))


async def test_a_bill_with_a_page_links_to_it(story: Story) -> None:
    story.society = replace(story.society, public_url="https://bills.example.org")
    await story.bill("B17-FF", "146")
    await story.delivered()
    [message] = story.mail.messages(story.town.sharma)
    template = _of(message)
    assert template.name == "bill_ready"
    assert message.keys[0][0].url == f"https://bills.example.org/b/{template.button}"


async def test_in_hindi(story: Story) -> None:
    await story.run("update chat_identities set language = 'hi'")
    await story.bill("B17-FF", "146")
    await story.delivered()
    [message] = story.mail.messages(story.town.sharma)
    assert message.language == "hi"
    assert _of(message).parameters == ("अक्टूबर 2026", "B17-FF", "₹3,226.00", "12 नवंबर")


async def test_a_bill_partly_paid_before_it_left_is_not_asked_for_in_full(story: Story) -> None:
    """Its first lines say what is left; the template would not."""
    await story.bill("B17-FF", "146")
    await story.paid("B17-FF", "1000")
    await story.delivered()
    bill = next(one for one in story.mail.messages(story.town.sharma) if "October bill" in one.text)
    assert bill.template is None


async def test_a_receipt_says_what_is_left(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    await story.paid("B17-FF", "1000")
    await story.delivered()
    receipt = story.mail.messages(story.town.sharma)[-1]
    parameters = ("B17-FF", "₹1,000.00", "2 Nov 2026", "₹2,226.00")
    assert _of(receipt) == Template("payment_received", parameters)


async def test_a_credit_is_not_asked_for(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    await story.paid("B17-FF", "4000")
    await story.delivered()
    assert _of(story.mail.messages(story.town.sharma)[-1]).parameters[-1] == "₹0.00"


async def test_a_reminder_says_how_much_and_until_when(story: Story) -> None:
    await story.bill("B17-FF", "146")
    await story.delivered()
    story.now = local("2026-11-15T10:00")
    async with story.db.transaction() as conn:
        await remind(work(conn, story.town.rekha, story.now), [story.town.flat("B17-FF").flat_id])
    await story.delivered()
    template = _of(story.mail.messages(story.town.sharma)[-1])
    assert template == Template("payment_reminder", ("B17-FF", "₹3,226.00", "12 Nov 2026"))
