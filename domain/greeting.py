"""Recognising a greeting, in the languages people greet in here."""

from domain.number_text import clean_text

_LONGEST = 60
_LATIN = ("hi", "hii", "hello", "helo", "hey", "namaste", "namaskar", "pranam", "salaam")
_HINDI = ("नमस्ते", "नमस्कार", "प्रणाम", "हैलो", "हेलो", "हाय", "राम", "सलाम", "सुप्रभात")
_GREETINGS = frozenset({*_LATIN, *_HINDI, "morning", "afternoon", "evening", "🙏"})
_COMPANY = frozenset({"good", "sir", "madam", "mam", "maam", "ji", "there", "team", "all", "जी", "सर", "मैडम", "भाई"})
_POINTS = ".,!?।~-'\""


def is_greeting(text: str) -> bool:
    """Whether `text` greets and says nothing else: `Hello sir!`, `नमस्ते जी`, `good morning`."""
    words = [word.strip(_POINTS) for word in clean_text(text[:_LONGEST]).casefold().replace("🙏", " 🙏 ").split()]
    said = {word for word in words if word}
    return len(text) <= _LONGEST and bool(said & _GREETINGS) and said <= _GREETINGS | _COMPANY
