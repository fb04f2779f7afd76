"""Whole files through the rooms, with the engine's real process."""

import wave

import pytest

from livecomposer import performances
from livecomposer.errors import CheckpointError, MidiFileError
from livecomposer.midi import files
from livecomposer.midi.file_chunks import parse
from livecomposer.offline.file_commands import (
    accompany_file,
    accompany_file_knowing,
    begin_file,
    continue_file,
    render_file,
    seconds_of,
    tracks_of_file,
)
from livecomposer.settings import Settings, changed
from tests.midi.odd_files import CASES, CONDUCTOR, DRUMS, END, PIANO, smf
from tests.session.minds import tiny_checkpoint
from tests.session.players import phrase

SOURCE = performances.path("gymnopedie")


async def test_the_same_seed_gives_the_same_file(tmp_path):
    """Byte for byte, in two processes."""
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), "extension_duration": 2.0})
    for name in ("a", "b"):
        report = await continue_file(SOURCE, tmp_path / f"{name}.mid", settings, seed=5, progress=lambda _: None)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert {"seed", "model", "prompt_notes", "notes", "seconds", "tokens"} <= set(report)
    assert report["notes"] == len(tracks_of_file(tmp_path / "a.mid")["companion"])


async def test_every_command_says_in_one_line_what_is_odd_about_its_file(tmp_path):
    """Going on, playing along in two ways, and sound; the odd chord at the end is part of what goes on."""
    model = str(tiny_checkpoint(tmp_path / "tiny"))
    settings = changed(Settings(), {"model": model, "extension_duration": 0.5, "alone": 0.5, "plan_ahead": 0.1})
    source, lines = CASES / "27-prompt-ends-held.mid", []
    how = {"seed": 5, "progress": lambda _: None, "notify": lines.append}
    report = await continue_file(source, tmp_path / "a.mid", settings, **how)
    await accompany_file(source, tmp_path / "b.mid", settings, latency=0.02, **how)
    accompany_file_knowing(source, tmp_path / "c.mid", settings, **how)
    render_file(source, tmp_path / "d.wav", settings, notify=lines.append)
    assert [f"{source}: read 19 notes; mended: 3 notes never ended"] * 4 == lines
    assert (19, 4.25) == (report["prompt_notes"], report["start"])


async def test_a_text_long_behind_the_music_is_not_gone_on_from(tmp_path):
    """The continuation begins behind the last stroke's own length, not half an hour later."""
    model = str(tiny_checkpoint(tmp_path / "tiny"))
    settings = changed(Settings(), {"model": model, "extension_duration": 0.5})
    source = CASES / "31b-note-never-ended-long-tail.mid"
    report = await continue_file(source, tmp_path / "a.mid", settings, seed=5, progress=lambda _: None)
    assert (4, 2.0) == (report["prompt_notes"], report["start"])


@pytest.fixture
def song(tmp_path):
    """A sequencer's file: tempo map, signatures, a program, a controller, and drums; it lasts 1.5 s."""
    path = tmp_path / "song.mid"
    path.write_bytes(smf(CONDUCTOR + END, PIANO + END, DRUMS + END))
    return path


def told_by(path):
    """What each track of a file says, its ticks left out."""
    return [[message for _, message in track] for track in parse(path.read_bytes()).tracks]


async def test_all_that_was_in_a_file_is_in_what_goes_on_with_it(song, tmp_path):
    """Also where both play, in either way; the companion keeps to the file's tempo map, on a channel of its own."""
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), "extension_duration": 2.0})
    quick = changed(settings, {"alone": 0.5, "plan_ahead": 0.1, "companion_program": 48})
    how = {"seed": 5, "progress": lambda _: None}
    report = await continue_file(song, tmp_path / "a.mid", settings, **how)
    await accompany_file(song, tmp_path / "b.mid", quick, latency=0.02, **how)
    accompany_file_knowing(song, tmp_path / "c.mid", quick, **how)
    for name in "abc":
        *before, companion = told_by(tmp_path / f"{name}.mid")
        assert told_by(song) == before
        assert {1} == {message[0] & 15 for message in companion if message[0] < 0xF0}
        assert (name != "a") == (b"\xc1\x30" in companion)
    made = files.read(tmp_path / "a.mid")
    assert ((0.0, 0.5, 1.5), 3.0) == (made.beats[:3], made.quarters_per_bar)
    companion = tracks_of_file(tmp_path / "a.mid")["companion"]
    assert report["notes"] == len(companion)
    assert 1.5 <= min(note.start for note in companion)
    assert max(note.end for note in companion) <= 3.51


async def test_what_was_gone_on_with_is_gone_on_with_again_on_one_track(song, tmp_path):
    """The companion's old notes stay, the new ones are behind them, and no track is added."""
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), "extension_duration": 1.0})
    how = {"seed": 5, "progress": lambda _: None}
    await continue_file(song, tmp_path / "a.mid", settings, **how)
    report = await continue_file(tmp_path / "a.mid", tmp_path / "b.mid", settings, **how)
    once, twice = tracks_of_file(tmp_path / "a.mid"), tracks_of_file(tmp_path / "b.mid")
    assert ["piano", "companion"] == list(once) == list(twice)
    assert once["companion"] == twice["companion"][: len(once["companion"])]
    assert report["notes"] == len(twice["companion"]) - len(once["companion"]) > 0
    assert 4 == len(told_by(tmp_path / "b.mid"))


