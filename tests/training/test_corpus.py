"""From folders of MIDI to shards and back."""

from dataclasses import replace

import numpy as np
import pytest

from livecomposer.errors import CorpusError
from livecomposer.events import Note, events_of_notes
from livecomposer.midi import files
from livecomposer.tokens import barnote
from livecomposer.tokens.stream import ids_of_notes, notes_heard, notes_of_ids
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.training.corpus import SPLITS, load_shard, prepare
from livecomposer.training.voices import How
from tests.midi.odd_files import CASES
from tests.training.pieces import ids_of, notes_of, write_midi

TABLE = "path,split\na.mid,train\nsub/b.mid,train\nc.mid,valid\nd.MID,test\n"


@pytest.fixture
def music(tmp_path):
    """A folder with four pieces, a copy, a short piece and a broken file, and a table of splits beside it."""
    folder = tmp_path / "music"
    for seed, name in enumerate(("a.mid", "sub/b.mid", "c.mid", "d.MID", "short.mid")):
        write_midi(folder / name, seed)
    write_midi(folder / "z_copy.mid", 0)
    (folder / "broken.mid").write_bytes(b"MThd\x00\x00 and no more")
    (folder / "readme.txt").write_text("no music")
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits" / "music.csv").write_text(TABLE + "broken.mid,test\nz_copy.mid,train\nshort.mid,train\n")
    return folder


