"""The accompanist who knows the future, with an engine without taste but for one."""

import numpy as np

from livecomposer.events import Note, Role, events_of_notes
from livecomposer.offline.lookahead import accompany_knowing
from livecomposer.settings import Settings, changed
from livecomposer.tokens.vocabulary import VOCABULARY
from tests.session.players import Mind

SETTINGS = changed(Settings(), {"mode": "accompany", "alone": 1.0, "max_note": 1.0})
MELODY = [Note(2.0 + i / 2, 2.4 + i / 2, 60 + i, 80) for i in range(8)]
ON = slice(0, 128)


class FakeEngine:
    """Draws at random, and finds some keys likelier than others for no reason."""

    def __init__(self):
        self.ids = []
        self.fed = []
        self._mind = Mind()

    def feed(self, ids):
        self.ids = list(ids)
        self.fed.append(self.ids)

    def advance(self, id_):
        self.ids.append(id_)

    def logits(self):
        return np.array([len(self.ids) % 7 if i % 2 else 0 for i in range(VOCABULARY.size)], dtype=np.float32)

    def draw(self, mask, _sampling, chance, _policy):
        return self._mind.draw(mask, chance)


def played(seed=1, **more):
    """What is played to the melody."""
    return accompany_knowing(MELODY, FakeEngine(), SETTINGS, seed=seed, **more)


def test_it_plays_beside_the_melody_and_comes_to_rest():
    """Between the performer's first key and ``alone`` seconds after the last event; every note ends."""
    notes = played()
    assert {Role.COMPANION} == {note.role for note in notes}
    assert min(note.start for note in notes) >= 2.0
    assert 4.0 < max(note.start for note in notes) < MELODY[-1].end + 1.0
    assert max(note.end for note in notes) <= MELODY[-1].end + 2.0
    assert list(events_of_notes(notes))


def test_the_same_seed_gives_the_same_notes():
    """And another seed others."""
    assert played() == played()
    assert played() != played(seed=2)


def test_every_key_of_the_performer_s_is_in_the_stream_once():
    """In its own step, whatever was expected."""
    engine = FakeEngine()
    accompany_knowing(MELODY, engine, SETTINGS, seed=1, candidates=1)
    step, told = 0, []
    for id_ in engine.ids:
        token = VOCABULARY.tokens[id_]
        step += token.value if token.kind.value == "time_shift" else 0
        if id_ in range(128):
            told.append((step, id_))
    assert [(50 * i, 60 + i) for i in range(8)] == told


def test_of_several_the_likeliest_stays():
    """A companion whose pitch 0 makes the performer's keys likely plays it more often where it may choose."""

    class Fond(FakeEngine):
        """Finds every key likely after pitch 0 of the companion's was played, and unlikely else."""

        def logits(self):
            row = np.zeros(VOCABULARY.size, dtype=np.float32)
            row[[note.pitch for note in MELODY]] = 9.0 if VOCABULARY.id(*_low()) in self.ids[-12:] else 0.0
            return row

    def _low():
        token = VOCABULARY.tokens[388]
        return token.kind, token.value, token.role

    settings = changed(SETTINGS, {"highest": 3})

    def low(candidates):
        return sum(
            note.pitch == 0
            for seed in range(4)
            for note in accompany_knowing(MELODY, Fond(), settings, seed=seed, candidates=candidates)
        )

    assert low(8) > low(1)


def test_progress_is_told():
    """In seconds, never going back."""
    told = []
    played(progress=told.append)
    assert told == sorted(told)
    assert told[-1] > 4.0


def test_a_key_struck_again_and_a_note_of_no_length():
    """Both are told; nothing hangs."""
    melody = [Note(1.0, 1.0, 60, 80), Note(1.5, 3.0, 60, 80), Note(3.0, 3.2, 60, 80)]
    engine = FakeEngine()
    accompany_knowing(melody, engine, SETTINGS, seed=1, candidates=1)
    assert 3 == engine.ids.count(60)
