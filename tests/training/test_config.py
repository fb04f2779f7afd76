"""A run's TOML file, read or refused in a line."""

from pathlib import Path

import pytest
import torch

from livecomposer.errors import SettingError
from livecomposer.model.variants import build
from livecomposer.tokens.vocabulary import VOCABULARY
from livecomposer.training.config import Stage, load_config

CONFIGS = Path(__file__).parents[2] / "config" / "training"
TOML = "layers = 1\nwidth = 16\nheads = 2\nhidden = 32\nwindow = 16\n[[stages]]\nsteps = 4\nrows = 2\nlength = 16\n"


def test_a_config_is_read(tmp_path):
    """A TOML file gives the run it describes, defaults filled in."""
    (tmp_path / "a.toml").write_text(TOML + "[augmentation]\ntakeover = 0.5\n")
    config = load_config(tmp_path / "a.toml")
    assert ((Stage(steps=4, rows=2, length=16),), 0.5, 4) == (config.stages, config.augmentation.takeover, config.steps)
    assert config.shape.vocabulary == VOCABULARY.size


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("depth = 3\n" + TOML, "'depth'"),
        (TOML.replace("width = 16\n", ""), "width"),
        (TOML.replace("width = 16", "width = 15"), "width = 15"),
        (TOML.replace("width = 16", "width = 'x'"), "'x'"),
        (TOML.replace("heads = 2", "heads = 0"), "heads = 0"),
        (TOML.replace("rows = 2", "rows = 0"), "stages.rows = 0"),
        (TOML.replace("rows = 2", "lines = 2"), "lines"),
        (TOML.partition("[[")[0], "no \\[\\[stages"),
        ("stages = 3\n" + TOML.partition("[[")[0], "see config/training"),
        (TOML + "[augmentation]\nfaster = 1\n", "faster"),
        ("positions = 'learned'\n" + TOML, "'learned'"),
        ("architecture = 'gru'\n" + TOML, "'gru'"),
        ("architecture = 'gpt2'\n" + TOML.replace("window = 16", "window = 15"), "window = 15"),
        ("residual = true\n" + TOML, "residual attention with rope"),
        ("shared = 1\n" + TOML, "wanted true or false"),
        ("positions = 'absolute'\n" + TOML.replace("window = 16", "window = 15"), "window = 15"),
        ("tokens = 'words'\n" + TOML, "'words'"),
        ("schedule = 'step'\n" + TOML, "wsd or cosine"),
        ("ema = 1.0\n" + TOML, "ema = 1.0"),
        ("layers = ", "not valid TOML"),
        ("\udcff", "not valid TOML"),
    ],
)
def test_a_bad_config_is_one_line(tmp_path, text, said):
    """What is unknown, missing, impossible or no TOML is named."""
    (tmp_path / "a.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingError, match=said) as caught:
        load_config(tmp_path / "a.toml")
    assert "\n" not in str(caught.value)


def test_stages_follow_each_other(tmp_path):
    """A step falls in the stage that has reached it; past the end, in the last."""
    (tmp_path / "a.toml").write_text(TOML + "[[stages]]\nsteps = 2\nrows = 1\nlength = 32\n")
    config = load_config(tmp_path / "a.toml")
    assert [16, 16, 16, 16, 32, 32, 32] == [config.stage_at(step).length for step in range(7)]


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_config_that_ships_loads(path):
    """No file names a key that is none, or a network that cannot be."""
    with torch.device("meta"):
        build(load_config(path).shape)


def test_the_rows_of_the_research_table_are_alike():
    """Equal parameters within three in a hundred, and the same data, steps and window."""
    configs = [load_config(path) for path in sorted((CONFIGS / "research").glob("*.toml"))]
    sizes = [sum(weight.numel() for weight in build(config.shape).parameters()) for config in configs]
    assert 7 == len(configs)
    assert max(sizes) < 1.03 * min(sizes)
    alike = {
        (config.window, config.seed, config.augmentation, *((one.steps, one.rows, one.length) for one in config.stages))
        for config in configs
    }
    assert 1 == len(alike)


def test_the_published_shapes_are_as_large_as_published():
    """About 4.33 million parameters against about 4.43, within a few in a hundred."""
    published = {"transformer": 4.33e6, "lstm": 4.43e6}
    for name, expected in published.items():
        network = build(load_config(CONFIGS / "barnote" / f"{name}.toml").shape)
        assert pytest.approx(expected, rel=0.04) == sum(weight.numel() for weight in network.parameters())


def test_the_rows_of_bars_and_notes_are_given_the_same():
    """The Transformer and the LSTM take in as many tokens, cut alike, and see as far."""
    one, other = (load_config(CONFIGS / "barnote" / f"{name}.toml") for name in ("transformer", "lstm"))
    assert (one.tokens, one.window, one.seed, one.augmentation) == (
        other.tokens,
        other.window,
        other.seed,
        other.augmentation,
    )
    assert (one.steps, one.stages[0].rows, one.stages[0].length) == (
        other.steps,
        other.stages[0].rows,
        other.stages[0].length,
    )
