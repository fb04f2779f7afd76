"""The client with real processes: the engine's own, and small ones that misbehave."""

import asyncio
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from livecomposer.engine.client import PATIENCE, EngineClient, host_command
from livecomposer.engine.protocol import ALIVE, pack
from livecomposer.engine.reference import ReferenceEngine
from livecomposer.errors import CheckpointError, EngineError
from livecomposer.model import checkpoint
from livecomposer.model.sampling import Sampling
from tests.model.networks import MODED, SMALL, random_decoder

MASK = np.ones(SMALL.vocabulary, dtype=bool)
SAMPLING = Sampling(technique="random")
CHANCES = [0.1, 0.9, 0.5, 0.3]

# A host that answers by the letter: each character of its argument is what it does with one request.
ODD_HOST = """
import os, sys, time
from livecomposer.engine.protocol import ALIVE, HEADER, pack, payload_length, unpack
ids = []
for what in sys.argv[1]:
    request = unpack(sys.stdin.buffer.read(payload_length(sys.stdin.buffer.read(HEADER.size))))
    if what == "f":
        ids = ids[: request["keep"]] + request["ids"]
    answers = {
        "h": pack({"pid": os.getpid()}),
        "c": pack({"chunk_seconds": 1.0}),
        "l": pack(ALIVE) * 2 + pack({"computed": 1, "seconds": 0.0}),
        "f": pack({"computed": len(request.get("ids", ())), "seconds": 0.0, "ids": ids}),
        "e": pack({"error": "refused"}),
        "x": pack({"strange": 1}),
        "g": b"\\x03\\x00\\x00\\x00\\xc1\\xc1\\xc1",
        "a": b"\\xff" * 1_000_000,
        "p": pack({"computed": 1})[:-3],
        "s": b"",
    }
    sys.stdout.buffer.write(answers[what])
    sys.stdout.flush()
    if what in "ps":
        time.sleep(60 if what == "s" else 0)
"""


def odd_host(does):
    """The command of a host that does so."""
    return [sys.executable, "-c", ODD_HOST, does]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A tiny checkpoint."""
    folder = tmp_path_factory.mktemp("weights")
    checkpoint.save(folder, random_decoder(), fingerprint="abc")
    return folder


def drawn(ids, chances=CHANCES):
    """What the reference in this process draws after ``ids``, one chance after the other."""
    engine = ReferenceEngine(random_decoder())
    engine.feed(ids)
    for chance in chances:
        engine.advance(engine.draw(MASK, SAMPLING, chance))
    return engine._ids[len(ids) :]


def gone(pid):
    """Whether no process of that id runs; one that nobody waited for counts as gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until_gone(pid):
    """Wait for a process to end; the test's own time limit is the limit."""
    while not gone(pid):  # noqa: ASYNC110 - a process that is not ours to wait for sets no event
        await asyncio.sleep(0.02)


async def test_the_process_plays_what_the_engine_plays(weights):
    """The same feeds and chances give the same ids as in this process; kill -9 costs one error and one full feed."""
    async with EngineClient(host_command(weights, precision="float32")) as client:
        assert client.hello["vocabulary"] == "abc"
        assert client.hello["shape"]["width"] == SMALL.width
        assert (await client.feed([5, 2, 3])).computed == 3
        assert drawn([5, 2, 3]) == [await client.step(MASK, SAMPLING, chance) for chance in CHANCES]
        assert (await client.feed([5, 2, 3, *drawn([5, 2, 3]), 8, 9])).computed == 2
        with pytest.raises(EngineError, match="wanted 0 to"):
            await client.feed([5, 2, 3, 10_000])
        assert drawn([5, 2, 3, *drawn([5, 2, 3]), 8, 9], [0.7]) == [await client.step(MASK, SAMPLING, 0.7)]
        for between in ("requests", "request and reply"):
            pid = client.hello["pid"]
            if between == "requests":
                os.kill(pid, signal.SIGKILL)
                asked = client.feed([5, 2, 3, 4])
            else:
                os.kill(pid, signal.SIGSTOP)
                asked = asyncio.create_task(client.feed([5, 2, 3, 4]))
                await asyncio.sleep(0)
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(EngineError):
                await asked
            assert not client.alive
            with pytest.raises(EngineError, match="not running"):
                await client.step(MASK, SAMPLING, 0.5)
            await client.restart()
            assert client.hello["pid"] != pid
            assert (await client.feed([5, 2, 3, 4])).computed == 4
            assert drawn([5, 2, 3, 4]) == [await client.step(MASK, SAMPLING, chance) for chance in CHANCES]
        assert client.restarts == 2
        pid = client.hello["pid"]
    assert gone(pid)
    await client.close()


