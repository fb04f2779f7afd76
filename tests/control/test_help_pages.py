"""The pages of --help as one page to read."""

import argparse

import pytest

from livecomposer.control.cli import build_parser
from livecomposer.control.help_pages import help_pages


@pytest.fixture
def parser():
    """Two commands that share a setting."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for name in ("play", "render"):
        command = commands.add_parser(name, description=f"To {name}.")
        command.add_argument("input_file", metavar="IN.mid")
        command.add_argument("-o", "--output-file", metavar="OUT", required=True, help="where it goes")
        command.add_argument("--how", choices=("fast", "slow"), help="at what pace")
        command.add_argument("--json", action="store_true")
        settings = command.add_argument_group("settings")
        settings.add_argument("--max-rest", metavar="X", help="longest silence")
        own = "--max-note" if name == "play" else "--gain"
        settings.add_argument(own, metavar="X", help=f"what {name} has")
    return parser


def test_a_command_has_its_usage_and_its_options(parser):
    """What must be given is in the usage; what has nothing to say about itself is not in the table."""
    play = help_pages(parser).split("### render")[0]
    assert play.startswith("### play\n\nTo play.\n\n```\nlivecomposer play IN.mid --output-file OUT\n```\n")
    assert "| `-o OUT`, `--output-file OUT` | where it goes |\n| `--how {fast,slow}` | at what pace |\n\n" in play
    assert "--json" not in play


def test_a_setting_is_explained_once(parser):
    """Behind its first command it is only named."""
    play, render = help_pages(parser).split("### render")
    assert "| `--max-rest X` | longest silence |" in play
    assert "| `--gain X` | what render has |\n\nSettings that are explained above: `--max-rest`.\n" in render


def test_a_command_that_takes_them_all_says_so():
    """Rather than seventy names."""
    doctor = help_pages(build_parser()).split("### doctor\n")[1].split("###")[0]
    assert doctor.endswith("\n\nSettings: all of those above.\n\n")


def test_no_meaning_breaks_its_table():
    """Every row has two cells."""
    rows = [line for line in help_pages(build_parser()).splitlines() if line.startswith("|")]
    assert {3} == {row.count("|") for row in rows}
