"""What a journal has of its session."""

import json

import pytest

from livecomposer.errors import LivecomposerError
from livecomposer.takes.journal import FORMAT
from livecomposer.takes.journal_reader import read

HEADER = {"livecomposer": "0", "seed": 1, "settings": {"creative_risk": 1.5, "long_gone": 3}}
BATCHES = [{"t": 0.0, "n": 0, "at": 1_000_000, "calls": "w0 c5"}, {"t": 0.4, "n": 1, "at": 1_400_000, "calls": "w7"}]


def journal(folder, lines):
    """A journal of these lines; what is a text is written as it is."""
    path = folder / "session.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_header_settings_and_calls_are_read(tmp_path):
    """In order; other lines, and settings that are no more, are passed over."""
    score = read(journal(tmp_path, [HEADER, BATCHES[0], {"t": 0.2, "who": "performer", "data": "903c50"}, BATCHES[1]]))
    assert (1.5, 1, "") == (score.settings.creative_risk, score.header["seed"], score.broken)
    assert ["w", "c", "w"] == [call.what for call in score.calls]
    assert 1.400007 == score.calls[-1].moment


def test_a_journal_that_does_not_say_its_format_is_of_the_first(tmp_path):
    """The first journals did not."""
    assert [1, 2] == [read(journal(tmp_path, [{**HEADER, **more}, *BATCHES])).format for more in ({}, {"format": 2})]


def test_a_journal_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path):
    """The last line has no end."""
    score = read(journal(tmp_path, [HEADER, BATCHES[0], json.dumps(BATCHES[1])[:-6]]))
    assert 2 == len(score.calls)


def test_a_line_that_is_missing_is_told(tmp_path):
    """The calls end before it."""
    score = read(journal(tmp_path, [HEADER, BATCHES[0], {**BATCHES[1], "n": 2}]))
    assert "missing" in score.broken
    assert 2 == len(score.calls)


@pytest.mark.parametrize("calls", ["w?", 5])
def test_a_line_that_is_damaged_is_told(tmp_path, calls):
    """The calls end before it."""
    assert "line 1" in read(journal(tmp_path, [HEADER, BATCHES[0], {**BATCHES[1], "calls": calls}])).broken


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "no session's journal"),
        (["MThd"], "no session's journal"),
        ([{"x": 1}], "no session's journal"),
        ([HEADER], "nothing in it"),
        ([{**HEADER, "settings": {"mode": "sing"}}, *BATCHES], "mode"),
        ([{**HEADER, "seed": "x"}, *BATCHES], "seed"),
        ([{**HEADER, "format": FORMAT + 1}, *BATCHES], "the version that it was played with"),
        ([{**HEADER, "format": "x"}, *BATCHES], "the version that it was played with"),
    ],
)
def test_what_is_no_journal_is_refused_in_one_line(tmp_path, lines, reason):
    """With the reason."""
    with pytest.raises(LivecomposerError, match=reason) as caught:
        read(journal(tmp_path, lines))
    assert "\n" not in str(caught.value)


def test_what_is_not_there_is_refused(tmp_path):
    """With its path."""
    with pytest.raises(LivecomposerError, match=r"gone\.jsonl"):
        read(tmp_path / "gone.jsonl")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LivecomposerError, match="cannot be read"):
        read(tmp_path / "bytes.jsonl")
