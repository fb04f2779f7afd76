"""What hands reach."""

from livecomposer.session.commands.frontend_api import Gates


def test_the_first_gate_that_takes_a_message_keeps_it():
    """The others are not asked."""
    seen, gates = [], Gates()
    assert not gates(b"\xb0\x15\x40")
    gates += [lambda data: data[1] == 21, lambda data: bool(seen.append(data))]
    assert gates(b"\xb0\x15\x40")
    assert not gates(b"\xb0\x16\x40")
    assert [b"\xb0\x16\x40"] == seen
