"""Which SoundFont plays."""

import pytest

from livecomposer.errors import SoundError
from livecomposer.playing.soundfonts import NAMES, OWN, all_soundfonts, find_soundfont

BANK = b"RIFF\x04\x00\x00\x00sfbk"


def test_an_explicit_path_wins(tmp_path):
    """A path that is given is taken, whatever the system has."""
    path = tmp_path / "mine.sf2"
    path.write_bytes(BANK)
    assert path == find_soundfont(str(path))


def test_an_absent_path_is_refused_in_one_line(tmp_path):
    """A path to nothing raises one line with the path and the remedy."""
    with pytest.raises(SoundError, match=r"none\.sf2: no such file; set soundfont") as caught:
        find_soundfont(str(tmp_path / "none.sf2"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"RIFF\x04\x00\x00\x00WAVE", b"MThd\x00\x00\x00\x06\x00\x00\x00\x00"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    """A file that is not RIFF sfbk is named as such."""
    path = tmp_path / "odd.sf2"
    path.write_bytes(content)
    with pytest.raises(SoundError, match="not a SoundFont"):
        find_soundfont(str(path))


def test_names_are_ranked_before_folders(tmp_path):
    """A better bank in a later folder beats a worse one in an earlier folder."""
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, name in ((first, NAMES[-1]), (second, NAMES[0])):
        folder.mkdir()
        (folder / name).write_bytes(BANK)
    assert second / NAMES[0] == find_soundfont(folders=(first, second))


def test_a_broken_bank_of_the_system_is_passed_over(tmp_path):
    """A dangling link or damaged file of the right name does not stand in the way of the own piano."""
    (tmp_path / NAMES[0]).symlink_to(tmp_path / "gone")
    (tmp_path / NAMES[1]).write_bytes(b"damaged")
    assert find_soundfont(folders=(tmp_path,)) == OWN


def test_own_piano_is_there():
    """Without any bank on the system the project's own piano is found."""
    assert OWN.name == "livecomposer-piano.sf2"
    assert find_soundfont(folders=()) == OWN


def test_nothing_at_all_is_an_error(tmp_path):
    """Where even the own piano is missing the error says what to install."""
    with pytest.raises(SoundError, match="apt install fluid-soundfont-gm"):
        find_soundfont(folders=(), own=tmp_path / "none.sf2")


def test_every_bank_is_found_once(tmp_path):
    """Links to the same file, files of another kind and other endings are left out; the own folder comes first."""
    own, system = tmp_path / "own", tmp_path / "system"
    for folder in (own, system):
        folder.mkdir()
    for path in (own / "piano.sf2", system / "b.sf2", system / "a.sf3"):
        path.write_bytes(BANK)
    (system / "default.sf2").symlink_to(own / "piano.sf2")
    (system / "odd.sf2").write_bytes(b"odd")
    (system / "c.wav").write_bytes(BANK)
    found = all_soundfonts(folders=(system, tmp_path / "absent"), own=own / "piano.sf2")
    assert [own / "piano.sf2", system / "a.sf3", system / "b.sf2"] == found
