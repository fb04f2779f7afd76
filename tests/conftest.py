"""Fixtures that more than one room's tests share."""

import os
from collections.abc import Iterator

import pytest

from tests.jack import ABSENT, available, jack_server


@pytest.fixture(scope="session")
def jack() -> Iterator[str]:
    """Name of a private JACK server, this process's default one while any test of the session runs."""
    if not available():
        (pytest.fail if "LIVECOMPOSER_REQUIRE_TOOLS" in os.environ else pytest.skip)(ABSENT)
    with jack_server() as name:
        yield name
