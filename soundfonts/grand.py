"""The strings, hammers and soundboard of a small grand piano, summed partial by partial.

What is modelled, and after whom:

- Stiff strings: ``f_n = n f_0 sqrt(1 + B n^2)`` (Fletcher, Blackham and Stratton 1962, JASA 34). B over the compass is
  the sum of a bass and a treble asymptote, each a straight line in log B against the key (Rigaud, David and Daudet
  2013, JASA 133, section II): least near the bass break, about 7e-4 at A4, above 1e-2 at the top.
- Two-stage decay: strings of one key, struck together, first push the bridge together and fade fast; what is left of
  them is out of step and fades slowly, beating (Weinreich 1977, JASA 62). Rates rise with the key and with frequency, a
  few dB a second in the bass to about a hundred at the top (Cheng, Dixon and Mauch 2015, ICASSP).
- The hammer: it cannot move a partial that has a node where it strikes, hence a comb; its felt is a low-pass filter
  that opens as the blow gets harder (Hall 1986 and Askenfelt and Jansson 1993, JASA 79 and 93).
- The soundboard: it radiates little below about 120 Hz, colours what is above, and answers the blow with a thump.

The figures between those were chosen by eye on spectrograms. Everything random is seeded by the key.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Tone", "felt_corner", "frequency", "inharmonicity", "tones"]

Wave = npt.NDArray[np.float64]

DECIBEL = np.log(10) / 20
BOARD = np.random.default_rng(1700)
"""One soundboard for all keys; 1700 is the year of the first pianos."""
BOARD_PHASES = BOARD.uniform(0, 2 * np.pi, 12)
MODES = np.sort(np.exp(BOARD.uniform(np.log(55), np.log(3200), 90)))
MODE_PHASES = BOARD.uniform(0, 2 * np.pi, 90)


@dataclass(frozen=True, slots=True)
class Tone:
    """One key at one velocity, its slow decay taken out so that it can loop without an end.

    ``wave`` is ``(frames,)`` at ``rate`` Hz, of any scale; ``loop`` is ``(first, last + 1)``, exactly periodic; the
    true sound is ``wave * exp(-t / decay)`` with ``decay`` in seconds.
    """

    wave: Wave
    rate: int
    loop: tuple[int, int]
    decay: float


@dataclass(frozen=True, slots=True)
class _Partials:
    """The partials of one key, each array ``(partials,)``: number, Hz, decay rates in dB/s, level of the slow stage."""

    number: Wave
    hertz: Wave
    fast: Wave
    slow: Wave
    residue: Wave
    detune: Wave  # (partials, 2): of the two slow strings, as ratios
    uneven: Wave  # level, dB


def frequency(key: int) -> float:
    """First partial of MIDI key ``key`` in Hz, equal temperament on A4 = 440."""
    return float(440 * 2 ** ((key - 69) / 12))


def inharmonicity(key: int) -> float:
    """B of MIDI key ``key``, by the model of Rigaud et al. with coefficients typical of a grand."""
    return float(np.exp(-0.0847 * key - 5.82) + np.exp(0.0926 * key - 13.64))


def felt_corner(key: int, velocity: int) -> float:
    """Hz above which the hammer's felt damps; rises with the key and with ``velocity`` 1–127."""
    return float(470 * 2 ** ((key - 60) / 45) * (velocity / 64) ** 0.8)