async def test_requests_at_once_go_one_after_the_other(weights):
    """Concurrent feeds and steps are answered in the order they were asked."""
    async with EngineClient(host_command(weights, precision="float32")) as client:
        steps = [client.step(MASK, SAMPLING, chance) for chance in CHANCES]
        fed, *ids = await asyncio.gather(client.feed([5, 6]), *steps)
        assert fed.computed == 2
        assert drawn([5, 6]) == ids


async def test_strays_and_ctrl_c_do_not_disturb(weights):
    """What the process prints never comes between two replies; Ctrl-C is not its to obey, a termination is."""
    code = (
        "import os, livecomposer.engine.host as host\n"
        "load = host._load\n"
        "host._load = lambda *a: [print('stray', flush=True), os.write(1, b'stray'), load(*a)][-1]\n"
        "raise SystemExit(host.main())\n"
    )
    _, _, _, *options = host_command(weights, precision="float32")
    async with EngineClient([sys.executable, "-c", code, *options]) as client:
        pid = client.hello["pid"]
        os.kill(pid, signal.SIGINT)
        assert (await client.feed([5, 2])).computed == 2
        os.kill(pid, signal.SIGTERM)
        await until_gone(pid)
        with pytest.raises(EngineError):
            await client.feed([5, 2, 3])


async def test_a_hung_process_is_killed_and_replaced(weights):
    """A stopped process costs one timeout; the next one is fed everything."""
    async with EngineClient(host_command(weights, precision="float32")) as client:
        await client.feed([5, 2])
        client._timeout = 0.2  # only now, since a busy machine may be slow to answer
        pid = client.hello["pid"]
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(EngineError, match="no sign of life"):
            await client.step(MASK, SAMPLING, 0.5)
        assert gone(pid)
        client._timeout = 60.0
        await client.restart()
        assert (await client.feed([5, 2])).computed == 2


async def test_a_stopped_process_is_noticed_and_waited_for(weights):
    """Its silence is told, and told again; once it goes on, the answer is what it would have been."""
    async with EngineClient(host_command(weights, precision="float32")) as client:
        await client.feed([5, 2])
        missed = asyncio.Queue()
        client.patience, client.silent = 0.2, lambda: missed.put_nowait("silent")
        pid = client.hello["pid"]
        os.kill(pid, signal.SIGSTOP)
        asked = asyncio.create_task(client.step(MASK, SAMPLING, 0.5))
        assert ["silent", "silent"] == [await missed.get() for _ in range(2)]
        assert not asked.done()
        os.kill(pid, signal.SIGCONT)
        assert drawn([5, 2], [0.5]) == [await asked]
        assert (pid, 0) == (client.hello["pid"], client.restarts)


async def test_a_sign_of_life_is_no_answer_and_begins_the_wait_anew():
    """However many come before it; after the answer nothing is waited for."""
    client, stdout = EngineClient([]), asyncio.StreamReader()
    asked = asyncio.create_task(client._reply(stdout, 60.0, watched=True))
    waits = []
    for message in (ALIVE, ALIVE, {"id": 5}):
        await asyncio.sleep(0)
        waits.append(client._waiting)
        stdout.feed_data(pack(message))
        while not (waits[-1].cancelled() or asked.done()):  # noqa: ASYNC110 - a turn of the loop or two
            await asyncio.sleep(0)
    assert {"id": 5} == await asked
    assert 3 == len(set(waits))
    assert all(wait.cancelled() for wait in waits)
    assert waits[0].when() < waits[1].when() < waits[2].when()
    async with EngineClient(odd_host("hl")) as other:
        assert 1 == (await other.feed([1])).computed


async def test_patience_is_four_chunks_where_chunks_are_slow_and_a_start_is_not_watched():
    """The process has measured itself; loading may take as long as it likes."""
    client, missed = EngineClient(odd_host("c")), []
    client.patience, client.silent = 0.0, lambda: missed.append("silent")
    await client.start()
    assert ([], 4.0) == (missed, client.patience)
    await client.close()
    async with EngineClient(odd_host("h")) as quick:
        assert PATIENCE == quick.patience < 1.0


async def test_bad_weights_are_a_checkpoint_error(tmp_path):
    """The process's own line about its weights arrives, and no process stays."""
    client = EngineClient(host_command(tmp_path / "nowhere"))
    with pytest.raises(CheckpointError, match="nowhere: no readable config"):
        await client.start()
    assert not client.alive


async def test_a_device_that_is_not_there_is_one_line(weights):
    """A device that PyTorch refuses is an engine error that names it."""
    client = EngineClient(host_command(weights, device="nonsense"))
    with pytest.raises(EngineError, match="'nonsense' does not work") as caught:
        await client.start()
    assert "\n" not in str(caught.value)
    assert not client.alive


