"""What all parts of a performance share."""

from livecomposer.session.shared import Notifier


def test_a_line_reaches_everyone_who_listens_when_it_is_told():
    """Whoever is told may leave, or bring another, meanwhile."""
    told, late = [], []
    notify = Notifier([told.append])

    def leaves(line):
        notify.remove(leaves)
        notify.append(late.append)
        told.append(f"{line} too")

    notify.append(leaves)
    notify("one")
    notify("two")
    assert ["one", "one too", "two"] == told
    assert ["two"] == late
