"""What ``livecomposer bench`` plays, measures and prints; never how long it took."""

import argparse
import json
import subprocess
import sys

import pytest

from livecomposer.control.experiments import bench_latency as bench
from livecomposer.errors import CheckpointError, SettingError
from livecomposer.events import SUSTAIN, Control, NoteOff, NoteOn
from livecomposer.listening.phrases import PhraseEnd
from livecomposer.model import checkpoint
from livecomposer.model.decoder import Shape
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.model.networks import random_decoder

TINY = Shape(vocabulary=VOCABULARY.size, layers=1, width=16, heads=2, window=64, hidden=16)
QUANTILES = ("p50", "p99", "p999", "max")
METERS = ("thru_ms", "takeover_ms", "replan_ms", "late_ms")


@pytest.fixture
def model(tmp_path):
    """A checkpoint folder of a tiny random decoder that speaks the instrument's vocabulary."""
    checkpoint.save(tmp_path / "tiny", random_decoder(TINY), fingerprint=VOCABULARY.fingerprint)
    return tmp_path / "tiny"


def options(model="", *, threads="1", turns=1, mode="continue", size=None):
    """What the command line hands over."""
    return argparse.Namespace(model=str(model), threads=threads, turns=turns, mode=mode, size=size)


def phrase_ends(events):
    """The phrases that the session's own rule finds in ``events``."""
    rule, found = PhraseEnd(), []
    for event in events:
        if rule.check(event.time):
            found.append(rule.ended)
        rule.hear(event)
    return [*found, rule.ended] if rule.check(events[-1].time + 10) else found


@pytest.mark.parametrize("seed", range(20))
def test_as_many_phrases_are_heard_as_were_asked_for(seed):
    """The listener finds each phrase whole, of about two seconds, whatever its pace and pedal."""
    found = phrase_ends(bench.phrases(9, seed=seed))
    assert 9 == len(found)
    assert all(1.4 < phrase.end - phrase.start < 3.0 for phrase in found)


def test_the_same_seed_plays_the_same_music():
    """A bench can be run again on the very same keys."""
    assert bench.phrases(3, seed=5) == bench.phrases(3, seed=5)
    assert bench.phrases(3, seed=5) != bench.phrases(3, seed=6)


def test_fewer_turns_are_the_beginning_of_more():
    """Ten turns and three turns are comparable: the phrases are the same ones."""
    few, many = bench.phrases(3, seed=1), bench.phrases(10, seed=1)
    assert few == many[: len(few)]


def test_the_performer_lets_go_of_everything():
    """No key and no pedal is left down, and the music is in time order."""
    events = bench.phrases(12, seed=2)
    ons, offs = (sorted(e.pitch for e in events if isinstance(e, kind)) for kind in (NoteOn, NoteOff))
    assert ons == offs
    pedal = [event.value for event in events if isinstance(event, Control) and event.number == SUSTAIN]
    assert [127, 0] * 6 == pedal
    assert sorted(event.time for event in events) == [event.time for event in events]


def test_the_music_is_varied():
    """Phrases do not share one number of notes, one loudness or one register."""
    notes = [event for event in bench.phrases(10, seed=1) if isinstance(event, NoteOn)]
    assert len({note.pitch for note in notes}) > 20
    assert len({note.velocity for note in notes}) > 20


@pytest.mark.parametrize("turns", [0, -3])
def test_no_turn_is_refused(turns):
    """A count that plays nothing is said so, before anything is opened."""
    with pytest.raises(SettingError, match=f"turns = {turns}: wanted 1 or more"):
        bench.run(options(turns=turns))


def test_a_missing_model_is_refused(tmp_path):
    """The folder that holds no weights is named."""
    with pytest.raises(CheckpointError, match="no checkpoint there"):
        bench.run(options(tmp_path / "nothing"))


def test_threads_out_of_range_are_refused():
    """The setting's own range holds for the bench too."""
    with pytest.raises(SettingError, match="threads"):
        bench.run(options(threads="0"))


def test_playing_along_is_measured_from_key_to_plan(model, monkeypatch):
    """In that mode every key is answered by a plan, and how long that took is told."""
    monkeypatch.setattr(bench, "_PHRASE_SECONDS", 0.8)
    result = bench.run(options(model, mode="accompany"))
    assert "accompany" == result["mode"]
    assert result["replan_ms"]["count"] > 1


def test_latency_plays_a_real_session_and_reports_it(model, monkeypatch):
    """A short phrase through the real session gets its turn; the meters agree with one another and with the table."""
    monkeypatch.setattr(bench, "_PHRASE_SECONDS", 0.5)
    monkeypatch.setattr(bench, "_EXTENSION_SECONDS", 0.5)
    result = json.loads(json.dumps(bench.run(options(model))))
    assert (1, 1, 0) == tuple(result[key] for key in ("phrases", "turns", "restarts"))
    for name in METERS:
        quantiles = [result[name][q] for q in QUANTILES]
        assert sorted(quantiles) == quantiles
    counts = {name: result[name]["count"] for name in METERS}
    assert (1, 0) == (counts["takeover_ms"] + result["unanswered"], counts["replan_ms"])
    assert counts["thru_ms"] > 0
    assert counts["late_ms"] > 0
    assert result["tokens"] > 0
    assert result["tokens_per_s"] > 0
    assert result["horizon_ms"] > 0
    assert {"input", "feed", "steps", "output", "jitter"} == set(result["horizon_parts_ms"])
    assert result["machine_late_ms"]["count"] > 0
    assert result["headroom"] > 0
    rows = [line.split() for line in list(bench.lines(result))[2:9]]
    assert {name.removesuffix("_ms"): str(counts[name]) for name in METERS}.items() <= {
        (row[0], row[-1]) for row in rows
    }


def test_the_module_loads_no_torch():
    """The player's process stays light: what is measured is what a performer runs."""
    modules = "livecomposer.control.experiments.bench_latency, livecomposer.session.lifecycle"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode
