"""What the patch bay's process prints, told; and the process, which may die."""

import json
import sys
from queue import Queue

from livecomposer.faults import Fault, Faults
from livecomposer.midi.port_watcher import Offer, PortWatcher
from tests.fakes import counted

FOUND = {
    "Jack": {
        "outputs": ["keys:out", "livecomposer:livecomposer"],
        "inputs": ["livecomposer-2:livecomposer", "synth:in"],
        "links": [["keys:out", "livecomposer-2:livecomposer"]],
    },
    "ALSA": {"outputs": ["Nord"], "inputs": []},
}
SAYS = f"import sys; print({json.dumps(FOUND)!r}, flush=True); "
SECONDS = 30


def looking(program, told=None, faults=None):
    """A lookout that listens to a Python program, and the queue of what it tells."""
    offers = Queue()
    return PortWatcher(told or offers.put, faults=faults, command=[sys.executable, "-c", program]), offers


def test_an_offer_knows_others_ports_from_ours():
    """Ours are not offered to us; their connections are known."""
    offer = Offer.of(FOUND)
    assert (("Jack", "keys:out"), ("ALSA", "Nord")) == offer.sources
    assert (("Jack", "synth:in"),) == offer.targets
    assert {"livecomposer", "livecomposer-2"} == offer.clients
    assert {"keys:out"} == offer.peers("livecomposer-2:livecomposer")
    assert set() == offer.peers("livecomposer:livecomposer")


def test_nothing_is_an_offer_too():
    """No system, no port."""
    assert Offer() == Offer.of({})


def test_what_is_printed_is_told():
    """From its own thread."""
    watcher, offers = looking(SAYS + "sys.stdin.read()")
    with watcher:
        assert Offer.of(FOUND) == offers.get(timeout=SECONDS)


def test_a_process_that_ends_is_started_again():
    """Its death does no harm."""
    watcher, offers = looking(SAYS)
    with watcher:
        assert [Offer.of(FOUND)] * 2 == [offers.get(timeout=SECONDS) for _ in range(2)]


def test_what_is_asked_for_reaches_the_process():
    """A pair to connect, and nothing to have all told anew."""
    echo = (
        "import json, sys\nfor line in sys.stdin: print(json.dumps({line: {'inputs': [], 'outputs': []}}), flush=True)"
    )
    watcher, offers = looking("print('{}', flush=True)\n" + echo)
    with watcher:
        offers.get(timeout=SECONDS)
        watcher.connect(("a", "b"))
        assert {'[["a", "b"]]\n'} == offers.get(timeout=SECONDS).systems
        watcher.look_again()
        assert {"[]\n"} == offers.get(timeout=SECONDS).systems


def test_nonsense_and_a_listener_that_fails_are_counted():
    """What comes after them is told."""
    offers = Queue()

    def told(offer):
        offers.put(offer)
        if not offer.systems:
            raise RuntimeError("no")

    faults, program = Faults(), "import sys; print('nonsense'); print('{}', flush=True); " + SAYS + "sys.stdin.read()"
    watcher, _ = looking(program, told, faults)
    with watcher:
        assert [Offer(), Offer.of(FOUND)] == [offers.get(timeout=SECONDS) for _ in range(2)]
        assert {Fault.PORTS_FAILED: 2} == counted(faults)


def test_closing_ends_the_process_even_one_that_hangs():
    """And what was never started closes as well."""
    watcher, offers = looking(SAYS + "import time; time.sleep(600)")
    with watcher:
        offers.get(timeout=SECONDS)
        process = watcher._process
    assert process.poll() is not None
    looking("")[0].close()
