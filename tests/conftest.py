"""Fixtures that more than one room's tests share."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.jack import ABSENT, available, jack_server

settings.register_profile("untimed", deadline=None)  # tests assert logic, never time
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def no_files_of_ones_own(tmp_path_factory) -> Iterator[None]:
    """Whoever runs the tests may have learned controls and described devices; no test reads them, nor adds any."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("own")))
        yield


@pytest.fixture(scope="session")
def jack() -> Iterator[str]:
    """Name of a private JACK server, this process's default one while any test of the session runs."""
    if not available():
        pytest.skip(ABSENT)
    with jack_server() as name:
        yield name
        portaudio = sys.modules.get("sounddevice")
        while portaudio is not None and portaudio._initialized:  # it aborts the process if its server ends first
            portaudio._terminate()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where every tool is said to be there, fail what would be skipped for want of one ("not installed")."""
    report = yield
    if report.skipped and "LIVECOMPOSER_REQUIRE_TOOLS" in os.environ and "not installed" in str(report.longrepr):
        report.outcome = "failed"
    return report
