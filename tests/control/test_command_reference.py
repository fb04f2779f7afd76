"""The table of commands as a page to read."""

import re
import tomllib
from pathlib import Path

import pytest

from livecomposer.control import command_reference as reference
from livecomposer.control.surfaces import controller_maps as controllers
from livecomposer.control.surfaces.bindings import layer_of
from livecomposer.control.surfaces.controller_maps import DEFAULT, chosen, controls_of
from livecomposer.session.commands.table import COMMANDS
from livecomposer.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bound(tmp_path, monkeypatch):
    """What is bound by default, whoever runs the tests."""
    monkeypatch.setattr(controllers, "own", lambda name: tmp_path / name)
    return controls_of(chosen(DEFAULT, []), Settings(), config=None)


def test_every_command_has_its_row(bound):
    """With all that a program or a person needs to ask for it."""
    rows = {row["name"]: row for row in reference.rows(bound)}
    assert list(COMMANDS) == list(rows)
    assert {
        "name": "max_rest",
        "kind": "number",
        "range": [0.05, 30.0],
        "unit": "s",
        "meaning": "longest silence of the companion",
        "osc": "/livecomposer/max_rest",
        "bound": ["cc:25"],
    } == rows["max_rest"]
    assert (None, ["off", "on"]) == (rows["panic"]["range"], rows["mute"]["range"])
    assert ["topk", "nucleus", "random"] == rows["sampling"]["range"]


def test_the_text_has_a_line_for_each(bound):
    """In columns."""
    lines = reference.text(bound)
    assert len(COMMANDS) == len(lines)
    assert 1 == len({line.index(one.meaning) for line, one in zip(lines, COMMANDS.values(), strict=True)})


def test_the_table_has_a_row_for_each(bound):
    """For docs/controls.md, which a test of the papers holds fresh."""
    head, rule, *lines = reference.markdown(bound).splitlines()
    assert ("| command | takes | bound to | |", "|---|---|---|---|") == (head, rule)
    assert "| `max_rest` | 0.05–30 s | `cc:25` | longest silence of the companion |" in lines
    assert len(COMMANDS) == len(lines)


def test_the_example_of_the_papers_can_be_written_so():
    """Whoever copies it has bindings."""
    text = (ROOT / "docs/controls.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(\[controls\]\n.*?)```", text, flags=re.DOTALL)
    assert 8 == len(layer_of(tomllib.loads(example)["controls"], where="docs/controls.md"))
