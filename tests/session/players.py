"""Simulated hands and a simulated mind for the session's tests."""

import random

import numpy as np

from livecomposer.companion.requests import Feed, Step
from livecomposer.events import NoteOff, NoteOn

__all__ = ["Mind", "chord", "phrase", "play"]


def phrase(start, *, notes=8, spacing=0.25, length=0.2, first=60):
    """Events of a rising line, one key at a time."""
    events = []
    for i in range(notes):
        events.append(NoteOn(start + i * spacing, first + i, 80))
        events.append(NoteOff(start + i * spacing + length, first + i))
    return events


def chord(start, pitches, *, length=None):
    """Events of keys struck together; never released if ``length`` is None."""
    events = [NoteOn(start, pitch, 80) for pitch in pitches]
    return events + ([NoteOff(start + length, pitch) for pitch in pitches] if length else [])


class Mind:
    """Stands in for the engine: draws uniformly from what the mask allows, at once. No music, and never late."""

    def __init__(self, *, shifts=0.5):
        self.fed = []
        self.steps = 0
        self._shifts = shifts

    def draw(self, mask, chance):
        """An allowed id; time shifts are preferred so that a turn goes on."""
        self.steps += 1
        ids = np.flatnonzero(mask)
        shifts = ids[(ids >= 256) & (ids < 356)]
        dice = random.Random(chance)
        if shifts.size and dice.random() < self._shifts:
            ids = shifts[shifts < 286] if (shifts < 286).any() else shifts
        return int(dice.choice(ids))

    def answer(self, duet, wanted):
        """Do what the duet wants, as the session's shell would."""
        if isinstance(wanted, Feed):
            self.fed.append(list(wanted.ids))
        elif isinstance(wanted, Step):
            wanted.plan.accept(self.draw(wanted.mask, wanted.chance))


def play(duet, clock, events, *, until, mind=None, tick=0.005):
    """Move the clock to ``until`` in small steps, playing ``events``; what the duet committed, with when it did."""
    mind = mind or Mind()
    waiting = sorted(events, key=lambda event: event.time)
    committed = []
    while clock.now() < until:
        clock.advance(tick)
        while waiting and waiting[0].time <= clock.now():
            duet.hear(waiting.pop(0))
        committed += [(clock.now(), event) for event in duet.commit(clock.now())]
        duet.look(clock.now())
        for _ in range(200):
            wanted = duet.want(clock.now())
            if wanted is None:
                break
            mind.answer(duet, wanted)
    return committed
