"""TOML files, read and found."""

import pytest

from livecomposer.errors import SettingError
from livecomposer.toml_files import named_files, read_toml


def test_a_file_says_what_it_says(tmp_path):
    """Tables and values, as tomllib reads them."""
    (tmp_path / "one.toml").write_text('gain = 0.5\n[controls]\n"cc:1" = "tap"\n')
    assert {"gain": 0.5, "controls": {"cc:1": "tap"}} == read_toml(tmp_path / "one.toml", wanted="settings")


@pytest.mark.parametrize(
    "content",
    [
        b"gain = ",
        b"\xff\xfe",
        b"a = " + 1_000 * b"[",
        b"a = " + 1_000 * b"{a = ",
        b"a = " + 5_000 * b"9",
        b"a = 1\na = 2\n",
        b"a = 1979-02-30\n",
    ],
)
def test_what_is_no_toml_is_refused_in_one_line(tmp_path, content):
    """Broken, no text, nested too deeply, a number too long, said twice, no day of any year."""
    (tmp_path / "bad.toml").write_bytes(content)
    with pytest.raises(SettingError, match=r"bad\.toml: not valid TOML .*; wanted settings") as caught:
        read_toml(tmp_path / "bad.toml", wanted="settings such as config/default.toml")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_what_cannot_be_read_is_refused_in_one_line(tmp_path):
    """A file that is not there, or a folder."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingError, match=r"cannot be read .*; wanted settings"):
            read_toml(path, wanted="settings such as config/default.toml")


def test_files_are_found_by_name(tmp_path):
    """In order, TOML alone; in no folder there are none."""
    for name in ("b.toml", "a.toml", "c.txt"):
        (tmp_path / name).touch()
    assert {"a": tmp_path / "a.toml", "b": tmp_path / "b.toml"} == named_files(tmp_path)
    assert ["a", "b"] == list(named_files(tmp_path))
    assert {} == named_files(tmp_path / "none")
