"""Lines of figures."""

from livecomposer.control.experiments.result_tables import difference, fooled, means, row

FOUND = {
    "makers": {"real": {"mean": 1.0}, "model": {"mean": 0.12345}, "copy": {"mean": None}},
    "cheats": ["copy", "drone"],
    "cheats_above_subject": [],
}


def test_cells_stand_below_each_other():
    """Numbers of music have three places, counts none, and what is not known is a dash."""
    lines = row("late", ["model", "real"], width=6), row("", [3, None], width=6), row("kept", [0.5, 12.0], width=6)
    assert (
        "late          model         real",
        "                  3            –",
        "kept          0.500       12.000",
    ) == lines


def test_a_table_of_means_names_everyone_once():
    """Then each measure."""
    head, line = means({"interval": FOUND}, "makers", width=8)
    assert ["real", "model", "copy"] == head.split()
    assert ["interval", "1.000", "0.123", "–"] == line.split()


def test_a_difference_has_its_sign_and_its_interval():
    """All three to three places."""
    assert "-0.500  (-1.000 to +0.250)" == difference({"mean": -0.5, "interval": (-1.0, 0.25)})


def test_who_fools_a_measure_is_named():
    """By measure; where nobody does there is no line."""
    assert ["interval: no worse than the real thing: copy, drone"] == list(
        fooled({"interval": FOUND}, "the real thing")
    )
