"""So often a second, and so often at once."""

from livecomposer.session.commands.allowance import Allowance


def test_an_allowance_is_used_up_and_grows_again():
    """A burst at once, then as many a second as the rate says."""
    allowance = Allowance(rate=10, burst=3, now=0.0)
    assert [True, True, True, False] == [allowance.take(0.0) for _ in range(4)]
    assert [True, False] == [allowance.take(0.1) for _ in range(2)]
    assert [True, True, True, False] == [allowance.take(100.0) for _ in range(4)]


def test_several_are_allowed_together_or_not_at_all():
    """What is refused takes nothing."""
    allowance = Allowance(rate=10, burst=3, now=0.0)
    assert [False, True, False, True] == [allowance.take(0.0, count) for count in (4, 2, 2, 1)]
