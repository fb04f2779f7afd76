"""Channels and programs of the two."""

from livecomposer.events import Role
from livecomposer.session.channels import channels_of, program_changes
from livecomposer.settings import Settings, changed


def settings(**values):
    """The defaults, but for ``values``."""
    return changed(Settings(), values)


def test_channels_count_from_0_on_the_wire():
    """And from 1 for the performer."""
    assert {Role.PERFORMER: 0, Role.COMPANION: 1} == channels_of(Settings())
    assert {Role.PERFORMER: 15, Role.COMPANION: 2} == channels_of(settings(performer_channel=16, companion_channel=3))


def test_only_programs_that_are_set_are_sent():
    """Each on its own channel."""
    assert [] == program_changes(Settings())
    assert [b"\xc4\x30"] == program_changes(settings(companion_channel=5, companion_program=48))
    assert [b"\xc0\x00", b"\xc1\x7f"] == program_changes(settings(performer_program=0, companion_program=127))


def test_a_program_is_sent_again_only_when_it_changes():
    """To none is no change that could be sent."""
    before = settings(performer_program=1, companion_program=2)
    assert [] == program_changes(before, before=before)
    after = settings(performer_program=-1, companion_program=3)
    assert [b"\xc1\x03"] == program_changes(after, before=before)