def tones(key: int, velocities: tuple[int, ...], *, rate: int, before: float, loop: float) -> list[Tone]:
    """One tone a velocity. ``before`` seconds stand in front of a loop of about ``loop`` seconds."""
    cycles = round(loop * frequency(key))
    period = round(cycles * rate / frequency(key))
    start = round(before * rate)
    partials = _partials(key, rate)
    decay = 1 / (DECIBEL * float(partials.slow[0]))
    levels = np.stack([_levels(key, velocity, partials) for velocity in velocities])
    strings = _strings(partials, levels, rate=rate, start=start, period=period, decay=decay)
    time = np.arange(start + period + 16) / rate
    made = []
    for velocity, string in zip(velocities, strings, strict=True):
        rise = 0.0045 * 2 ** (-(key - 21) / 33) * (velocity / 64) ** -0.25
        wave = string * np.sin(np.clip(time / rise, 0, 1) * np.pi / 2) ** 2
        knock = _knock(key, velocity, time) * np.clip((start / rate - time) / 0.05, 0, 1)
        wave += knock * np.abs(string[: rate // 4]).max()
        made.append(Tone(wave, rate, (start, start + period), decay))
    return made


def _partials(key: int, rate: int) -> _Partials:
    chance = np.random.default_rng(key)
    bend, first = inharmonicity(key), frequency(key)
    n = np.arange(1.0, 161.0)
    hertz = first * n * np.sqrt((1 + bend * n**2) / (1 + bend))  # the first partial, the pitch, is exact
    n, hertz = n[hertz < 0.45 * rate], hertz[hertz < 0.45 * rate]
    kilo = (hertz - first) / 1000
    fast = (4.5 * 2 ** ((key - 21) / 19.5) + 6.5 * kilo + 0.5 * kilo**2) * np.exp(chance.normal(0, 0.22, n.size))
    slow = fast / np.maximum(2.2, chance.normal(4.0, 0.5, n.size))
    slow[0] = min(slow[0], fast[0] / 3)
    slow = np.maximum(slow, slow[0])  # nothing may outlast the envelope that the whole tone shares
    residue = 10 ** ((chance.normal(-12, 3, n.size) - 0.065 * (key - 21)) / 20)
    cents = chance.uniform(0.25, 0.75, 2) * (1, -1) if key > 32 else np.array([0.1, -0.06])
    detune = 2 ** ((cents + chance.normal(0, 0.12, (n.size, 2))) / 1200)
    return _Partials(n, hertz, fast, slow, residue, detune, chance.normal(0, 2.0, n.size))


def _levels(key: int, velocity: int, partials: _Partials) -> Wave:
    """Amplitudes at the blow, ``(partials,)``, signed."""
    strike = 1 / np.interp(key, [21, 60, 108], [8.0, 8.4, 15.0])
    comb = np.sin(partials.number * np.pi * strike)
    comb = np.where(np.abs(comb) < 0.1, 0.1, comb)  # a hammer has width: it silences nothing wholly
    slope = np.interp(velocity, [20, 120], [3.1, 2.05])
    felt = (1 + (partials.hertz / felt_corner(key, velocity)) ** 2) ** (-slope / 2)
    low = (partials.hertz / 120) ** 2
    octaves = np.log2(partials.hertz / 55)
    colour = np.cos(np.outer(octaves, np.arange(1, 13) * 0.9) + BOARD_PHASES).sum(axis=1) * 0.9
    levels: Wave = comb * felt * low / (1 + low) * 10 ** ((colour + partials.uneven) / 20)
    return levels


def _strings(p: _Partials, levels: Wave, *, rate: int, start: int, period: int, decay: float) -> Wave:
    """All partials summed, ``(velocities, frames)``; from ``start`` on every one repeats after ``period`` frames."""
    frame = np.arange(start + period + 16)
    before = np.minimum(frame, start) / rate
    within = np.maximum(frame - start, 0) / rate
    grid = rate / period
    total = np.zeros((len(levels), frame.size))
    loudest = np.abs(levels).max()
    for i in np.flatnonzero(np.abs(levels).max(axis=0) > 1e-4 * loudest):
        stages = [(p.hertz[i], 1.0, p.fast[i])]
        stages += [(p.hertz[i] * ratio, p.residue[i] / 2, p.slow[i]) for ratio in p.detune[i]]
        wave = np.zeros(frame.size)
        for hertz, level, fading in stages:
            turns = hertz * before + grid * round(hertz / grid) * within
            wave += level * np.exp((1 / decay - DECIBEL * fading) * before) * np.sin(2 * np.pi * turns)
        total += levels[:, i, None] * wave
    return total


def _knock(key: int, velocity: int, time: Wave) -> Wave:
    """The soundboard's thump and the felt's noise, ``(frames,)``, the strings' loudest moment being 1."""
    fade = 1 / np.interp(MODES, [55, 400, 3200], [0.09, 0.045, 0.010])
    level = 1 / (1 + (MODES / (240 * (velocity / 64) ** 0.4 * 2 ** ((key - 60) / 24))) ** 1.3)
    thump = np.zeros(time.size)
    for i in range(MODES.size):
        thump += level[i] * np.exp(-time * fade[i]) * np.sin(2 * np.pi * MODES[i] * time + MODE_PHASES[i])
    chance = np.random.default_rng(1000 + key)
    noise = np.convolve(chance.normal(0, 1, time.size), np.hanning(7) / 3, mode="same") * np.exp(-time / 0.022)
    weight = 10 ** (np.interp(key, [21, 60, 84, 108], [-26, -24, -17, -8]) / 20)
    onset = np.clip(time / 0.0015, 0, 1)
    wave: Wave = weight * onset * (thump / np.abs(thump).max() + 0.7 * (velocity / 64) ** 0.5 * noise)
    return wave