def refused(*arguments, **options):
    """The one line that preparing raises."""
    with pytest.raises(CorpusError) as caught:
        prepare(*arguments, workers=1, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_becomes_shards(music, tmp_path):
    """Pieces go where the table says, once each; what is broken is counted; the same again gives the same bytes."""
    told = []
    counts = prepare([music], tmp_path / "one", workers=1, progress=lambda done, total: told.append((done, total)))
    assert [(i, 7) for i in range(1, 8)] == told
    assert counts["train"]["pieces"] == 3
    assert counts["train"]["duplicate"] == 1
    assert counts["test"]["unreadable"] == 1
    train, valid, test = (load_shard(tmp_path / "one" / f"{split}.npz") for split in SPLITS)
    assert ("music/a.mid", "music/short.mid", "music/sub/b.mid") == train.names
    assert (("music/c.mid",), ("music/d.MID",)) == (valid.names, test.names)
    assert len(train.ids) == counts["train"]["tokens"] == train.starts[-1]
    assert train.ids.dtype == np.uint16
    written, read = notes_of(0, 40), notes_of_ids(train.piece(0).tolist(), origin=0.0)
    assert sorted(note.pitch for note in written) == sorted(note.pitch for note in read)
    starts = [sorted(note.start - notes[0].start for note in notes) for notes in (written, read)]
    np.testing.assert_allclose(*starts, atol=0.011)
    prepare([music], tmp_path / "two", workers=2)
    for split in SPLITS:
        assert (tmp_path / "one" / f"{split}.npz").read_bytes() == (tmp_path / "two" / f"{split}.npz").read_bytes()


def test_the_same_notes_are_kept_once_however_they_are_played(tmp_path):
    """Slower, later and softer they are the same piece; another pitch makes another."""
    notes = notes_of(0, 40)
    slower = [Note(3 + 2 * n.start, 3 + 2 * n.end, n.pitch, 1 + n.velocity // 2) for n in notes]
    other = [*notes[:-1], replace(notes[-1], pitch=notes[-1].pitch + 1)]
    (tmp_path / "music").mkdir()
    for name, played in (("a.mid", notes), ("b.mid", slower), ("c.mid", other)):
        files.write(tmp_path / "music" / name, [files.Track("piano", tuple(events_of_notes(played)))])
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits/music.csv").write_text("path,split\na.mid,train\nb.mid,test\nc.mid,train\n")
    left_out = []
    counts = prepare([tmp_path / "music"], tmp_path / "out", workers=1, skipped=lambda *told: left_out.append(told))
    assert (2, 1) == (counts["train"]["pieces"], counts["test"]["duplicate"])
    assert [("music/b.mid", "duplicate")] == left_out


def test_the_melody_is_marked_beside_the_same_ids(tmp_path):
    """Ids are what all tracks sound like together; the melody's notes are marked on them, and what told so is kept."""
    parts = (notes_of(0, 30), 21), (notes_of(1, 60), -19)
    melody, rest = ([replace(note, pitch=note.pitch + by) for note in notes] for notes, by in parts)
    tracks = [
        files.Track(name, tuple(events_of_notes(notes))) for name, notes in (("MELODY", melody), ("BRIDGE", rest))
    ]
    (tmp_path / "music").mkdir()
    files.write(tmp_path / "music" / "a.mid", tracks)
    write_midi(tmp_path / "music" / "b.mid", 2)
    table = tmp_path / "splits" / "music.csv"
    table.parent.mkdir()
    table.write_text("path,split\na.mid,train\nb.mid,train\n")
    counts = prepare([tmp_path / "music"], tmp_path / "out", workers=1)
    shard = load_shard(tmp_path / "out" / "train.npz")
    assert [How.MELODY, How.SKYLINE] == shard.how.tolist()
    assert 1 == counts["train"]["led by a melody track"] == counts["train"]["led by the top line"]
    read = files.read(tmp_path / "music" / "a.mid")
    heard = notes_heard([track.events for track in read.tracks])
    assert ids_of_notes(heard, origin=heard[0].start) == shard.piece(0).tolist()
    leading = notes_of_ids(shard.ids[shard.lead & (np.arange(len(shard.ids)) < shard.starts[1])].tolist(), origin=0.0)
    assert sorted(note.pitch for note in melody) == sorted(note.pitch for note in leading)


def test_a_shard_without_melodies_loads(tmp_path):
    """What was made before melodies were marked knows of none."""
    save(tmp_path / "old.npz")
    shard = load_shard(tmp_path / "old.npz")
    assert ([How.NONE], len(shard.ids)) == (shard.how.tolist(), len(shard.lead))
    assert not shard.lead.any()


def test_what_is_odd_is_summed_up_in_one_line(tmp_path):
    """Of the files that became pieces, counted in their own processes."""
    for name in ("02-key-signature-8-flats", "08-zero-length", "16-tempo-zero"):
        (tmp_path / "music").mkdir(exist_ok=True)
        (tmp_path / "music" / f"{name}.mid").write_bytes((CASES / f"{name}.mid").read_bytes())
    (tmp_path / "splits").mkdir()
    table = "path,split\n02-key-signature-8-flats.mid,train\n08-zero-length.mid,test\n16-tempo-zero.mid,train\n"
    (tmp_path / "splits/music.csv").write_text(table)
    lines = []
    counts = prepare([tmp_path / "music"], tmp_path / "out", workers=1, notify=lines.append)
    assert 1 == counts["train"]["duplicate"]
    assert ["2 of 2 pieces; ignored: 1 key signature that does not exist; mended: 12 notes of no length"] == lines


def test_nothing_usable_is_one_line(tmp_path):
    """No folder, no MIDI file, or only broken ones: each says so in one line, and nothing is written."""
    (tmp_path / "music").mkdir()
    assert "no MIDI file" in refused([tmp_path / "music"], tmp_path / "out")
    assert "no MIDI file" in refused([tmp_path / "nowhere"], tmp_path / "out")
    (tmp_path / "music" / "a.mid").write_bytes(b"no music")
    (tmp_path / "music" / "b.mid").mkdir()
    assert "no usable piece to train on in 2 files" in refused([tmp_path / "music"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_file_is_one_line(tmp_path):
    """A file instead of a folder, and a folder of one piece that is kept to validate, are told what is wanted."""
    write_midi(tmp_path / "music" / "a.mid", 0)
    assert "a.mid: a file; wanted a folder" in refused([tmp_path / "music" / "a.mid"], tmp_path / "out")
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits/music.csv").write_text("path,split\na.mid,valid\n")
    assert "in 1 files, 1 kept to validate and test" in refused([tmp_path / "music"], tmp_path / "out")


@pytest.mark.parametrize("table", ["path,split\na.mid,validation\n", "file,part\na.mid,train\n", "path,split\na.mid\n"])
def test_a_bad_table_of_splits_is_one_line(tmp_path, table):
    """An unknown split, other columns, or a row without a split names the table."""
    write_midi(tmp_path / "music" / "a.mid", 0)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "music.csv").write_text(table)
    assert "music.csv" in refused([tmp_path / "music"], tmp_path / "out", splits=tmp_path / "tables")


def test_an_unwritable_place_is_one_line(music, tmp_path):
    """Where shards cannot be written, the message names the folder."""
    (tmp_path / "file").write_text("in the way")
    assert "file: not written" in refused([music], tmp_path / "file")


def save(path, **changes):
    """Write a shard by hand."""
    whole = {"ids": ids_of(0).astype(np.uint16), "starts": np.array([0, len(ids_of(0))]), "names": np.array(["a"])}
    np.savez(path, **{**whole, "fingerprint": np.array(VOCABULARY.fingerprint), **changes})


def test_a_shard_of_another_vocabulary_is_refused(tmp_path):
    """A shard names the vocabulary it was made for."""
    save(tmp_path / "whole.npz")
    assert len(load_shard(tmp_path / "whole.npz")) == 1
    save(tmp_path / "other.npz", fingerprint=np.array("0123456789ab"))
    with pytest.raises(CorpusError, match="0123456789ab"):
        load_shard(tmp_path / "other.npz")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_shard_is_refused(tmp_path, share):
    """However much is missing, it is one line."""
    save(tmp_path / "a.npz")
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data[: int(share * len(data))])
    with pytest.raises(CorpusError, match="not a shard"):
        load_shard(tmp_path / "a.npz")


def test_what_is_no_shard_is_refused(tmp_path):
    """A missing file, a lone array, a zip of something else and flipped bytes are one line each."""
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    save(tmp_path / "flipped.npz")
    data = bytearray((tmp_path / "flipped.npz").read_bytes())
    data[200:260] = bytes(60)
    (tmp_path / "flipped.npz").write_bytes(data)
    for name in ("missing.npz", "array.npy", "other.npz", "flipped.npz"):
        with pytest.raises(CorpusError, match="not a shard") as caught:
            load_shard(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_bars_are_told_where_they_are_asked_for(tmp_path):
    """In the other vocabulary a piece is told from its first bar on; shards of the one are not the other's."""
    grid = barnote.Grid.steady(120)
    notes = [Note(8 + i / 2, 8.25 + i / 2, 60 + i, 80) for i in range(20)]
    (tmp_path / "music").mkdir()
    files.write(tmp_path / "music/a.mid", [files.Track("piano", tuple(events_of_notes(notes)))])
    prepare([tmp_path / "music"], tmp_path / "out", workers=1, tokens="barnote")
    shard = load_shard(tmp_path / "out/train.npz", tokens="barnote")
    heard = [Note(note.start - 8, note.end - 8, note.pitch, 80) for note in notes]
    assert heard == barnote.decode(shard.piece(0).tolist(), grid)
    with pytest.raises(CorpusError, match="prepare again"):
        load_shard(tmp_path / "out/train.npz")
