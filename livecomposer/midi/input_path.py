"""Where the performer comes in. The driver's callback stamps, passes thru, delivers, and does nothing else."""

from collections.abc import Callable
from typing import NamedTuple

from livecomposer.clocks import Clock
from livecomposer.events import Event
from livecomposer.faults import Fault, Faults
from livecomposer.messages import decode, is_channel_message
from livecomposer.midi.routing import Routed, Router

__all__ = ["InputPath", "Played"]


class Played(NamedTuple):
    """One message of the performer's: what it says, as which bytes it goes on, and whether it feeds the companion."""

    event: Event
    data: bytes
    feeds: bool = True


class InputPath:
    """The one path in, for real and simulated performers: stamp, thru, deliver.

    Called with the bytes of a message, from any one thread. Never raises: what ``urgent``, ``thru`` and ``deliver``
    raised is counted. ``on_thru`` is given the seconds from the stamp to the end of ``thru``. ``urgent`` sees each
    message first; what it says ``True`` to is no music, and goes no further. ``router`` says what goes thru and what
    feeds the companion; without one all does both.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        deliver: Callable[[Played], None],
        thru: Callable[[bytes], None] | None = None,
        on_thru: Callable[[float], None] | None = None,
        urgent: Callable[[bytes], bool] | None = None,
        router: Router | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._faults = faults or Faults()
        self._router = router
        self._urgent = urgent
        self._clock = clock
        self._deliver = deliver
        self._thru = thru
        self._on_thru = on_thru

    def __call__(self, data: bytes) -> None:
        """Take in one message; anything but a channel's is passed over."""
        moment = self._clock.now()
        if not is_channel_message(data) or self._is_taken(data):
            return
        routed = Routed(data, data) if self._router is None else self._router.route(data)
        if routed.thru is not None:
            self._pass_thru(routed.thru, moment)
        self._hand_on(routed, moment)

    def _is_taken(self, data: bytes) -> bool:
        try:
            return self._urgent is not None and self._urgent(data)
        except Exception as error:  # noqa: BLE001  # a broken control must not silence the music
            self._faults.count(Fault.CONTROL_FAILED, error)
            return False

    def _pass_thru(self, data: bytes, moment: float) -> None:
        if self._thru is None:
            return
        try:
            self._thru(data)
            if self._on_thru is not None:
                self._on_thru(self._clock.now() - moment)
        except Exception as error:  # noqa: BLE001  # a dead output must not deafen the companion
            self._faults.count(Fault.THRU_FAILED, error)

    def _hand_on(self, routed: Routed, moment: float) -> None:
        data = routed.heard or routed.thru
        try:
            event = None if data is None else decode(data, time=moment)
            if data is not None and event is not None:
                self._deliver(Played(event, data, routed.heard is not None))
        except Exception as error:  # noqa: BLE001  # the driver's thread has nobody to catch it
            self._faults.count(Fault.DELIVERY_FAILED, error)
