"""Two videos -> pairs of luma planes, in order, for any number of takers; each video is decoded on a thread of its own.

Nothing is copied: a plane is a view into the decoder's own frame, which lives as long as the plane does. So what is
held at a time is what is decoded ahead, what the takers work on, and what the decoders keep to predict from.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Condition, Lock

import numpy as np

from tinyvmaf.video.decode import distorted_luma, reference_luma
from tinyvmaf.video.pairing import PairPlan
from tinyvmaf.video.pixel_format import frame_bytes

_AHEAD_BYTES = 128 * 2**20
"""Of frames that one decoder may be ahead."""
_LEAST_AHEAD, _MOST_AHEAD = 2, 16
"""In frames. A decoder yields in bursts; more than this evens out nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class FramePair:
    """Two frames that belong together, and the reference's frame before."""

    index: int
    """0-based among the compared frames."""
    reference: np.ndarray
    """(H, W) luma, uint8 or uint16."""
    distorted: np.ndarray
    """(H, W), of the same type."""
    previous: np.ndarray | None
    """The reference's luma before; None for the first pair."""


class FramePairs:
    """The pairs of a plan: the two decodings, each run on a thread of its own, fill them, and ``take`` hands them out.

    Safe for any number of threads. ``stop`` ends all of them at once, whatever they wait for.
    """

    def __init__(self, plan: PairPlan, *, decoder_threads: int = 0, on_pair: Callable[[FramePair], None]) -> None:
        """Prepares the decoding; ``on_pair`` is told each pair in order as it is taken, and must be quick."""
        self._plan = plan
        self._decoder_threads = decoder_threads
        self._on_pair = on_pair
        self._reference, self._distorted = _Ahead(frames_ahead(plan)), _Ahead(frames_ahead(plan))
        self._previous: np.ndarray | None = None
        self._lock = Lock()
        self.taken = 0
        """Pairs that were taken so far."""

    def decode_reference(self) -> None:
        """Decodes the reference, as far ahead as there is room, to its last planned frame.

        Raises:
            VideoError: a frame cannot be decoded whole, or there are fewer than planned.
        """
        self._reference.fill(reference_luma(self._plan, threads=self._decoder_threads))

    def decode_distorted(self) -> None:
        """Decodes the distorted video; as ``decode_reference``."""
        self._distorted.fill(distorted_luma(self._plan, threads=self._decoder_threads))

    def take(self, *, backlog: int = 1) -> FramePair | None:
        """The next pair; None at the end, or when stopped.

        Args:
            backlog: Waits until so many frames of each video lie ready, or no more will come.
        """
        self._reference.wait_for(backlog)
        self._distorted.wait_for(backlog)
        with self._lock:
            reference, distorted = self._reference.take(), self._distorted.take()
            if reference is None or distorted is None:
                return None
            pair = FramePair(self.taken, reference, distorted, self._previous)
            self._on_pair(pair)
            self.taken, self._previous = self.taken + 1, reference
            return pair

    def stop(self) -> None:
        """Ends decoders and takers."""
        self._reference.close()
        self._distorted.close()


def frames_ahead(plan: PairPlan) -> int:
    """How many frames each decoder may be ahead of the takers."""
    measured = plan.measured
    size = frame_bytes(measured.pix_fmt, width=measured.width, height=measured.height)
    return min(max(_AHEAD_BYTES // size, _LEAST_AHEAD), _MOST_AHEAD)


class _Ahead:
    """Frames of one video, at most so many decoded and not yet taken."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._frames: deque[np.ndarray] = deque()
        self._changed = Condition()
        self._ended = False
        self._closed = False

    def fill(self, frames: Iterable[np.ndarray]) -> None:
        """Hands on all frames, or those until it is closed."""
        for frame in frames:
            with self._changed:
                self._changed.wait_for(lambda: len(self._frames) < self._capacity or self._closed)
                if self._closed:
                    return
                self._frames.append(frame)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Returns as soon as so many frames lie ready, or it has ended or is closed."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._frames) >= count or self._ended or self._closed)

    def take(self) -> np.ndarray | None:
        """The next frame; None after the last, or when it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._ended or self._closed)
            if self._closed or not self._frames:
                return None
            self._changed.notify_all()
            return self._frames.popleft()

    def close(self) -> None:
        """Ends whoever fills or takes."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
