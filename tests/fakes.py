"""Small hand-written stand-ins that several rooms' tests share; each says how it is unreal."""

__all__ = ["FakeClient", "FakeSink", "counted"]


def counted(faults):
    """What has happened at all, and how often."""
    return {fault: times for fault, times in faults.counts().items() if times}


class FakeSink:
    """Remembers what it was sent and sounds nothing; raises while ``broken``, as no real sink may."""

    def __init__(self, name: str = "fake", *, latency: float = 0.0, broken: bool = False) -> None:
        self.name = name
        self.latency = latency
        self.broken = broken
        self.sent: list[bytes] = []
        self.tries = 0
        self.closed = 0

    def send(self, data: bytes) -> None:
        """Remember ``data``."""
        self.tries += 1
        if self.broken:
            raise OSError("unplugged")
        self.sent.append(data)

    def close(self) -> None:
        """Count the call."""
        self.closed += 1
        if self.broken:
            raise OSError("unplugged")


class FakeClient:
    """Stands in for rtmidi's two classes at once; ``receive`` plays the driver, in the caller's own thread."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.sent: list[bytes] = []
        self.calls: list[str] = []
        self.ignored: dict[str, bool] = {}
        self._callback = None

    def ignore_types(self, **kinds: bool) -> None:
        """Remember what is not wanted."""
        self.ignored = kinds

    def set_callback(self, callback) -> None:
        """Remember whom to call."""
        self._callback = callback

    def receive(self, *data: int) -> None:
        """Hand over one message as rtmidi does: bytes and delta in one pair, then the user's data."""
        self._callback((list(data), 0.0), None)

    def send_message(self, data: bytes) -> None:
        """Remember ``data``; fails while ``broken``."""
        if self.broken:
            raise OSError("unplugged")
        self.sent.append(bytes(data))

    def close_port(self) -> None:
        """Remember the call."""
        self.calls.append("close_port")

    def delete(self) -> None:
        """Remember the call."""
        self.calls.append("delete")
