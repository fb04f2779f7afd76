"""The piano that comes with the project: the file, its making, and how it sounds through FluidSynth."""

import hashlib
import itertools
import re
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from livecomposer.playing.synth_render import render

FOLDER = Path(__file__).parents[2] / "soundfonts"
PIANO = FOLDER / "livecomposer-piano.sf2"
RATE = 44100


def chunks(data):
    """The chunks of a RIFF body, name to bytes; lists by the name of their kind."""
    found, at = {}, 0
    while at < len(data):
        tag, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 8 : at + 8 + size]
        assert len(body) == size, tag
        found[(body[:4] if tag == b"LIST" else tag).decode()] = body[4:] if tag == b"LIST" else body
        at += 8 + size + size % 2
    return found


def lists():
    """INFO, sdta and pdta of the shipped file, each as its chunks."""
    form = chunks(PIANO.read_bytes())["RIFF"]
    assert form[:4] == b"sfbk"
    return {name: chunks(body) for name, body in chunks(form[4:]).items()}


def headers():
    """The sample headers, the terminal one left out."""
    return list(struct.iter_unpack("<20sIIIIIBbHH", lists()["pdta"]["shdr"]))[:-1]


def zones():
    """Generators of every zone of the instrument, number to amount."""
    pdta = lists()["pdta"]
    gens = list(struct.iter_unpack("<Hh", pdta["igen"]))
    bags = [bag for bag, _ in struct.iter_unpack("<HH", pdta["ibag"])]
    return [gens[a:b] for a, b in itertools.pairwise(bags) if b > a]


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """Render one held key with the piano: mono samples at 44.1 kHz, by pitch, velocity and seconds, kept."""
    kept, folder = {}, tmp_path_factory.mktemp("heard")

    def play(pitch, velocity, seconds=2.0, *, held=None):
        key = (pitch, velocity, seconds, held)
        if key not in kept:
            path = folder / "note.wav"
            events = [(0.0, bytes([0xB0, 91, 0])), (0.0, bytes([0x90, pitch, velocity]))]
            events += [] if held is None else [(held, bytes([0x80, pitch, 64]))]
            render(events, path, soundfont=PIANO, gain=0.6, tail=seconds - (held or 0.0))
            with wave.open(str(path)) as wav:
                sound = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2)
            kept[key] = sound.mean(axis=1) / 32768
        return kept[key]

    return play


def spectrum(sound):
    """Magnitudes and their frequencies; the window's main lobe is four bins of the unpadded transform."""
    size = 8 * len(sound)
    return np.abs(np.fft.rfft(sound * np.blackman(len(sound)), size)), np.fft.rfftfreq(size, 1 / RATE)


def peak_near(sound, hertz, width=0.02):
    """Frequency of the strongest component within ``width`` of ``hertz``."""
    magnitudes, frequencies = spectrum(sound)
    near = np.flatnonzero(np.abs(frequencies / hertz - 1) < width)
    at = near[np.argmax(magnitudes[near])]
    left, middle, right = np.log(magnitudes[at - 1 : at + 2])
    return frequencies[1] * (at + (left - right) / 2 / (left - 2 * middle + right))


def level(sound):
    """Root mean square, dB of full scale."""
    return 10 * np.log10(np.mean(sound**2) + 1e-15)


def centroid(sound):
    """Centre of gravity of the power spectrum, Hz."""
    magnitudes, frequencies = spectrum(sound)
    return float((magnitudes**2 * frequencies).sum() / (magnitudes**2).sum())


