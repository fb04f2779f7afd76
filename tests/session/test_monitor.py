from livecomposer.playing.sinks import Output
from livecomposer.session.monitor import monitor_of
from livecomposer.settings import Settings
from tests.fakes import FakeSink


def test_a_monitor_hears_what_the_output_sends():
    """It is one sink more, and does not make the output later."""
    sink = FakeSink(latency=0.01)
    output = Output([sink])
    monitor = monitor_of(output, Settings(), failed=print)
    output.send(bytes([0xB0, 7, 90]))
    assert (sink.name, monitor.name) == output.names
    assert 0.01 == output.latency
    assert bytes([0xB0, 7, 90]) in monitor._controls.values()
    output.close()