async def test_who_plays_along_with_a_companion_is_another(song, tmp_path):
    """On a track of another name, for both play at once."""
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), "alone": 0.5})
    how = {"seed": 5, "latency": 0.02, "progress": lambda _: None}
    await accompany_file(song, tmp_path / "a.mid", settings, **how)
    await accompany_file(tmp_path / "a.mid", tmp_path / "b.mid", settings, **how)
    assert ["piano", "companion", "companion 2"] == list(tracks_of_file(tmp_path / "b.mid"))


async def test_a_piece_from_nothing_is_in_the_scale_and_tempo_that_are_set(tmp_path):
    """The same seed gives the same file; its bars are the tempo's, and its notes begin on sixteenths."""
    asked = {"scale": "D dorian", "tempo": 90.0, "beats_per_bar": 3, "extension_duration": 4.0, "max_rest": 0.3}
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), **asked})
    for name in ("a", "b"):
        report = await begin_file(tmp_path / f"{name}.mid", settings, seed=5, progress=lambda _: None)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    recording = files.read(tmp_path / "a.mid")
    (notes,) = tracks_of_file(tmp_path / "a.mid").values()
    assert (len(notes), 90.0, "D dorian") == tuple(report[name] for name in ("notes", "tempo", "scale"))
    assert {note.pitch % 12 for note in notes} <= {0, 2, 4, 5, 7, 9, 11}
    assert 0.0 == notes[0].start
    assert max(note.end for note in notes) <= 4.001
    sixteenths = [note.start / (60 / 90 / 4) for note in notes]
    assert all(abs(one - round(one)) <= 0.1 for one in sixteenths)
    assert [60 / 90 * beat for beat in range(4)] == pytest.approx(recording.beats[:4])
    assert 3 == recording.quarters_per_bar


async def test_a_piece_is_not_written_where_no_folder_is(tmp_path):
    """Before the weights are loaded."""
    with pytest.raises(MidiFileError, match="make it first"):
        await begin_file(tmp_path / "none" / "out.mid", Settings(), seed=1, progress=lambda _: None)


async def test_the_input_is_never_overwritten(tmp_path):
    """Naming it as output is refused before anything is done."""
    copy = tmp_path / "in.mid"
    copy.write_bytes(SOURCE.read_bytes())
    with pytest.raises(MidiFileError, match="the input itself"):
        await continue_file(copy, copy, Settings(), seed=1, progress=lambda _: None)
    assert SOURCE.read_bytes() == copy.read_bytes()


async def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """Before the weights are loaded."""
    with pytest.raises(MidiFileError, match="make it first"):
        await continue_file(SOURCE, tmp_path / "none" / "out.mid", Settings(), seed=1, progress=lambda _: None)


async def test_weights_of_another_vocabulary_are_refused(tmp_path):
    """In one line, and nothing is written."""
    model = tiny_checkpoint(tmp_path / "other", fingerprint="0123456789ab")
    with pytest.raises(CheckpointError, match="0123456789ab"):
        await continue_file(
            SOURCE, tmp_path / "out.mid", changed(Settings(), {"model": str(model)}), seed=1, progress=lambda _: None
        )
    assert not (tmp_path / "out.mid").exists()


def test_rendering_lasts_as_long_as_the_music(tmp_path):
    """And a little longer, for the last note to die away."""
    seconds = render_file(SOURCE, tmp_path / "out.wav", Settings())
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert seconds == pytest.approx(file.getnframes() / file.getframerate())
    assert seconds > files.read(SOURCE).seconds


async def test_the_companion_plays_along_on_its_own_track(tmp_path):
    """The same latency and seed give the same file, byte for byte; what is told is what is in it."""
    model = str(tiny_checkpoint(tmp_path / "tiny"))
    settings = changed(Settings(), {"model": model, "alone": 0.5, "plan_ahead": 0.1, "input_duration": 3.0})
    files.write(tmp_path / "in.mid", [files.Track("tune", tuple(phrase(0.0)))])
    for name in ("a", "b"):
        report = await accompany_file(
            tmp_path / "in.mid", tmp_path / f"{name}.mid", settings, seed=5, latency=0.02, progress=lambda _: None
        )
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    tracks = tracks_of_file(tmp_path / "a.mid")
    assert ["tune", "companion"] == list(tracks)
    assert ("online", 20.0, report["notes"]) == (report["kind"], report["horizon_ms"], len(tracks["companion"]))


def test_who_knows_the_file_beforehand_plays_along_too(tmp_path):
    """With an engine in this process."""
    settings = changed(Settings(), {"model": str(tiny_checkpoint(tmp_path / "tiny")), "alone": 0.5})
    files.write(tmp_path / "in.mid", [files.Track("tune", tuple(phrase(0.0)))])
    report = accompany_file_knowing(
        tmp_path / "in.mid", tmp_path / "out.mid", settings, seed=5, melody="tune", progress=lambda _: None
    )
    assert ("offline", len(tracks_of_file(tmp_path / "out.mid")["companion"])) == (report["kind"], report["notes"])


def test_a_file_lasts_until_its_last_event():
    """As it is read."""
    assert files.read(SOURCE).seconds == seconds_of(SOURCE)