def test_readme_states_the_files_hash_and_licence():
    """The README's sha256 and size are the file's own, and its licence is CC0, as inside the file."""
    data, text = PIANO.read_bytes(), (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [hashlib.sha256(data).hexdigest()] == re.findall(r"[0-9a-f]{64}", text)
    assert f"{len(data):,}" in text
    assert "CC0 1.0" in text
    assert lists()["INFO"]["ICOP"].startswith(b"CC0 1.0")


def test_file_is_soundfont_2_04_of_moderate_size():
    """The file is version 2.04, between 3 and 6 MiB, and has every chunk that the format requires."""
    found = lists()
    assert (2, 4) == struct.unpack("<HH", found["INFO"]["ifil"])
    assert {"ifil", "isng", "INAM"} <= found["INFO"].keys()
    assert ["phdr", "pbag", "pmod", "pgen", "inst", "ibag", "imod", "igen", "shdr"] == list(found["pdta"])
    assert 3 * 2**20 < PIANO.stat().st_size < 6 * 2**20


def test_samples_lie_within_the_data_and_loop_without_a_seam():
    """Every loop lies inside its sample with the frames around it, and repeats exactly where it jumps."""
    smpl = np.frombuffer(lists()["sdta"]["smpl"], "<i2").astype(int)
    for name, start, end, loop, loop_end, *_ in headers():
        assert start + 8 <= loop < loop_end <= end - 8, name
        assert not smpl[end : end + 46].any(), name
        assert np.abs(smpl[loop : loop + 8] - smpl[loop_end : loop_end + 8]).max() <= 1, name


def test_zones_cover_every_key_and_velocity_once():
    """Each key at each velocity sounds exactly one sample; the ranges stand first in their zone, the sample last."""
    covered = np.zeros((128, 128), int)
    for zone in zones():
        assert [43, 44, 53] == [zone[0][0], zone[1][0], zone[-1][0]]
        (key_low, key_high), (low, high) = (struct.unpack("<BB", struct.pack("<h", zone[i][1])) for i in (0, 1))
        covered[key_low : key_high + 1, low : high + 1] += 1
    assert (covered[:, 1:] == 1).all()


def test_release_is_short_except_where_there_are_no_dampers():
    """Released keys fade in 0.2 to 0.45 s; the top octave and a half has no dampers and rings on."""
    roots = [header[6] for header in headers()]
    for zone in zones():
        gens = dict(zone)
        seconds, root = 2 ** (gens[38] / 1200), roots[gens[53]]
        assert (gens[38] == gens[36]) if root >= 90 else (0.2 <= seconds <= 0.45)


def test_generator_makes_what_is_shipped(monkeypatch):
    """Computing A4 again gives the shipped samples, up to rounding and the scale that all keys share."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import make_piano

    again = chunks(chunks(make_piano.piano((69,)))["RIFF"][4:])
    fresh = np.frombuffer(chunks(again["sdta"])["smpl"], "<i2").astype(float)
    shipped = np.frombuffer(lists()["sdta"]["smpl"], "<i2").astype(float)
    own = [header for header in headers() if header[6] == 69]
    assert len(make_piano.LAYERS) == len(own)
    old = np.concatenate([shipped[start : end + 46] for _, start, end, *_ in own])
    assert 0.9999 < np.corrcoef(fresh, old)[0, 1]


@pytest.mark.parametrize("pitch", [33, 45, 57, 60, 69, 71, 81, 96, 108])
def test_keys_are_in_tune(heard, pitch):
    """The first partial is within 3 cents of equal temperament on A4 = 440."""
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    found = peak_near(heard(pitch, 90, 2.0)[2000:60000], hertz)
    assert abs(1200 * np.log2(found / hertz)) < 3


@pytest.mark.parametrize(("pitch", "least"), [(45, 3e-5), (57, 1e-4), (69, 4e-4)])
def test_partials_are_stretched_by_stiffness(heard, pitch, least):
    """The tenth partial is sharp of ten times the first, by what an inharmonicity of that register makes."""
    sound = heard(pitch, 110, 2.0)[1000:45000]
    first = 440 * 2 ** ((pitch - 69) / 12)
    tenth = peak_near(sound, 10 * first * 1.02, width=0.03)
    stiffness = ((tenth / 10 / first) ** 2 - 1) / 99  # from f_n = n f_0 sqrt(1 + B n²), f_0 eliminated, B small
    assert least < stiffness < 12 * least


@pytest.mark.parametrize("pitch", [36, 60, 84])
def test_harder_is_louder_and_brighter(heard, pitch):
    """Velocity 110 is at least 12 dB above 30, and its spectrum's centre at least a fifth higher."""
    soft, hard = (heard(pitch, velocity)[: RATE // 2] for velocity in (30, 110))
    assert level(hard) > level(soft) + 12
    assert centroid(hard) > 1.2 * centroid(soft)


@pytest.mark.parametrize("pitch", [36, 60, 72])
def test_held_note_fades_fast_then_slowly(heard, pitch):
    """A held key fades all the while, and its first second loses more than its fourth, as two-stage decay has it."""
    sound = heard(pitch, 100, 6.0)
    levels = [level(sound[i * RATE : (i + 1) * RATE]) for i in range(5)]
    assert all(later < earlier for earlier, later in itertools.pairwise(levels))
    assert levels[0] - levels[1] > levels[3] - levels[4]


def test_treble_fades_faster_than_bass(heard):
    """In the second after the blow C7 loses at least three times the decibels of C2."""
    lost = {}
    for pitch in (36, 96):
        sound = heard(pitch, 100, 2.0)
        lost[pitch] = level(sound[: RATE // 5]) - level(sound[RATE : RATE + RATE // 5])
    assert lost[96] > 3 * lost[36]


@pytest.mark.parametrize("pitch", [21, 45, 60, 72, 100])
def test_held_note_does_not_click(heard, pitch):
    """After the attack no step from sample to sample stands out: a loop's seam or a broken envelope would."""
    sound = heard(pitch, 100, 6.0)[RATE // 2 : -RATE // 4]
    steps = np.abs(np.diff(sound, n=2))
    frames = steps[: steps.size // 441 * 441].reshape(-1, 441).max(axis=1)
    around = np.maximum(np.maximum(frames[:-2], frames[2:]), 3 / 32768)
    assert (frames[1:-1] / around).max() < 3


def test_released_key_is_damped(heard):
    """Half a second after its release middle C is 30 dB below the same key held."""
    held, released = heard(60, 100, 2.0), heard(60, 100, 2.0, held=1.0)
    late = slice(round(1.5 * RATE), round(1.8 * RATE))
    assert level(released[late]) < level(held[late]) - 30


def test_attack_has_a_thump_that_dies_away(heard):
    """Between the partials the hammer's noise is heard at the blow, and 20 dB less of it half a second later."""
    sound = heard(72, 100, 2.0)
    parts = []
    for begin in (0, RATE // 2):
        magnitudes, frequencies = spectrum(sound[begin : begin + 8192])
        below = magnitudes[(frequencies > 80) & (frequencies < 350)]
        parts.append(20 * np.log10(np.sqrt(np.mean(below**2))))
    assert parts[0] > parts[1] + 20
