"""Pictures of files."""

from livecomposer import performances
from livecomposer.control.offline import draw_file


def test_a_piano_roll_is_drawn(tmp_path):
    """A picture of some size, whatever is in the file."""
    draw_file(performances.path("gymnopedie"), tmp_path / "roll.png")
    data = (tmp_path / "roll.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) > 5_000
