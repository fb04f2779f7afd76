import re

import pytest

from livecomposer.control.web.health import Health, HealthReading, prometheus, trouble
from livecomposer.faults import Fault
from tests.control.web.people import backstage_of


def reading(**values):
    """All is well, but for ``values``."""
    sums = dict.fromkeys(("thru", "takeover", "replan", "late", "step", "feed"), (0, 0.0))
    calm = {"tokens": 0, "faults": wrong(), "headroom": 3.0, "silent": (), "context": 0}
    return HealthReading(**{"sums": sums, "horizon": 0.02, **calm, **values})


def wrong(**times):
    """How often each kind has happened, by its name; the others never."""
    return {fault: times.get(fault.key, 0) for fault in Fault}


def test_a_look_tells_what_happened_since_the_last():
    """Means are of the time between two looks, counts are of the whole session."""
    api = backstage_of()
    health = Health(api)
    api.meters.thru.add(0.001)
    api.meters.thru.add(0.003)
    assert 2.0 == health.look()["means"]["thru"]
    api.meters.thru.add(0.005)
    api.meters.tokens = 7
    told = health.look()
    assert (5.0, 7) == (told["means"]["thru"], told["tokens"])
    assert {} == health.look()["means"]


def test_quantiles_are_of_the_whole_session():
    """Median and p99 in milliseconds, of what was measured at all."""
    api = backstage_of()
    for i in range(1, 101):
        api.meters.step.add(i / 1000)
    health = Health(api)
    assert ["step"] == list(health.quantiles())
    assert pytest.approx([50, 99], rel=0.02) == health.quantiles()["step"]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"faults": wrong(restarts=1)}, "engine died"),
        ({"faults": wrong(stalls=1)}, "no sign of life"),
        ({"silent": ("a port",)}, "a port takes nothing"),
        ({"faults": wrong(dropped=2)}, "(2 times); close"),
        ({"headroom": 0.5}, "0.5 times"),
        ({"faults": wrong(lost_lines=3)}, "disk"),
        ({"sums": {**reading().sums, "late": (10, 0.3)}}, "30 ms late"),
    ],
)
def test_trouble_explains_itself_in_a_sentence(now, words):
    """It says what is wrong and what to do."""
    said = trouble(reading(), reading(**now))
    assert words in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("fault", Fault)
def test_whatever_goes_wrong_lights_the_lamp_and_is_at_prometheus(fault):
    """The lamp by its sentence in the second after it happened; the count for as long as the session."""
    api = backstage_of()
    health = Health(api)
    api.meters.faults.count(fault)
    health_now = health.look()
    assert (fault.sentence(), 1) == (health_now["trouble"], health_now[fault.key])
    assert "" == health.look()["trouble"]
    assert f"livecomposer_{fault.metric}_total 1" in prometheus(HealthReading.of(api), {}, pages=0).splitlines()


def test_of_two_troubles_the_worse_is_said():
    """In the order of the table, but a dead output first of all."""
    now = {"faults": wrong(dropped=1, restarts=1)}
    assert "engine died" in trouble(reading(), reading(**now))
    assert "takes nothing" in trouble(reading(), reading(**now, silent=("a port",)))


def test_where_all_is_well_nothing_is_said():
    """And what was wrong before is not said again."""
    assert not trouble(reading(), reading())
    before = wrong(restarts=2, dropped=5)
    assert not trouble(reading(faults=before), reading(faults=before))


def test_prometheus_reads_every_line():
    """Each line is a comment or a sample; each sample has its help and type before it; times are in seconds."""
    sums = {**reading().sums, "thru": (4, 0.002)}
    text = prometheus(reading(sums=sums, tokens=12), {"thru": [0.4, 0.9]}, pages=2)
    sample = re.compile(r'[a-z_]+(\{quantile="0\.\d+"\})? -?[0-9.e+-]+')
    lines = text.splitlines()
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in lines)
    assert text.endswith("\n")
    assert 'livecomposer_thru_seconds{quantile="0.99"} 0.0009' in lines
    assert "livecomposer_thru_seconds_sum 0.002000" in lines
    assert "livecomposer_tokens_total 12" in lines
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    named = {re.sub(r"_(sum|count)$", "", re.split(r"[ {]", line)[0]) for line in lines if line[0] != "#"}
    assert named == typed
