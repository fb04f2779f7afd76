"""The performances that ship."""

from livecomposer import performances


def test_every_name_has_its_file():
    """What names() says, path() finds."""
    assert "phrases" in performances.names()
    assert all(performances.path(name).is_file() for name in performances.names())
