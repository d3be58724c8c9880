import dataclasses

from tinyvmaf.bundles.bundle import Sidecar, sidecar_from
from tinyvmaf.bundles.cards import card_of, with_figures, write_bundle
from tinyvmaf.bundles.facts import Evaluation, Interval, Latency
from tinyvmaf.bundles.session import open_model


def evaluation(protocol: str, *, plcc: float | None = 0.9987) -> Evaluation:
    return Evaluation(
        protocol=protocol,
        level="frame",
        data="5 sources of netflix",
        command="tinyvmaf eval small --table t.parquet",
        report="benchmarks/results/small.json",
        n_samples=1234,
        plcc=plcc,
        plcc_interval=(0.99, 0.9999),
        srocc=0.99,
        srocc_interval=None,
        krocc=0.95,
        krocc_interval=None,
        rmse=0.21,
        rmse_interval=(0.1, 0.3),
    )


def sidecar_of(exported) -> Sidecar:
    return sidecar_from(exported.sidecar.read_bytes())


def test_a_figure_stands_beside_its_command_and_its_file(exported) -> None:
    sidecar = with_figures(
        sidecar_of(exported), evaluation=(evaluation("held out"),), latency=Latency(0.05, 0.09, "2 cores")
    )
    card = card_of(sidecar)
    assert "| held out: 5 sources of netflix | frame | 1,234 | 0.9987 [0.9900, 0.9999] | 0.9900 |" in card
    assert "`tinyvmaf eval small --table t.parquet` (kept in `benchmarks/results/small.json`)" in card
    assert "0.050 ms per clip" in card
    assert "training-fit" not in card


def test_training_fit_is_named_and_explained(exported) -> None:
    card = card_of(with_figures(sidecar_of(exported), evaluation=(evaluation("training-fit"),)))
    assert "| training-fit: 5 sources" in card
    assert "A figure marked training-fit" in card


def test_a_card_says_licence_training_and_limits(exported) -> None:
    card = card_of(sidecar_of(exported))
    assert "BSD-2-Clause-Patent" in card
    assert "| netflix | 3 | 6 | 96 | libvmaf-integer |" in card
    assert "distance to libvmaf's number, not to people's opinion" in card
    assert "Not judged yet" in card


def test_an_undefined_correlation_is_said_to_be_so(exported) -> None:
    figures = (dataclasses.replace(evaluation("held out", plcc=None), plcc_interval=None),)
    assert "undefined (constant)" in card_of(with_figures(sidecar_of(exported), evaluation=figures))


def test_an_opinion_model_does_not_speak_of_libvmaf(exported) -> None:
    assert "libvmaf's number" not in card_of(dataclasses.replace(sidecar_of(exported), target="mos_100"))


def test_a_smoke_model_says_that_it_has_learned_nothing(exported) -> None:
    assert "learned nothing" in card_of(dataclasses.replace(sidecar_of(exported), smoke=True))


def test_a_bundle_takes_its_figures_and_still_opens(exported, tmp_path) -> None:
    sidecar = with_figures(sidecar_of(exported), evaluation=(evaluation("held out"),), latency=Latency(1, 2, "m"))
    model = open_model(write_bundle(tmp_path, exported.onnx.read_bytes(), sidecar).directory)
    assert model.sidecar == sidecar
    assert model.card == card_of(sidecar)


def test_a_card_says_whose_material_it_was(exported) -> None:
    assert "Whose material" not in card_of(sidecar_of(exported))
    card = card_of(dataclasses.replace(sidecar_of(exported), credits=("`netflix`: Netflix, Inc.",)))
    assert "## Whose material\n\n- `netflix`: Netflix, Inc.\n" in card


def test_error_bars_say_how_often_they_held_and_what_made_them(exported) -> None:
    bar = Interval("kernel", "fast", "1080p", 0.9, 0.0401, 0.01, "20 sources", 0.912, 0.9, "12 sources", 0.885, 0.902)
    made = dataclasses.replace(bar, command="tinyvmaf calibrate b --table t", report="results/bars.json")
    card = card_of(dataclasses.replace(sidecar_of(exported), intervals=(made,)))
    assert "| kernel, fast | 1080p | 90% | ± 0.040 | ± 0.010 | 91.2%, 90.0% | 88.5%, 90.2% |" in card
    assert "calibrated on 20 sources" in card
    assert "apart from all of that, 12 sources" in card
    assert "- `tinyvmaf calibrate b --table t` (kept in `results/bars.json`)" in card
