"""Pictures to look at: what was played, how it sounded, how training went. Needs matplotlib, which is imported late."""

import csv as csv_format
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livecomposer.atomic_write import atomic_write
from livecomposer.errors import LivecomposerError
from livecomposer.events import Note, Role

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "corpus", "curve", "piano_roll", "spectrogram"]

COLOURS = {Role.PERFORMER: "#0072B2", Role.COMPANION: "#D55E00"}
"""Blue and vermilion, told apart under every common colour blindness (Okabe & Ito 2008, "Color universal design")."""

_TRACK_COLOURS = (*COLOURS.values(), "#009E73", "#CC79A7")
_ALL_PACKS = "all"
_HIGHEST_HZ = 8000
_LOWEST_HZ = 40
_FFT = 4096  # samples


def piano_roll(
    tracks: Mapping[str, Sequence[Note]], path: Path, *, title: str = "", split_at: float | None = None
) -> None:
    """Draw up to four named tracks into the PNG ``path``: seconds across, pitch up, soft notes paler than loud ones.

    The first track is the performer's blue, the second the companion's vermilion. ``split_at`` (seconds) draws the line
    where the companion takes over. Raises :class:`LivecomposerError` for no note, more tracks, or no matplotlib.
    """
    notes = [note for track in tracks.values() for note in track]
    if not notes or len(tracks) > len(_TRACK_COLOURS):
        raise LivecomposerError(f"{len(notes)} notes in {len(tracks)} tracks; wanted notes, in 1 to 4 tracks")
    figure, axes = _figure(width=14, height=6)
    for (name, track), colour in zip(tracks.items(), _TRACK_COLOURS, strict=False):
        _draw(axes, track, name, colour)
    if split_at is not None:
        axes.axvline(split_at, color="black", linestyle="--", linewidth=1.2, label=f"takeover at {split_at:.1f} s")
    pitches = [note.pitch for note in notes]
    axes.set_ylim(min(pitches) - 2.5, max(pitches) + 2.5)
    axes.set_xlim(min(note.start for note in notes) - 0.2, max(note.end for note in notes) + 0.2)
    octaves = [pitch for pitch in range(0, 128, 12) if min(pitches) - 2 <= pitch <= max(pitches) + 2]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.set_yticks(range(min(pitches) - 2, max(pitches) + 3), minor=True)
    axes.grid(axis="y", color="0.8", linewidth=0.8)
    axes.set(title=title, xlabel="time (s)", ylabel="pitch")
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1), frameon=False)
    _save(figure, path)


