"""Our templates at the account: which are there, what became of their review, and submitting those that lack."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from bot.channels.approval import MISSING, PENDING, ApprovalError, Standing
from bot.channels.whatsapp.api import GraphError, MaybeSentError, NotConnectedError
from bot.channels.whatsapp.templates import definitions, with_address
from jobs.secrecy import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.channels.whatsapp.api import GraphApi

Json = Mapping[str, Any]

_FIELDS: Final = "name,language,status,category,components,rejected_reason"
_PAGE: Final = 100
_MOST_PAGES: Final = 50
_LONGEST_REASON: Final = 300
_BAD_TOKEN: Final = 190


class TemplateDesk:
    """The templates of one business account. Each call raises ApprovalError."""

    def __init__(self, api: GraphApi, business_account: str, submissions: Sequence[Json]) -> None:
        self._api = api
        self._path = f"{business_account}/message_templates"
        self._submissions = submissions

    async def standings(self) -> list[Standing]:
        """Of every template that we send, in the order of our file."""
        with _told():
            there = {(one.get("name"), one.get("language")): one for one in await self._all()}
        return [_standing(ours, there.get((ours["name"], ours["language"]))) for ours in self._submissions]

    async def submit(self, missing: Standing) -> Standing:
        """Hands one in for review; what the platform says of it at once."""
        wanted = missing.name, missing.language
        ours = next(one for one in self._submissions if (one["name"], one["language"]) == wanted)
        with _told():
            answer = await self._api.post(self._path, ours)
        return Standing(missing.name, missing.language, str(answer.get("status") or PENDING))

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._api.close()

    async def _all(self) -> list[Json]:
        found: list[Json] = []
        after = ""
        for _ in range(_MOST_PAGES):
            query = {"fields": _FIELDS, "limit": str(_PAGE), **({"after": after} if after else {})}
            answer = await self._api.get(self._path, query)
            found += [one for one in answer.get("data") or () if isinstance(one, dict)]
            after = _after(answer.get("paging"))
            if not after:
                break
        return found


async def number_of(api: GraphApi, phone_number_id: str) -> str:
    """The number and the name that people see, of the account that `api` speaks for. Raises ApprovalError."""
    try:
        with _told():
            found = await api.get(phone_number_id, {"fields": "display_phone_number,verified_name"})
    finally:
        await api.close()
    return " ".join(str(found[key]) for key in ("display_phone_number", "verified_name") if found.get(key))


def submissions(public_url: str | None, languages: Sequence[str]) -> list[Json]:
    """What is handed in, in these languages; templates with a link only where there is a public https address."""
    left = left_out(public_url, languages)
    wanted = [one for one in definitions() if one.language in languages and (one.name, one.language) not in left]
    return [with_address(one, public_url or "") for one in wanted]


def left_out(public_url: str | None, languages: Sequence[str]) -> list[tuple[str, str]]:
    """Name and language of the templates that nobody can submit while there is no public https address."""
    if (public_url or "").startswith("https://"):
        return []
    return [(one.name, one.language) for one in definitions() if one.needs_address and one.language in languages]


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong, as ApprovalError."""
    try:
        yield
    except GraphError as error:
        raise ApprovalError(str(error), token=error.code == _BAD_TOKEN) from None
    except NotConnectedError as error:
        raise ApprovalError(f"WhatsApp cannot be reached ({error})") from None
    except MaybeSentError as error:
        raise ApprovalError(f"WhatsApp did not answer ({error})", unsure=True) from None


def _after(paging: object) -> str:
    """Where the next page begins; empty after the last."""
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    return str(cursors.get("after") or "") if isinstance(cursors, dict) else ""


def _standing(ours: Json, theirs: Json | None) -> Standing:
    if theirs is None:
        return Standing(ours["name"], ours["language"], MISSING)
    mine, found = _parts(ours), _parts(theirs)
    differs = tuple(part for part in mine if mine[part] != found[part])
    reason = str(theirs.get("rejected_reason") or "")
    return Standing(
        ours["name"],
        ours["language"],
        str(theirs.get("status") or "?"),
        "" if reason == "NONE" else mask(reason)[:_LONGEST_REASON],
        differs,
        fits="buttons" not in differs and mine["body"].count("{{") == found["body"].count("{{"),
    )


def _parts(template: Json) -> dict[str, str]:
    """What people see, one text for each part."""
    said = {"body": "", "footer": "", "buttons": ""}
    for part in template.get("components") or ():
        kind = str(part.get("type", "")).lower()
        if kind == "buttons":
            said[kind] = " · ".join(_button(one) for one in part.get("buttons") or ())
        elif kind in said:
            said[kind] = str(part.get("text", "")).strip()
    return said


def _button(one: Json) -> str:
    return " ".join(str(one[key]) for key in ("type", "text", "url") if one.get(key))
