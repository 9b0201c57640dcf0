"""Counting in English."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`: the number with its noun; `many` where an s does not make it."""
    return f"{count} {one if count == 1 else many or one + 's'}"
