"""Files in, files out: accompany, continue, render, draw."""

from pathlib import Path

from livecomposer.offline.file_commands import (
    accompany_file,
    accompany_file_knowing,
    continue_file,
    render_file,
    seconds_of,
    tracks_of_file,
)

__all__ = ["accompany_file", "accompany_file_knowing", "continue_file", "draw_file", "render_file", "seconds_of"]


def draw_file(midi: Path, picture: Path) -> None:
    """Draw the piano roll of ``midi``, each track in its colour."""
    from livecomposer.evaluation.pictures import piano_roll

    piano_roll(tracks_of_file(midi), picture, title=midi.name)