async def test_a_command_that_is_not_there_is_an_engine_error():
    """What cannot be run is one line."""
    with pytest.raises(EngineError, match="cannot run"):
        await EngineClient(["/nowhere/python"]).start()


@pytest.mark.parametrize("does", ["g", "a", "x", "p", ""])
async def test_garbage_is_an_engine_error(does):
    """No message, an absurd length, a strange reply, half a reply or none at all: killed, and startable again."""
    client = EngineClient(odd_host("h" + does))
    await client.start()
    pid = client.hello["pid"]
    with pytest.raises(EngineError):
        await client.feed([1])
    assert not client.alive
    await until_gone(pid)
    await client.restart()
    assert client.alive
    await client.close()


async def test_a_refusal_leaves_both_sides_agreed():
    """After an error reply the process lives, and the next feed still sends only what the host lacks."""
    async with EngineClient(odd_host("hfefs")) as client:
        await client.feed([5, 2, 3])
        with pytest.raises(EngineError, match="refused"):
            await client.feed([1, 2, 9, 9])
        assert client.alive
        assert (await client.feed([5, 2, 3, 4])).computed == 1


async def test_a_cancelled_request_leaves_no_process():
    """Cancelling what was already sent kills the process; what only waited its turn was never sent."""
    async with EngineClient(odd_host("hs")) as client:
        pid = client.hello["pid"]
        first, second = (asyncio.create_task(client.feed([i])) for i in (1, 2))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        assert client.alive
        first.cancel()
        results = await asyncio.gather(first, second, return_exceptions=True)
        assert [asyncio.CancelledError] * 2 == [type(result) for result in results]
        assert not client.alive
        assert gone(pid)
        await client.restart()
        assert client.alive


async def test_restart_while_a_request_hangs():
    """A restart ends what hangs, at once, with an error for whoever asked, and leaves the new process alone."""
    async with EngineClient(odd_host("hs"), timeout=60) as client:
        asked = asyncio.create_task(client.feed([1]))
        await asyncio.sleep(0)
        await client.restart()
        with pytest.raises(EngineError, match="died"):
            await asked
        assert client.alive


async def test_the_wait_before_a_restart_grows_until_the_engine_works(monkeypatch):
    """50 ms, doubled with each restart in a row up to 10 s, and 50 ms again once a feed has succeeded."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with EngineClient(odd_host("hf")) as client:
        for _ in range(3):
            await client.restart()
        await client.feed([1])
        await client.restart()
        client._back_off = 9.0
        await client.restart()
        await client.restart()
        assert client.restarts == 6
    assert [0.05, 0.1, 0.2, 0.05, 9.0, 10.0] == waits


async def test_closing_is_idempotent_and_needs_no_start():
    """Close may come before start, twice, and leaves nothing to ask."""
    client = EngineClient(odd_host("hs"))
    await client.close()
    await client.start()
    pid = client.hello["pid"]
    await client.close()
    await client.close()
    assert gone(pid)
    with pytest.raises(EngineError, match="not running"):
        await client.feed([1])


async def test_a_parent_s_death_leaves_no_orphan(weights):
    """When the session is killed, the engine's input ends, and with it the engine."""
    code = (
        "import asyncio, sys\n"
        "from livecomposer.engine.client import EngineClient\n"
        "async def main():\n"
        "    client = EngineClient(sys.argv[1:])\n"
        "    await client.start()\n"
        "    print(client.hello['pid'], flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", code, *host_command(weights, precision="float32")]
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    pid = int(await parent.stdout.readline())
    assert not gone(pid)
    parent.kill()
    await parent.communicate()
    await until_gone(pid)


def test_the_client_loads_no_torch():
    """The session's side of the engine never imports PyTorch."""
    code = "import sys, livecomposer.engine.client; print([m for m in ('torch', 'safetensors') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


async def test_a_mode_is_told_at_once_and_after_a_restart(tmp_path):
    """What is drawn is what the reference draws that was told of it from the start."""
    network = random_decoder(MODED)
    checkpoint.save(tmp_path, network, fingerprint="abc")
    reference = ReferenceEngine(network, mode=1)
    reference.feed([1, 2, 3])
    expected = reference.draw(MASK, SAMPLING, 0.7)
    async with EngineClient(host_command(tmp_path, precision="float32")) as client:
        await client.feed([1, 2, 3])
        await client.set_mode(1)
        assert 0 == client.taken_in
        for _ in range(2):
            await client.feed([1, 2, 3])
            assert expected == await client.step(MASK, SAMPLING, 0.7)
            await client.restart()
