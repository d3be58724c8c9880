"""Tools about models and about this machine."""

import shlex
from collections.abc import Sequence
from threading import Event
from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from tinyvmaf.mcp_server.calls import Calls
from tinyvmaf.mcp_server.parameters import Corpus, Split, Tables, ValMode
from tinyvmaf.mcp_server.results import answer
from tinyvmaf.mcp_server.roots import Roots

if TYPE_CHECKING:
    from tinyvmaf.scores.comparison import ComparisonReport
    from tinyvmaf.scores.evaluate import EvalReport
    from tinyvmaf.scores.judged_rows import RowChoice


class ModelTools:
    """The tools, on the files that the roots allow."""

    def __init__(self, roots: Roots, calls: Calls) -> None:
        """For one server."""
        self._roots = roots
        self._calls = calls

    async def list_models(self, context: Context) -> CallToolResult:
        """The models of the shelf: id, kind (fr: with a reference; nr: without; filter), licence and what each is for.

        A model's card, with its figures and limits, is the resource `tinyvmaf://models/{id}/card`.
        """
        from tinyvmaf.bundles.listing import listing

        return answer((await self._calls.run(context, lambda *_: listing())).to_document())

    async def eval_model_on_table(
        self,
        model: Annotated[str, Field(description="Id of a model, or path of a bundle.")],
        table: Tables,
        context: Context,
        split: Split = "all",
        val_mode: ValMode = None,
        corpus: Corpus = None,
    ) -> CallToolResult:
        """How well a model predicts the scores of clip tables: PLCC, SROCC, KROCC and RMSE per frame, clip and source.

        `protocol` tells whether its training saw the table: `training-fit` figures say nothing of new videos.
        """

        def work(_: object, cancel: Event) -> "EvalReport":
            from tinyvmaf.scores.judged_rows import RowChoice, evaluate_tables

            choice = RowChoice(split, val_mode, corpus=corpus)
            command = _command("eval", [model], table, choice)
            opened, tables = self._roots.model(model), self._roots.tables(table)
            return evaluate_tables(opened, tables, choice, command=command, cancel=cancel)

        from tinyvmaf.documents import to_document

        return answer(to_document("eval", await self._calls.run(context, work)))

    async def compare_models(
        self,
        models: Annotated[list[str], Field(min_length=2, description="Ids or paths; the first is compared with.")],
        table: Tables,
        context: Context,
        split: Split = "all",
        val_mode: ValMode = None,
        corpus: Corpus = None,
    ) -> CallToolResult:
        """Whether models are better or worse than the first one on clip tables, or not separable from it by chance.

        By paired bootstrap and swaps over sources; `comparisons` hold the verdicts with their reasons.
        """

        def work(_: object, cancel: Event) -> "ComparisonReport":
            from tinyvmaf.scores.compare import compare_tables
            from tinyvmaf.scores.judged_rows import RowChoice

            choice = RowChoice(split, val_mode, corpus=corpus)
            opened = {name: self._roots.model(name) for name in distinct(models)}
            command = _command("compare-models", models, table, choice)
            return compare_tables(opened, self._roots.tables(table), choice, command=command, cancel=cancel)

        from tinyvmaf.documents import to_document

        return answer(to_document("compare-models", await self._calls.run(context, work)))

    async def doctor(self, context: Context) -> CallToolResult:
        """What works on this machine: ffmpeg, libvmaf, encoders, models; each failure with its fix."""
        from tinyvmaf.documents import to_document
        from tinyvmaf.runs.doctor import diagnose

        return answer(to_document("doctor", await self._calls.run(context, lambda *_: diagnose())))


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, when there are two at least and none is there twice.

    Raises:
        ToolError: there are fewer, or one is there twice.
    """
    if len(set(names)) < max(2, len(names)):
        raise ToolError(f"name two models or more, each once, not {', '.join(names)}")
    return tuple(names)


def _command(name: str, models: Sequence[str], tables: str | Sequence[str], choice: "RowChoice") -> str:
    """What a reader types to make a report again."""
    words = ["tinyvmaf", name, *models]
    for table in [tables] if isinstance(tables, str) else tables:
        words += ["--table", table]
    if choice.part != "all":
        words += ["--split", choice.part]
    if choice.val_mode is not None:
        words += ["--val-mode", choice.val_mode]
    if choice.corpus is not None:
        words += ["--corpus", choice.corpus]
    return shlex.join(words)
