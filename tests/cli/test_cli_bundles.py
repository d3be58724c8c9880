import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from tinyvmaf.bundles.bundle import Bundle
from tinyvmaf.bundles.session import open_model, sha256_of
from tinyvmaf.cli import bundles, evaluate
from tinyvmaf.documents import validate
from tinyvmaf.errors import ModelRefusedError, ShelfError, TableError
from tinyvmaf.features import CANONICAL_6

app = typer.Typer()
app.command("export")(bundles.export)
app.command("register")(bundles.register)
app.command("eval")(evaluate.evaluate)
app.add_typer(bundles.models_app, name="models")


def run(*words: str | Path, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == exit_code, result.output
    return result.stdout


def answer_of(*words: str | Path, exit_code: int = 0) -> dict:
    document = json.loads(run(*words, "--json", exit_code=exit_code))
    validate(document)
    return document


def test_register_answers_with_the_model_and_list_shows_it(bundle: Bundle, shelf: Path) -> None:
    document = answer_of("register", bundle.directory)
    assert document["shelf"] == "user"
    assert document["directory"] == str(shelf / "small")
    assert document["onnx_sha256"] == sha256_of(bundle.onnx.read_bytes())
    own = [model for model in answer_of("models", "list")["models"] if model["shelf"] == "user"]
    assert [model["id"] for model in own] == ["small"]
    text = run("models", "list")
    assert "small" in text
    assert str(shelf) in text


def test_a_taken_id_names_the_way_out(bundle: Bundle, shelf: Path) -> None:
    run("register", bundle.onnx)
    with pytest.raises(ShelfError, match="--replace"):
        run("register", bundle.onnx)
    run("register", bundle.onnx, "--replace")
    run("register", bundle.onnx, "--id", "second")


def test_show_takes_an_id_or_a_path_and_prints_the_hash(bundle: Bundle, shelf: Path) -> None:
    run("register", bundle.directory)
    digest = sha256_of(bundle.onnx.read_bytes())
    assert answer_of("models", "show", "small")["shelf"] == "user"
    by_path = answer_of("models", "show", bundle.onnx)
    assert (by_path["shelf"], by_path["onnx_sha256"], by_path["sidecar"]["id"]) == (None, digest, "small")
    assert digest in run("models", "show", bundle.directory)
    assert "What it was trained on" in run("models", "show", "small")


def test_verify_exits_with_1_and_says_each_reason(bundle: Bundle, shelf: Path) -> None:
    run("register", bundle.directory)
    assert answer_of("models", "verify")["ok"] is True
    (shelf / "small" / "card.md").write_text("[bold]changed")
    document = answer_of("models", "verify", exit_code=1)
    assert document["ok"] is False
    assert "SHA-256" in next(model["reason"] for model in document["models"] if model["id"] == "small")
    assert "BROKEN  small (user)" in run("models", "verify", exit_code=1)


def test_remove_takes_a_model_away(bundle: Bundle, shelf: Path) -> None:
    run("register", bundle.directory)
    run("models", "remove", "small")
    with pytest.raises(ShelfError, match="no model 'small'"):
        run("models", "show", "small")


def test_a_refusal_reaches_the_user(bundle: Bundle, shelf: Path) -> None:
    bundle.onnx.write_bytes(b"no model")
    with pytest.raises(ModelRefusedError, match="not ONNX"):
        run("models", "show", bundle.onnx)


def test_export_makes_of_a_checkpoint_what_register_takes(tmp_path: Path, shelf: Path) -> None:
    import numpy as np

    from tinyvmaf.models.fit import fit_net
    from tinyvmaf.models.recipe import read_recipe
    from tinyvmaf.table.rows import smoke_rows

    rows = smoke_rows()
    train = np.arange(len(rows)) > 8
    fit_net(rows, train, ~train, read_recipe("fr_mlp_small").override(epochs=0), checkpoint=tmp_path / "c.pt")
    words = ("export", tmp_path / "c.pt", "-o", tmp_path / "out", "--id", "first", "--license", "CC0-1.0")
    document = answer_of(*words)
    assert (document["id"], document["shelf"], document["sidecar"]["license"]) == ("first", None, "CC0-1.0")
    with pytest.raises(ShelfError, match="--allow-smoke"):
        run("register", tmp_path / "out")
    assert answer_of("register", tmp_path / "out", "--allow-smoke")["sidecar"]["smoke"] is True
    assert "has learned nothing" in run("models", "list")


@pytest.fixture
def table(tmp_path: Path, bundle: Bundle) -> Path:
    """A foreign table of 6 sources whose scores are the model's own."""
    import numpy as np

    rng = np.random.default_rng(0)
    features = rng.uniform(size=(6 * 8, 6)).astype(np.float32)
    columns = {name: features[:, i] for i, name in enumerate(CANONICAL_6.names)}
    keys = [f"[b]clip{i // 8}" for i in range(len(features))]
    scores = open_model(bundle.directory).predict(features)
    frame = pl.DataFrame({"key": keys, "frame_index": [i % 8 for i in range(len(features))], **columns, "vmaf": scores})
    path = tmp_path / "my table.parquet"
    frame.write_parquet(path)
    return path


def test_eval_judges_a_model_on_a_foreign_table(bundle: Bundle, shelf: Path, table: Path) -> None:
    document = answer_of("eval", bundle.directory, "--table", f"mine={table}")
    assert document["n_samples"] == 48
    assert document["rmse"] < 1e-4
    assert document["plcc"] > 0.999999
    assert document["protocol"] == "unseen table"
    assert list(document["per_corpus"]) == ["mine"]
    text = run("eval", bundle.directory, "--table", table)
    assert "unseen table" in text
    assert "[b]clip3" in text


def test_eval_of_a_split_takes_its_part(bundle: Bundle, table: Path) -> None:
    words = ("eval", bundle.directory, "--table", table, "--val-source", "[b]clip2", "--split")
    assert list(answer_of(*words, "val")["per_source"]) == ["[b]clip2"]
    assert len(answer_of(*words, "train")["per_source"]) == 5


def test_eval_names_the_corpora_there_are(bundle: Bundle, table: Path) -> None:
    with pytest.raises(TableError, match="no corpus 'nowhere' in the tables; there are mine"):
        run("eval", bundle.directory, "--table", f"mine={table}", "--corpus", "nowhere")
    assert answer_of("eval", bundle.directory, "--table", f"mine={table}", "--corpus", "mine")["n_samples"] == 48


def test_an_unknown_part_is_a_usage_error(bundle: Bundle, table: Path) -> None:
    run("eval", bundle.directory, "--table", table, "--split", "some", exit_code=2)
