"""What the papers have from the code is what the code says now."""

import pytest

from scripts import generate_docs
from scripts.generate_docs import BEGIN, END, IN_PART, WHOLE, between_marks, fresh


@pytest.mark.parametrize("name", [*WHOLE, *IN_PART])
def test_what_is_generated_is_fresh(name):
    """Make it anew with scripts/generate_docs.py."""
    assert fresh(name) == (generate_docs.ROOT / name).read_text(encoding="utf-8")


def test_only_what_is_between_the_marks_is_replaced():
    """What people wrote around it stays."""
    assert f"a\n{BEGIN}\nnew\n{END}b\n" == between_marks(f"a\n{BEGIN}old\n{END}b\n", "new")


def test_a_file_without_marks_is_refused():
    """Nothing is written where it is not known what to replace."""
    with pytest.raises(ValueError, match="unpack"):
        between_marks("no marks\n", "new")


def test_what_is_stale_is_written_and_named(tmp_path, monkeypatch, capsys):
    """And what is fresh is left alone."""
    monkeypatch.setattr(generate_docs, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "config").mkdir()
    for name in IN_PART:
        (tmp_path / name).write_text(f"# Title\n\n{BEGIN}{END}", encoding="utf-8")
    (tmp_path / "config/default.toml").write_text("stale = true\n", encoding="utf-8")
    assert 0 == generate_docs.main()
    assert [*WHOLE, *IN_PART] == capsys.readouterr().out.split()
    assert 0 == generate_docs.main()
    assert "" == capsys.readouterr().out
