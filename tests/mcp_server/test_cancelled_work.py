"""Work of a cancelled call ends by itself, whatever it is: no thread goes on computing for nobody."""

import threading
import time
from collections.abc import Callable

import anyio
import pytest
from mcp import Client

import tinyvmaf.scores.compare
import tinyvmaf.scores.judged_rows
import tinyvmaf.scores.score
from tests.conftest import Clips
from tests.mcp_server.conftest import Workplace
from tests.table.tables import clip_table
from tinyvmaf.errors import CancelledError

ENDED_SECONDS = 2.0
"""Until the work of a cancelled call is over."""


class Watched:
    """A function of a room that tells when it is called and how it ends."""

    def __init__(self, work: Callable[..., object]) -> None:
        self.begun, self.ended, self.error = threading.Event(), threading.Event(), None
        self._work = work

    def __call__(self, *arguments: object, **options: object) -> object:
        self.begun.set()
        try:
            return self._work(*arguments, **options)
        except CancelledError as error:
            self.error = error
            raise
        finally:
            self.ended.set()


def cancelled(workplace: Workplace, watched: Watched, tool: str, arguments: dict[str, object]) -> float:
    """Cancels a call half a second into its work; the seconds from then until the work was over."""

    async def talk(client: Client) -> float:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, tool, arguments)
            assert await anyio.to_thread.run_sync(watched.begun.wait, 30)
            await anyio.sleep(0.5)
            asked = time.monotonic()
            group.cancel_scope.cancel()
        await anyio.to_thread.run_sync(watched.ended.wait, 30)
        return time.monotonic() - asked

    return workplace.ask(talk)


JUDGEMENTS = {
    "eval_model_on_table": (tinyvmaf.scores.judged_rows, "evaluate_tables", {"model": "fr_svr"}),
    "compare_models": (tinyvmaf.scores.compare, "compare_tables", {"models": ["fr_svr", "fr_mlp_small"]}),
}
"""By tool: the room and its function that does the work, and what it judges."""


@pytest.mark.slow
@pytest.mark.parametrize("tool", JUDGEMENTS)
def test_a_judgement_on_a_long_table_ends_when_cancelled(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    room, function, models = JUDGEMENTS[tool]
    table = clip_table("made", [f"s{number}" for number in range(60)], frames=1000)
    table.rows.write_parquet(workplace.folder / "t.parquet")
    watched = Watched(getattr(room, function))
    monkeypatch.setattr(room, function, watched)
    assert cancelled(workplace, watched, tool, {**models, "table": "t.parquet"}) < ENDED_SECONDS
    assert isinstance(watched.error, CancelledError), "the table is too short for this test"


@pytest.mark.slow
def test_the_kernel_ends_when_cancelled(workplace: Workplace, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    second = clips("second.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="1920x1080", frames=25)
    minute = clips.derived(second, "minute.mp4", "-c", "copy", before=("-stream_loop", "59"))
    (workplace.folder / "minute.mp4").hardlink_to(minute)
    watched = Watched(tinyvmaf.scores.score.score_pair)
    monkeypatch.setattr(tinyvmaf.scores.score, "score_pair", watched)
    pair = {"reference": "minute.mp4", "distorted": "minute.mp4", "mode": "full"}
    assert cancelled(workplace, watched, "score_video", pair) < ENDED_SECONDS
    assert isinstance(watched.error, CancelledError)
