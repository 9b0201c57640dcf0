"""One row, two rows."""

import pytest

from domain.plural import counted


@pytest.mark.parametrize(
    ("count", "nouns", "said"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (1, ("of them new", "of them new"), "1 of them new"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_a_number_with_its_noun(count: int, nouns: tuple[str, ...], said: str) -> None:
    assert counted(count, *nouns) == said