def spectrogram(wav: Path, path: Path) -> None:
    """Draw a 16-bit WAV file into the PNG ``path``: 40 Hz to 8 kHz on a logarithmic axis, dB below the loudest.

    Channels are averaged. Raises :class:`LivecomposerError` for another kind of file, too little sound, or no
    matplotlib.
    """
    samples, rate = _samples(wav)
    if len(samples) < _FFT:
        raise LivecomposerError(f"{wav}: {len(samples)} samples; wanted at least {_FFT}; render something longer")
    starts = np.arange(0, len(samples) - _FFT + 1, max(_FFT // 4, len(samples) // 3000))
    window = np.hanning(_FFT)
    power = np.stack([np.abs(np.fft.rfft(samples[start : start + _FFT] * window)) ** 2 for start in starts], axis=1)
    levels = 10 * np.log10(np.maximum(power / max(power.max(), 1e-12), 1e-9))
    hertz = np.fft.rfftfreq(_FFT, 1 / rate)
    shown = (hertz >= _LOWEST_HZ) & (hertz <= _HIGHEST_HZ)
    figure, axes = _figure(width=14, height=6)
    seconds = (starts + _FFT / 2) / rate
    mesh = axes.pcolormesh(seconds, hertz[shown], levels[shown], vmin=-80, vmax=0, cmap="magma", rasterized=True)
    axes.set_yscale("log")
    ticks = [55, 110, 220, 440, 880, 1760, 3520, 7040]
    axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set(title=wav.name, xlabel="time (s)", ylabel="frequency (Hz)")
    figure.colorbar(mesh, ax=axes, label="dB below the loudest", pad=0.01)
    _save(figure, path)


def curve(csv: Path, png: Path) -> None:
    """Draw a run's ``curve.csv`` (step, training loss, validation loss; no header; nats a token) into ``png``.

    Raises :class:`LivecomposerError` for a file that is missing, empty or of another kind, or no matplotlib.
    """
    try:
        with csv.open(encoding="utf-8", newline="") as lines:
            rows = np.array([[float(cell) for cell in row] for row in csv_format.reader(lines)])
        steps, training, validation = rows.T
    except (OSError, ValueError) as error:
        raise LivecomposerError(f"{csv}: not a training curve ({error}); wanted step,training,validation") from error
    figure, axes = _figure(width=9, height=5)
    axes.plot(steps, training, color=COLOURS[Role.COMPANION], alpha=0.55, linewidth=1.2, label="training (one batch)")
    axes.plot(steps, validation, color=COLOURS[Role.PERFORMER], marker="o", markersize=3.5, label="validation")
    best = int(validation.argmin())
    axes.annotate(
        f"best {validation[best]:.3f}",
        (steps[best], validation[best]),
        (0, -16),
        textcoords="offset points",
        ha="right",
    )
    axes.grid(color="0.88")
    axes.set(title=csv.parent.name, xlabel="step", ylabel="loss (nats a token)")
    axes.margins(y=0.12)
    axes.legend(frameon=False)
    _save(figure, png)


def corpus(found: Mapping[str, Any], path: Path) -> None:
    """Draw what a summary.json of shards says into the PNG ``path``: hours by pack, densities, pitches, velocities.

    Raises :class:`LivecomposerError` where it cannot be written, or for no matplotlib.
    """
    figure = _canvas(width=14, height=9)
    (hours, density), (pitch, velocity) = figure.subplots(2, 2)
    splits = found["splits"]
    packs = sorted({pack for rows in splits.values() for pack in rows} - {_ALL_PACKS}, reverse=True)
    before = np.zeros(len(packs))
    for (split, rows), colour in zip(splits.items(), _TRACK_COLOURS, strict=False):
        wide = np.array([rows[pack]["hours"] if pack in rows else 0.0 for pack in packs])
        hours.barh(packs, wide, left=before, color=colour, label=split)
        before += wide
        for axes, counts, bin_ in ((density, "densities", 1), (pitch, "pitches", 1), (velocity, "velocities", 4)):
            shares = np.array(rows[_ALL_PACKS][counts]) / max(1, sum(rows[_ALL_PACKS][counts]))
            axes.stairs(shares, np.arange(len(shares) + 1) * bin_, color=colour, label=split)
    hours.set(title="hours", xlabel="hours")
    density.set(title="density", xlabel="notes a second", ylabel="share of the pieces")
    pitch.set(title="pitch", xlabel="pitch (60: middle C)", ylabel="share of the notes")
    velocity.set(title="velocity", xlabel="velocity", ylabel="share of the notes")
    hours.legend(frameon=False)
    _save(figure, path)


def _draw(axes: "Axes", track: Sequence[Note], name: str, colour: str) -> None:
    from matplotlib.colors import to_rgba  # late, as in _canvas

    opacities = [0.3 + 0.7 * note.velocity / 127 for note in track]
    axes.barh(
        [note.pitch for note in track],
        [max(note.end - note.start, 0.01) for note in track],
        left=[note.start for note in track],
        height=0.85,
        color=[to_rgba(colour, opacity) for opacity in opacities],
        edgecolor=colour,
        linewidth=0.5,
    )
    axes.barh([0], [0], color=colour, label=name)  # the legend's patch, fully opaque


def _samples(wav: Path) -> tuple[npt.NDArray[np.float64], int]:
    """Mono samples and their rate in Hz."""
    try:
        with wave.open(str(wav), "rb") as file:
            if file.getsampwidth() != 2:
                raise LivecomposerError(f"{wav}: {8 * file.getsampwidth()}-bit sound; wanted 16-bit")
            data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            return data.reshape(-1, file.getnchannels()).mean(axis=1) / 2**15, file.getframerate()
    except (OSError, EOFError, ValueError, wave.Error) as error:
        raise LivecomposerError(f"{wav}: not a readable WAV file ({error}); wanted 16-bit PCM") from error


def _figure(*, width: float, height: float) -> tuple["Figure", Any]:
    figure = _canvas(width=width, height=height)
    return figure, figure.add_subplot()


def _canvas(*, width: float, height: float) -> "Figure":
    """A figure (inches, 100 dots each) drawn by Agg, without a display and without matplotlib's global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise LivecomposerError(
            "matplotlib is not installed; wanted for pictures; pip install 'livecomposer[pictures]'"
        ) from error
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: "Figure", path: Path) -> None:
    try:
        with atomic_write(path) as partial:
            figure.savefig(partial, format="png")
    except OSError as error:
        raise LivecomposerError(f"{path}: cannot be written ({error.strerror}); wanted a PNG file's path") from error
