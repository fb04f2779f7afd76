"""The table of what goes wrong, and its counter."""

import pytest

from livecomposer.faults import Fault, Faults


@pytest.mark.parametrize("fault", Fault)
def test_each_kind_is_a_sentence_with_a_remedy(fault):
    """One line, as the lamp shows it; twice and more it says how often."""
    said = fault.sentence()
    assert said.startswith(said[0].upper())
    assert said.endswith(f"; {fault.remedy}.")
    assert "\n" not in said
    assert " (3 times); " in fault.sentence(3)


def test_no_two_kinds_have_one_name():
    """Among the meters, nor at Prometheus."""
    assert len(Fault) == len({fault.key for fault in Fault}) == len({fault.metric for fault in Fault})


def test_what_was_published_before_keeps_its_name():
    """Dashboards know these."""
    assert ["engine_restarts", "dropped_notes", "lost_lines"] == [
        fault.metric for fault in (Fault.RESTARTS, Fault.DROPPED, Fault.LOST_LINES)
    ]


def test_the_first_of_a_kind_is_reported_and_the_others_are_counted():
    """Each kind for itself, with what was raised."""
    faults, reported = Faults(), []
    faults.on_first = lambda *what: reported.append(what)
    for error in ("one", "two"):
        faults.count(Fault.THRU_FAILED, error)
    faults.count(Fault.DROPPED, times=5)
    assert [(Fault.THRU_FAILED, "one"), (Fault.DROPPED, "")] == reported
    assert (2, 5, 0) == (faults[Fault.THRU_FAILED], faults[Fault.DROPPED], faults[Fault.RESTARTS])


def test_what_was_reported_elsewhere_is_only_counted():
    """Nor is it reported when it happens again."""
    faults, reported = Faults(), []
    faults.on_first = lambda *what: reported.append(what)
    faults.count(Fault.RESTARTS, "it died", reported=True)
    faults.count(Fault.RESTARTS, "it died")
    assert ([], 2) == (reported, faults[Fault.RESTARTS])


def test_what_is_counted_while_a_first_is_reported_waits_for_nobody():
    """Whoever reports may meet the next fault."""
    faults = Faults()
    faults.on_first = lambda fault, _: faults.count(Fault.LISTENER_FAILED) if fault is Fault.LOOP_FAILED else None
    faults.count(Fault.LOOP_FAILED)
    assert {Fault.LOOP_FAILED: 1, Fault.LISTENER_FAILED: 1} == {f: n for f, n in faults.counts().items() if n}
