"""What a person may read."""

import pytest

from livecomposer.errors import one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no\n such   thing\n"), "no such thing"),
        (ValueError(300 * "x"), 200 * "x"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_another_librarys_error_is_one_short_line(error, line):
    """Of several lines, of one that is too long, and of none."""
    assert line == one_line(error)
