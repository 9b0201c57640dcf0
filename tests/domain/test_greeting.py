"""What is a greeting, and what says more than that."""

import pytest

from domain.greeting import is_greeting


@pytest.mark.parametrize(
    "text", ["hi", "Hello!", "Namaste ji", "नमस्ते", "नमस्ते जी 🙏", "राम राम", "Good morning, sir.", "🙏🙏", "HEY"]
)
def test_a_greeting(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize("text", ["", "sir", "hi, my bill is wrong", "good", "morning bill", "नमस्ते बिल", "hi " * 40])
def test_something_else(text: str) -> None:
    assert not is_greeting(text)
