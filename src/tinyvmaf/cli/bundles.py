"""Commands around bundles: export a net, put it on the shelf, look at the shelf."""

from pathlib import Path
from typing import Annotated, Literal

import typer

EXIT_BROKEN = 1

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

models_app = typer.Typer(
    no_args_is_help=True,
    help="The shelf: the models that came with tinyvmaf, and your own.\n\nExample: `tinyvmaf models list`",
)


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of `tinyvmaf fit`.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for model.onnx, model.json and card.md.")],
    model_id: Annotated[str | None, typer.Option("--id", help="Id of the model; default: the recipe's name.")] = None,
    description: Annotated[str | None, typer.Option(help="One sentence for sidecar and card.")] = None,
    license_: Annotated[str, typer.Option("--license", help="The terms of the model.")] = "BSD-2-Clause-Patent",
    as_json: AsJson = False,
) -> None:
    """Bundle of a trained net: one ONNX file of opset 17, compared with the net before it is written.

    Example: `tinyvmaf export runs/small/checkpoint.pt -o runs/small/bundle`
    """
    from tinyvmaf.bundles.export_pixels import export_checkpoint
    from tinyvmaf.bundles.listing import describe
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import model_view

    bundle = export_checkpoint(checkpoint, out, model_id=model_id, description=description, license=license_)
    described = describe(bundle.directory)
    answer(described.to_document(), as_json=as_json, text=model_view(described))


def export_svr(
    teacher: Annotated[Literal["vmaf", "vmaf_neg", "vmaf_4k"], typer.Argument(help="Whose regression.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for model.onnx, model.json and card.md.")],
    table: Annotated[list[str] | None, typer.Option(help="A clip table to judge it on; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bundle of libvmaf's own regression of six features: what `fr_svr` and its kin on the shelf were made by.

    Example: `tinyvmaf export-svr vmaf_4k -o runs/fr_svr_4k --table mine.parquet`
    """
    from tinyvmaf.bundles.listing import describe
    from tinyvmaf.bundles.svr import export_svr as export_graph
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import model_view
    from tinyvmaf.cli.training_view import command_line
    from tinyvmaf.runs.judged import judge_on_tables
    from tinyvmaf.table.store import read_tables

    bundle = export_graph(teacher, out)
    if table:
        judge_on_tables(bundle, read_tables(table), command=command_line())
    described = describe(bundle.directory)
    answer(described.to_document(), as_json=as_json, text=model_view(described))


def register(
    model: Annotated[Path, typer.Argument(help="A bundle: its folder, or the model.onnx in it.")],
    model_id: Annotated[str | None, typer.Option("--id", help="Another id than the sidecar's.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of your own model of that id.")] = False,
    allow_smoke: Annotated[bool, typer.Option("--allow-smoke", help="Take a model that has learned nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Puts a bundle on your shelf, after every check; from then on its id works wherever a model is asked for.

    Example: `tinyvmaf register runs/small/bundle --id small_one`
    """
    from tinyvmaf.bundles import registry
    from tinyvmaf.bundles.listing import describe
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import model_view

    entry = registry.register(model, model_id=model_id, replace=replace, allow_smoke=allow_smoke)
    described = describe(entry.row.id)
    answer(described.to_document(), as_json=as_json, text=model_view(described))


@models_app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """The models of both shelves.

    Example: `tinyvmaf models list`
    """
    from tinyvmaf.bundles.listing import listing
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import listing_view

    found = listing()
    answer(found.to_document(), as_json=as_json, text=listing_view(found))


@models_app.command("show")
def show(
    model: Annotated[str, typer.Argument(help="A model by its id, or the path of a bundle.")], as_json: AsJson = False
) -> None:
    """What a model is, what it was trained on, and how well it does: its card, its sidecar, its hash.

    Example: `tinyvmaf models show fr_mlp_small`
    """
    from tinyvmaf.bundles.listing import describe
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import card_view

    described = describe(model)
    answer(described.to_document(), as_json=as_json, text=card_view(described))


@models_app.command("verify")
def verify(as_json: AsJson = False) -> None:
    """Checks every model of both shelves: hashes, schema, ops; exits with 1 when one is not whole.

    Example: `tinyvmaf models verify`
    """
    from tinyvmaf.bundles.listing import verification
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import verification_view

    result = verification()
    answer(result.to_document(), as_json=as_json, text=verification_view(result))
    if not result.ok:
        raise typer.Exit(EXIT_BROKEN)


@models_app.command("cards")
def cards(
    reports: Annotated[Path, typer.Argument(help="A folder of reports: JSON of eval, fit, calibrate, eval-prefilter.")],
    as_json: AsJson = False,
) -> None:
    """Fills the cards of your own shelf from kept reports: figures, error bars, credits; measures nothing.

    A report belongs to the model whose hash it names. `credits.json` in the folder says whose material a corpus is.

    Example: `tinyvmaf models cards reports`
    """
    from tinyvmaf.cli.output import answer
    from tinyvmaf.cli.shelf_view import cards_view
    from tinyvmaf.documents import to_document
    from tinyvmaf.runs.cards import fill_cards

    filled = fill_cards(reports)
    answer(to_document("cards", filled), as_json=as_json, text=cards_view(filled))


@models_app.command("remove")
def remove(model_id: Annotated[str, typer.Argument(help="One of your own models.")]) -> None:
    """Takes one of your own models off the shelf, and deletes its files.

    Example: `tinyvmaf models remove small_one`
    """
    from tinyvmaf.bundles import registry
    from tinyvmaf.cli.output import say

    registry.remove(model_id)
    say(f"removed {model_id}")
