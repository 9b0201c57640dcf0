"""Text can be read in light and dark: every pair the page uses has a contrast of at least 4.5."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BASE = (ROOT / "bot/web/static/base.css").read_text("utf-8")
PAGE = (ROOT / "bot/simulator/page/style.css").read_text("utf-8")
PAIRS = [
    *[
        (ink, ground)
        for ink in ("ink", "ink-soft")
        for ground in ("paper", "surface", "sunken", "chat", "own", "bubble", "chat-whatsapp", "own-whatsapp")
    ],
    *[("accent", ground) for ground in ("paper", "surface", "bubble")],
    *[("accent-strong", ground) for ground in ("accent-soft", "surface", "bubble")],
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("bad", "bad-soft"),
    ("bad", "surface"),
    ("warn", "warn-soft"),
    ("ink", "warn-soft"),
    ("paper", "ink"),
]


def tokens(scheme: str) -> dict[str, str]:
    """Colours by name; the dark ones take the place of the light ones."""
    found: dict[str, str] = {}
    for css in (BASE, PAGE):
        light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
        dark = rest.partition("\n}\n")[0]
        for part in (light, dark) if scheme == "dark" else (light,):
            found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part))
    return found


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_contrast(scheme: str, ink: str, ground: str) -> None:
    colours = tokens(scheme)
    high, low = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
