"""What hands reach."""

from livecomposer.session.commands.frontend_api import InputFilters


def test_the_first_gate_that_takes_a_message_keeps_it():
    """The others are not asked."""
    seen, filters = [], InputFilters()
    assert not filters(b"\xb0\x15\x40")
    filters += [lambda data: data[1] == 21, lambda data: bool(seen.append(data))]
    assert filters(b"\xb0\x15\x40")
    assert not filters(b"\xb0\x16\x40")
    assert [b"\xb0\x16\x40"] == seen
