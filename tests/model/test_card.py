"""What weights say of themselves."""

from pathlib import Path

import pytest

from livecomposer.errors import CheckpointError
from livecomposer.model.card import name_of, read_card


@pytest.mark.parametrize(
    ("folder", "name"),
    [("runs/chorales/best", "chorales"), ("weights/small", "small"), ("best/step-60", "step-60")],
)
def test_the_best_of_a_run_is_called_as_the_run_is(tmp_path, monkeypatch, folder, name):
    """Any other checkpoint as its folder; however the path is written."""
    (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / folder)
    assert [name, name] == [name_of(tmp_path / folder), name_of(Path())]


def test_a_card_is_what_the_file_says(tmp_path):
    """The whole of config.json, unread further."""
    (tmp_path / "config.json").write_text('{"format": 1, "more": [2]}')
    assert {"format": 1, "more": [2]} == read_card(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "null", '"\\ud800', "[" * 100_000])
def test_a_damaged_card_is_one_line(tmp_path, text):
    """Whatever the file holds, the error is ours, of one line, and names the remedy."""
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json: damaged .*copy it again") as caught:
        read_card(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_card_is_no_checkpoint(tmp_path):
    """The folder is named, and what was wanted."""
    with pytest.raises(CheckpointError, match=r"no readable config\.json in it; wanted a checkpoint folder"):
        read_card(tmp_path / "nowhere")
