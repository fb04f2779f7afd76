"""Make livecomposer-piano.sf2: a small grand piano, computed, with no recording in it.

Run as ``python soundfonts/make_piano.py -o soundfonts/livecomposer-piano.sf2``.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
from grand import Tone, felt_corner, tones
from sf2 import Gen, Modulator, Sample, Zone, range_amount, soundfont, timecents

__all__ = ["LAYERS", "ROOTS", "main", "piano"]

ROOTS = (*range(21, 107, 4), 108)
"""Keys that are computed; each also serves its neighbours, two semitones away at most."""

LAYERS = ((1, 50), (51, 88), (89, 127))
"""Velocity ranges; each is computed at its upper end and darkened by the filter towards its lower one."""

DARKENING = 4000
"""Cents the filter would close over all 128 velocities."""

VELOCITY_DOWN = 0x0102
"""Modulator source: note-on velocity, linear, from 1 at velocity 0 to 0 at 127 (section 8.2.1)."""

NO_DAMPER = 90
"""From this key on a grand piano has no dampers."""

INFO = {
    "IENG": "livecomposer, soundfonts/make_piano.py",
    "ICOP": "CC0 1.0 Universal: no rights reserved",
    "ICMT": "A small grand piano computed by additive synthesis; no recording in it.",
    "ISFT": "livecomposer",
}


def piano(roots: tuple[int, ...] = ROOTS) -> bytes:
    """The file's bytes; deterministic on one machine and one version of numpy."""
    made = [(root, layer, tone) for root in roots for layer, tone in zip(LAYERS, _struck(root), strict=True)]
    loudness = [_loudness(root, tone) for root, _, tone in made]
    scale = 32000 / max(np.abs(tone.wave).max() / loud for (_, _, tone), loud in zip(made, loudness, strict=True))
    samples, zones = [], []
    for (root, layer, tone), loud in zip(made, loudness, strict=True):
        data = np.round(tone.wave * (scale / loud)).astype(np.int16)
        samples.append(Sample(f"{root} to {layer[1]}", data, tone.rate, root, tone.loop))
        zones.append(Zone(len(zones), _generators(root, layer, tone, roots)))
    darker = Modulator(VELOCITY_DOWN, Gen.FILTER_CUTOFF, -DARKENING)
    return soundfont(name="Livecomposer Grand", info=INFO, samples=samples, zones=zones, modulators=[darker])


def _struck(root: int) -> list[Tone]:
    """The layers of one key. Low keys need time but no high frequencies; high keys the reverse."""
    if root < 44:
        rate, before, loop = 16000, 1.9, 1.0
    elif root < 68:
        rate, before, loop = 22050, 1.3, 0.9
    elif root < 88:
        rate, before, loop = 24000, 1.0, 0.8
    else:
        rate, before, loop = 32000, 0.6, 0.3
    return tones(root, tuple(high for _, high in LAYERS), rate=rate, before=before, loop=loop)


def _loudness(root: int, tone: Tone) -> float:
    """Root mean square of the first 0.3 s, slow decay included; raised above C4, where strings are quieter."""
    time = np.arange(round(0.3 * tone.rate)) / tone.rate
    level = float(np.sqrt(np.mean((tone.wave[: time.size] * np.exp(-time / tone.decay)) ** 2)))
    return level * 10 ** (float(np.interp(root, [60, 108], [0, 9])) / 20)


def _generators(root: int, layer: tuple[int, int], tone: Tone, roots: tuple[int, ...]) -> dict[int, int]:
    below = max((other for other in roots if other < root), default=-1)
    above = min((other for other in roots if other > root), default=128)
    low = (below + root) // 2 + 1 if below >= 0 else 0
    high = (root + above) // 2 if above < 128 else 127
    fade = 100 * np.log(10) / 20 * tone.decay  # the format's decay is the time to fall by 100 dB (section 8.1.2)
    cutoff = min(7 * felt_corner(root, layer[1]), 9000) * 2 ** (DARKENING * (1 - layer[1] / 127) / 1200)
    return {
        Gen.KEY_RANGE: range_amount(low, high),
        Gen.VELOCITY_RANGE: range_amount(*layer),
        Gen.FILTER_CUTOFF: min(13500, round(1200 * float(np.log2(cutoff / 8.176)))),
        Gen.REVERB_SEND: 120,
        Gen.PAN: round(np.interp(root, [21, 108], [-140, 140])),
        Gen.DECAY: timecents(fade),
        Gen.SUSTAIN: 1440,
        Gen.RELEASE: timecents(fade if root >= NO_DAMPER else float(np.interp(root, [21, 90], [0.42, 0.22]))),
        Gen.SAMPLE_MODES: 1,
    }


def main() -> None:
    """Write the file beside its place, move it there, and say its size and sha256."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.sf2")
    output: Path = parser.parse_args().output
    data = piano()
    beside = output.with_name(output.name + ".part")
    beside.write_bytes(data)
    beside.replace(output)
    print(f"{output}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
