"""Who may come in: pure answers to what a browser says of itself, and to how much it says.

On a loopback address only this machine can ask, so it is enough that no other site's page asks in its name: neither by
a name that was made to point here (the Host) nor from a page of its own (the Origin). On any other address whoever asks
must also know the token.
"""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from livecomposer.errors import SettingError

__all__ = ["COOKIE", "Access", "address_of"]

COOKIE = "livecomposer"
_OWN_NAMES = {"localhost", "127.0.0.1", "::1"}


def address_of(text: str) -> tuple[str, int]:
    """Host and port of ``127.0.0.1:8765``, ``[::1]:8765`` or ``0.0.0.0:8765``; raises :class:`SettingError`."""
    try:
        parts = urlsplit("//" + text)
        if parts.hostname and parts.port is not None and parts.netloc == text and "@" not in text:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise SettingError(f"panel_address = {text!r}: wanted an address and a port, as 127.0.0.1:8765")


def _is_own(host: str) -> bool:
    try:
        return host in _OWN_NAMES or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    """Without the port; empty for what is none."""
    try:
        return urlsplit("//" + host).hostname or ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Access:
    """Of one server: ``token`` is what others must know, empty where only this machine can ask."""

    token: str

    @classmethod
    def at(cls, host: str) -> "Access":
        """For a server on ``host``."""
        return cls("" if _is_own(host) else secrets.token_urlsafe(16))

    def refusal(self, headers: Mapping[str, str], *, token: str) -> str:
        """Why a request is refused, in one line; empty if it is not."""
        host = headers.get("Host", "")
        if not self.token and not _is_own(_name_of(host)):
            return f"host {host[:80]!r}: this page is only served to this machine; open http://127.0.0.1 with its port"
        origin = headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != host:
            return f"origin {origin[:80]!r}: another site's page may not play here"
        if headers.get("Sec-Fetch-Site") == "cross-site" and headers.get("Sec-Fetch-Mode") != "navigate":
            return "another site's page may not play here"
        if self.token and not secrets.compare_digest(token.encode(errors="replace"), self.token.encode()):
            return "wrong or no token; open the whole address that the start line shows"
        return ""
