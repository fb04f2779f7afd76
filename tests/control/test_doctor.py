"""What doctor says of what it found."""

from livecomposer.control.doctor import Check, checks, report
from livecomposer.settings import Settings, changed


def test_a_missing_need_is_told_with_its_remedy():
    """What jam cannot run without is marked, and the last line says that it is not ready."""
    text = report([Check("torch", ok=False, found="not installed", remedy="pip install torch")])
    assert ["MISSING torch: not installed", "        -> pip install torch"] == text.splitlines()[:2]
    assert text.splitlines()[-1].startswith("not ready")


def test_what_is_optional_does_not_stop_anyone():
    """A note with a remedy still leaves the instrument ready."""
    text = report([Check("sound", ok=True, found="no audio device", remedy="connect one")])
    assert "ready: livecomposer jam" == text.splitlines()[-1]


def test_a_model_that_is_not_there_is_found_out(tmp_path):
    """The checkpoint is needed; audio and ports are not."""
    rows = {row.name: row for row in checks(changed(Settings(), {"model": str(tmp_path), "audio": "off"}))}
    assert not rows["weights"].ok
    assert rows["weights"].remedy
    assert rows["sound"].ok
    assert rows["midi"].ok


def test_the_packages_of_this_installation_are_found():
    """Every needed package is there where the tests run."""
    rows = {row.name: row for row in checks(changed(Settings(), {"audio": "off"}))}
    assert all(rows[name].ok for name in ("torch", "numpy", "mido", "python-rtmidi", "safetensors", "msgpack"))
