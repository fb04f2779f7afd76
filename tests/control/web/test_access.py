import pytest

from livecomposer.control.web.access import Access, address_of
from livecomposer.errors import SettingError

HERE = {"Host": "127.0.0.1:8765"}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8765", ("127.0.0.1", 8765)),
        ("[::1]:80", ("::1", 80)),
        ("0.0.0.0:9000", ("0.0.0.0", 9000)),  # noqa: S104 - a performer may ask for it
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_an_address_is_a_host_and_a_port(text, address):
    """Names, IPv4 and IPv6 are understood."""
    assert address == address_of(text)


@pytest.mark.parametrize("text", ["", "8765", "127.0.0.1", "127.0.0.1:x", "a:99999", "http://a:1", "u@h:1", "a:1/b"])
def test_what_is_no_address_is_refused_in_one_line(text):
    """The message names the setting and shows what is wanted."""
    with pytest.raises(SettingError, match="panel_address") as caught:
        address_of(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_on_a_loopback_address_no_token_is_asked(host):
    """Only this machine can ask there."""
    assert not Access.at(host).token


def test_elsewhere_a_token_is_drawn():
    """Each session has its own."""
    tokens = {Access.at(host).token for host in ("0.0.0.0", "192.168.1.2", "stage.local")}  # noqa: S104
    assert 3 == len(tokens)
    assert all(len(token) > 15 for token in tokens)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765"])
def test_this_machine_is_let_in(host):
    """By any of its own names, with its own page as origin or without one."""
    guard = Access("")
    assert not guard.refusal({"Host": host}, token="")
    assert not guard.refusal({"Host": host, "Origin": f"http://{host}"}, token="")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8765"},
        {},
        {"Host": "["},
        {**HERE, "Origin": "http://["},
        {**HERE, "Origin": "http://evil.example"},
        {**HERE, "Origin": "null"},
        {**HERE, "Origin": "http://127.0.0.1:9999"},
        {**HERE, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_other_sites_are_refused(headers):
    """A name that was made to point here, a foreign page, another port's page: each in one line."""
    refusal = Access("").refusal(headers, token="")
    assert refusal
    assert "\n" not in refusal


def test_a_link_from_another_site_may_be_followed():
    """To open the page is not to play on it."""
    headers = {**HERE, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert not Access("").refusal(headers, token="")


def test_elsewhere_only_the_token_lets_in():
    """Nothing, part of it and another one do not; the whole of it does."""
    right = "a-long-token"
    guard = Access(right)
    headers = {"Host": "192.168.1.2:8765", "Origin": "http://192.168.1.2:8765"}
    assert all(
        "token" in guard.refusal(headers, token=token) for token in ("", "a-long", "á", "\udce9", "a-long-tokens")
    )
    assert not guard.refusal(headers, token=right)
    assert guard.refusal({**headers, "Origin": "http://evil.example"}, token=right)
