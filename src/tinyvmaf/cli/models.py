"""The commands that train: one net, or every fold of several."""

from typing import Annotated, Literal

import typer

from tinyvmaf.cli.judging_options import MosScale
from tinyvmaf.cli.report import ReportFile, save_page
from tinyvmaf.cli.sample_models import SampleFit, fit_samples, refuse_for_samples
from tinyvmaf.cli.training_options import (
    AsJson,
    AssumeDims,
    BatchSize,
    Epochs,
    Features,
    HoldOut,
    KonvidValFraction,
    LearningRate,
    ModelArch,
    NoBaselines,
    OutDir,
    RecipeName,
    Restart,
    SampleSets,
    Seed,
    Tables,
    Target,
    ValMode,
    ValSources,
    rows_for,
)

By = Literal["source", "codec", "encode_height"]


def fit(
    *,
    table: Tables = None,
    samples: SampleSets = None,
    model_arch: ModelArch = None,
    recipe: RecipeName = None,
    features: Features = None,
    target: Target = None,
    mos_scale: MosScale = None,
    no_baselines: NoBaselines = False,
    val_mode: ValMode = None,
    val_source: ValSources = None,
    hold_out: HoldOut = None,
    konvid_val_fraction: KonvidValFraction = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    lr: LearningRate = None,
    seed: Seed = None,
    assume_dims: AssumeDims = None,
    restart: Restart = False,
    out_dir: OutDir,
    as_json: AsJson = False,
) -> None:
    """Trains one net: a checkpoint, a bundle (ONNX, sidecar, card), and a report on sources that it has not seen.

    A training that was cut off goes on when the same command is run again. On pixel samples, sources are held out by
    themselves, a tenth to say when to stop and a tenth (or each --val-source) to judge.

    Example: `tinyvmaf fit --table table.parquet --model-arch mlp_small --out-dir runs/small`

    Example: `tinyvmaf fit --samples patches --model-arch nr_patch --hold-out codec=hevc --out-dir runs/nr`
    """
    from tinyvmaf.cli.output import answer, progress_bar, say
    from tinyvmaf.cli.training_view import command_line, epoch_line, fit_view
    from tinyvmaf.documents import to_document
    from tinyvmaf.models.recipe import recipe_for
    from tinyvmaf.runs.fit import FitOptions, run_fit

    budget = {"epochs": epochs, "batch_size": batch_size, "learning_rate": lr, "seed": seed}
    split = {"val_mode": val_mode, "val_sources": val_source and tuple(val_source)}
    data = {"feature_set": features, "target": target, "konvid_val_fraction": konvid_val_fraction}
    if samples:
        refuse_for_samples(table=table, mos_scale=mos_scale, assume_dims=assume_dims, val_mode=val_mode)
        refuse_for_samples(features=features, target=target, konvid_val_fraction=konvid_val_fraction)
        changes = {**budget, "val_sources": split["val_sources"], "hold_out": hold_out}
        wanted = SampleFit(tuple(samples), out_dir, model_arch, recipe, changes, not no_baselines, restart)
        fit_samples(wanted, as_json=as_json)
        return
    if hold_out:
        raise typer.BadParameter("it goes with --samples; of tables, `loso --by codec` leaves each codec out")
    chosen = recipe_for(architecture=model_arch, recipe=recipe, **budget, **split, **data)
    rows = rows_for(table or (), chosen, mos_scale=mos_scale, assume_dims=assume_dims)
    options = FitOptions(baselines=not no_baselines, restart=restart, command=command_line())
    with progress_bar() as progress:
        report = run_fit(
            rows, chosen, out_dir, options, on_epoch=lambda e: say(epoch_line(e)), on_start=say, progress=progress
        )
    answer(to_document("fit", report), as_json=as_json, text=fit_view(report))


def loso(
    *,
    table: Tables = None,
    model_arch: Annotated[
        list[str] | None,
        typer.Option(help="A net: linear, mlp, mlp_small, mlp_medium, mlp_bn or temporal_cnn; repeatable."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Nets per fold, with seeds counting up from --seed.")] = 1,
    by: Annotated[By, typer.Option(help="What a fold leaves out.")] = "source",
    export_folds: Annotated[bool, typer.Option("--export-folds", help="Make a bundle of each fold's net.")] = False,
    recipe: RecipeName = None,
    features: Features = None,
    target: Target = None,
    mos_scale: MosScale = None,
    no_baselines: NoBaselines = False,
    konvid_val_fraction: KonvidValFraction = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    lr: LearningRate = None,
    seed: Seed = None,
    out_dir: OutDir,
    page: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Leaves every source of the first table out once, and judges each net on the source that it has not seen.

    All folds and seeds of a net are trained at once. Further tables stay in training, less what is held out.

    Example: `tinyvmaf loso --table table.parquet --model-arch linear --model-arch mlp_small --out-dir runs/loso`
    """
    from tinyvmaf.cli.output import answer, progress_bar
    from tinyvmaf.cli.training_view import loso_view
    from tinyvmaf.documents import to_document
    from tinyvmaf.models.recipe import recipe_for
    from tinyvmaf.runs.loso import LosoOptions, run_loso
    from tinyvmaf.runs.loso_page import loso_page

    budget = {"epochs": epochs, "batch_size": batch_size, "learning_rate": lr, "seed": seed}
    data = {"feature_set": features, "target": target}
    chosen = [recipe_for(architecture=a, recipe=recipe, **budget, **data) for a in model_arch or [None]]
    rows = rows_for(table or (), chosen[0], mos_scale=mos_scale)
    options = LosoOptions(by, seeds, konvid_val_fraction, baselines=not no_baselines, export_folds=export_folds)
    with progress_bar() as progress:
        report = run_loso(rows, chosen, out_dir, options, progress=progress)
    answer(to_document("loso", report), as_json=as_json, text=loso_view(report))
    save_page(page, lambda: loso_page(report))
