"""Every refusal the simulated Cloud API can speak, by Meta's codes: Cloud API documentation, "Error codes"."""

from dataclasses import dataclass
from typing import NoReturn

from bot.simulator.shapes import Json


class GraphError(Exception):
    """The Cloud API answers {code}: {message}."""

    def __init__(self, refusal: "Refusal", details: str) -> None:
        super().__init__(f"{refusal.code}: {refusal.message} {details}")
        self.refusal = refusal
        self.details = details

    def answer(self, trace: str) -> Json:
        """The body of the answer."""
        refusal = self.refusal
        error: Json = {"message": refusal.message, "type": refusal.kind, "code": refusal.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if refusal.subcode:
            error["error_subcode"] = refusal.subcode
        return {"error": {**error, "fbtrace_id": trace}}

    def in_status(self) -> Json:
        """The same as one of a failed status's `errors`."""
        refusal = self.refusal
        title = refusal.message.partition(") ")[2] or refusal.message
        shown: Json = {"code": refusal.code, "title": title, "message": title}
        return {**shown, "error_data": {"details": self.details}} if self.details else shown


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to say no: HTTP status, Meta's code and words; the details differ from case to case."""

    status: int
    code: int
    message: str
    kind: str = "OAuthException"
    subcode: int = 0

    def error(self, details: str = "") -> GraphError:
        return GraphError(self, details)

    def refuse(self, details: str = "") -> NoReturn:
        """Raises it."""
        raise self.error(details)


NO_TOKEN = Refusal(401, 2500, "An active access token must be used to query information about the current user.")
BAD_TOKEN = Refusal(401, 190, "Invalid OAuth access token - Cannot parse access token")
NO_OBJECT = Refusal(
    400,
    100,
    "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support "
    "this operation",
    "GraphMethodException",
    33,
)
INVALID = Refusal(400, 100, "(#100) Invalid parameter")
MISSING = Refusal(400, 131008, "(#131008) Required parameter is missing")
WRONG_VALUE = Refusal(400, 131009, "(#131009) Parameter value is not valid")
UNKNOWN = Refusal(500, 1, "An unknown error occurred")
UNAVAILABLE = Refusal(502, 2, "Service temporarily unavailable")
THROUGHPUT = Refusal(429, 130429, "(#130429) Rate limit hit")
PAIR_RATE = Refusal(
    429,
    131056,
    "(#131056) (Business Account, Consumer Account) pair rate limit hit",
)
SPAM_RATE = Refusal(429, 131048, "(#131048) Spam rate limit hit")
NO_WHATSAPP = Refusal(400, 131026, "(#131026) Message undeliverable")
WINDOW_CLOSED = Refusal(400, 131047, "(#131047) Re-engagement message")
NO_MEDIA = Refusal(400, 131052, "(#131052) Media download error")
MEDIA_REFUSED = Refusal(400, 131053, "(#131053) Media upload error")
PARAMETER_COUNT = Refusal(400, 132000, "(#132000) Number of parameters does not match the expected number of params")
NO_TEMPLATE = Refusal(404, 132001, "(#132001) Template name does not exist in the translation")
TEMPLATE_TOO_LONG = Refusal(400, 132005, "(#132005) Translated text too long")
TEMPLATE_PAUSED = Refusal(400, 132015, "(#132015) Template is Paused")
TEMPLATE_EXISTS = Refusal(400, 100, "(#100) Invalid parameter", subcode=2388024)
TEMPLATE_MALFORMED = Refusal(400, 100, "(#100) Invalid parameter", subcode=2388299)

CLOSED_WINDOW_DETAILS = (
    "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
)
