"""Whose phones stand side by side. All names are made up; the numbers are Ofcom's, reserved for drama."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """`key` names the phone in addresses and tests; `phone` is E.164; a `folded` one starts closed on the page.

    `hides_phone`: on WhatsApp the business sees only an id.
    """

    key: str
    user_id: int
    first_name: str
    role: str
    phone: str
    last_name: str = ""
    language_code: str = "en"
    folded: bool = False
    channel: str = "telegram"
    hides_phone: bool = False


DEMO_PHONES = (
    PhoneSpec("ravi", 910001, "Ravi", "Engineer", "+447700900101", "Kumar"),
    PhoneSpec("rekha", 910002, "Rekha", "Admin", "+447700900102", "Nair"),
    PhoneSpec("sharma", 910003, "Mr Sharma", "Owner, in Hindi", "+447700900103", "", "hi"),
    PhoneSpec("sharma2", 910004, "Mrs Sharma", "Second owner", "+447700900104", "", "en", folded=True),
    PhoneSpec(
        "nandini", 910005, "Nandini", "Owner of C8-GF", "+447700900007", "Parijat", folded=True, channel="whatsapp"
    ),
)
