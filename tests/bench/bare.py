"""`python -m tests.bench.bare echo|send API TOKEN …`: python-telegram-bot by itself, to compare with."""

from __future__ import annotations

import asyncio
import sys
import time
import warnings

from telegram import Bot, Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

AT_ONCE = 32


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """The answer is what was said."""
    if update.message and update.message.text:
        await update.message.reply_text(update.message.text)


async def ready(_: object) -> None:
    """Says that the bot polls from now on."""
    print("ready", flush=True)


def run_echo(api: str, token: str) -> None:
    """An echo bot, one update beside the other, without a rate limiter; ends on SIGTERM."""
    builder = Application.builder().token(token).base_url(f"{api}/bot").base_file_url(f"{api}/file/bot")
    application = builder.concurrent_updates(True).post_init(ready).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling()


async def send(api: str, token: str, chats: int, count: int) -> None:
    """Sends `count` texts to the chats, 32 at once; says how many a second."""
    async with Bot(token, base_url=f"{api}/bot", request=HTTPXRequest(connection_pool_size=AT_ONCE)) as bot:
        numbers = iter(range(count))

        async def worker() -> None:
            for number in numbers:
                await bot.send_message(1 + number % chats, f"{number}")

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        print(f"sent {count / (time.perf_counter() - began)}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    what, address, secret, *numbers = sys.argv[1:]
    if what == "echo":
        run_echo(address, secret)
    else:
        asyncio.run(send(address, secret, *map(int, numbers)))
