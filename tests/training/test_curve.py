"""How a run goes, written down."""

from importlib.util import find_spec

import pytest

from livecomposer.training import curve as curve_module
from livecomposer.training.curve import Curve, write_csv


def test_each_line_is_a_step(tmp_path):
    """Step, training and validation loss, one line after the other."""
    write_csv(tmp_path, 100, 3.21987, 3.5)
    write_csv(tmp_path, 200, 2.0, 2.25)
    assert ["100,3.2199,3.5000", "200,2.0000,2.2500"] == (tmp_path / "curve.csv").read_text().splitlines()


def test_without_tensorboard_nothing_is_written(tmp_path, monkeypatch):
    """Where it is not installed, a curve takes values and keeps none."""
    monkeypatch.setattr(curve_module, "find_spec", lambda name: None)
    curve = Curve(tmp_path)
    curve.add(1, {"loss/training": 2.0})
    curve.close()
    assert [] == list(tmp_path.iterdir())


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard, of the training extra, is not installed")
def test_tensorboard_reads_what_was_added(tmp_path):
    """Scalars come back by name and step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    curve = Curve(tmp_path)
    curve.add(5, {"loss/training": 2.5})
    curve.add(6, {"loss/training": 2.25})
    curve.close()
    read = EventAccumulator(str(tmp_path / "tensorboard"))
    read.Reload()
    assert [(5, 2.5), (6, 2.25)] == [(scalar.step, scalar.value) for scalar in read.Scalars("loss/training")]
