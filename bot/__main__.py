"""`python -m bot` is the `billing` command."""

from bot.cli import main

main()
