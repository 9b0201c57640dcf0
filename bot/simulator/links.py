"""Which addresses a button or a text link may carry: td LinkManager.cpp check_link_impl and HttpUrl.cpp parse_url."""

import re

_SPLIT = re.compile(r"(?:(?P<scheme>[^:/?#@\[\]]*)://)?(?P<place>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_HOST = re.compile(r"(?:[\w.\-!$,~*'();&+=]|%[0-9a-fA-F]{2}|[^\x00-\x7f])+")
_IPV6 = re.compile(r"\[[0-9a-fA-F:.]+\]")
_INNER = re.compile(r"(tg|ton|tonsite):(?://)?(?P<host>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_HIGHEST_PORT = 65535


class LinkError(ValueError):
    """The address is refused; the message is Telegram's reason."""


def checked_link(link: str) -> str:
    """The address as Telegram stores it (lower-case host, a path at least `/`). Raises LinkError."""
    inner = _INNER.fullmatch(link)
    if inner:
        return _inner_link(inner)
    parts = _SPLIT.fullmatch(link)
    scheme = (parts["scheme"] or "http").lower() if parts else ""
    if parts is None or scheme not in {"http", "https"}:
        raise LinkError("Unsupported URL protocol")
    place, is_ipv6 = _checked_place(parts["place"])
    if "." not in place.rpartition("@")[2] and not is_ipv6:
        raise LinkError("Wrong HTTP URL")
    rest = parts["rest"].rstrip() or "/"
    return f"{scheme}://{place}{rest if rest.startswith('/') else '/' + rest}".replace(" ", "%20")


def _inner_link(match: re.Match[str]) -> str:
    if not match["host"]:
        raise LinkError("URL host is empty")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", match["host"]):
        raise LinkError("Unallowed characters in URL host")
    return f"{match[1].lower()}://{match['host'].lower()}{match['rest']}"


def _checked_place(place: str) -> tuple[str, bool]:
    user, at, host_port = place.rpartition("@")
    host, colon, port = host_port.rpartition(":") if re.search(r":\d*$", host_port) else (host_port, "", "")
    if colon and not (port.isdigit() and 0 < int(port) <= _HIGHEST_PORT):
        raise LinkError("Wrong port number specified in the URL")
    if not host:
        raise LinkError("URL host is empty")
    is_ipv6 = bool(_IPV6.fullmatch(host))
    if not is_ipv6 and not _HOST.fullmatch(host):
        raise LinkError("Disallowed character in URL host")
    return f"{user}{at}{host.lower()}{colon}{port}", is_ipv6


def user_of_link(link: str) -> int | None:
    """`tg://user?id=123` mentions a person instead of opening an address (Bot API documentation, HTML style)."""
    match = re.fullmatch(r"tg://user\?id=(\d+)", link)
    return int(match[1]) if match else None
