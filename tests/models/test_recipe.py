"""A recipe is complete, checked entry by entry, and its hash tells of every change."""

from pathlib import Path

import pytest

from tinyvmaf.errors import RecipeError
from tinyvmaf.models.pixel_recipe import pixel_recipe_for, read_pixel_recipe
from tinyvmaf.models.recipe import read_recipe, recipe_for
from tinyvmaf.models.recipe_files import PIXEL_RECIPES, recipe_names

MINIMAL = 'description = "d"\narchitecture = "linear"\nlearning_rate = 0.1\nbatch_size = 8\n'


@pytest.mark.parametrize("name", sorted(set(recipe_names()) - set(PIXEL_RECIPES.values())))
def test_shipped_recipe_is_read_by_its_name(name: str) -> None:
    assert read_recipe(name).name == name


@pytest.mark.parametrize(("net", "name"), PIXEL_RECIPES.items())
def test_shipped_recipe_of_a_net_on_pixels_is_read_by_its_name(net: str, name: str) -> None:
    recipe = read_pixel_recipe(name)
    assert (recipe.name, recipe.architecture) == (name, net)
    with pytest.raises(RecipeError, match=f"{net}, which sees pixels: give --samples"):
        read_recipe(name)


def test_recipes_of_record_for_pixels_are_as_they_were() -> None:
    score, restorer = read_pixel_recipe("record/c2"), read_pixel_recipe("record/c3")
    assert (score.learning_rate, score.weight_decay, score.batch_size) == (1e-3, 1e-4, 64)
    assert (score.epochs, score.patience, score.stop_fraction, score.val_fraction) == (60, 15, 0.1, 0.1)
    assert (restorer.loss, restorer.learning_rate, restorer.batch_size, restorer.epochs) == ("l1", 1e-4, 32, 100)


def test_each_family_names_what_the_other_needs() -> None:
    with pytest.raises(RecipeError, match="a head on features takes --table"):
        read_pixel_recipe("fr_mlp_small")
    with pytest.raises(RecipeError, match="nr_patch sees pixels: give --samples DIR instead of --table"):
        recipe_for(architecture="nr_patch")
    with pytest.raises(RecipeError, match=r"no net 'mlp_small' takes --samples.*heads: --table"):
        pixel_recipe_for(architecture="mlp_small", sample_kind="patches", changes={})
    with pytest.raises(RecipeError, match="nr_patch takes samples of kind patches, these are frame"):
        pixel_recipe_for(architecture="nr_patch", sample_kind="frame", changes={})
    assert pixel_recipe_for(sample_kind="pairs", changes={}).architecture == "prefilter_lite"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"loss": "l1+vmaf_neg"}, "loss is 'l1"),
        ({"target": "clean"}, "a filter learns 'clean'"),
        ({"clean_part": 0.2}, "clean_part is for filters"),
        ({"hold_out": "crf=20"}, "FACT=VALUE"),
        ({"batch_size": 1}, "batch_size is 1"),
        ({"val_fraction": 0.7}, "val_fraction is 0.7"),
        ({"patience": 0}, "patience is 0"),
    ],
)
def test_entry_of_a_net_on_pixels_must_make_sense(change: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        read_pixel_recipe("nr_vmaf").override(**change)


def test_only_a_filter_that_tells_what_it_takes_is_trained_by_that() -> None:
    with pytest.raises(RecipeError, match="loss 'taken' is for prefilter_lite"):
        read_pixel_recipe("record/c3").override(loss="taken")


def test_hash_of_a_pixel_recipe_is_of_what_trains() -> None:
    recipe = read_pixel_recipe("nr_vmaf")
    assert recipe.override(name="another", description="words", license="MIT").sha256 == recipe.sha256
    assert recipe.override(hold_out="codec=av1").sha256 != recipe.sha256


def test_recipe_of_record_is_as_it_was() -> None:
    recipe = read_recipe("record/c1")
    assert (recipe.standardise, recipe.bounded, recipe.loss, recipe.schedule) == (False, False, "mse", "constant")
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs, recipe.activation) == (1e-3, 256, 30, "relu")


def test_recipe_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINIMAL + "epochs = 3\n")
    recipe = read_recipe(str(tmp_path / "mine.toml"))
    assert (recipe.name, recipe.epochs, recipe.standardise) == ("mine", 3, True)


def test_override_changes_the_hash_and_a_name_does_not() -> None:
    recipe = read_recipe("fr_mlp_small")
    assert recipe.override(batch_size=77).sha256 != recipe.sha256
    assert recipe.override(val_sources=("Tennis",)).sha256 != recipe.sha256
    assert recipe.override(name="another", description="words").sha256 == recipe.sha256
    assert recipe.override(batch_size=None) == recipe


def test_hash_of_a_recipe_outlives_entries_that_came_later() -> None:
    """The hash that the first head on the shelf was stamped with."""
    stamped = "68c777ec20c718f3fc6d2b106ac53836c842782a4ebe59fe207ad18b99c8df09"
    recipe = read_recipe("fr_mlp_small").override(steps=15000)
    assert recipe.sha256 == stamped
    assert recipe.override(license="MIT").sha256 == stamped
    assert recipe.override(weight_decay=0.1).sha256 != stamped


@pytest.mark.parametrize("hidden", [(), (0,), (8, -1)])
def test_mlp_needs_widths_that_can_be(hidden: tuple[int, ...]) -> None:
    with pytest.raises(RecipeError, match="hidden"):
        read_recipe("fr_mlp").override(hidden=hidden)


def test_widths_go_into_the_hash_and_not_to_another_net() -> None:
    recipe = read_recipe("fr_mlp")
    assert recipe.override(hidden=(4,)).sha256 != recipe.sha256
    assert recipe.override(architecture="linear").hidden is None


def test_budget_in_epochs_takes_the_place_of_one_in_steps() -> None:
    recipe = read_recipe("fr_mlp_small").override(epochs=3)
    assert (recipe.steps, recipe.epochs) == (None, 3)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("epoch = 3", "unknown entry epoch; there are .*epochs"),
        ("epochs = -1", "epochs is -1, but must be a whole number of 0 or more"),
        ("epochs = 2.5", "epochs is 2.5, but must be a whole number"),
        ("epochs = 3\nsteps = 3", "either steps or epochs"),
        ("", "either steps or epochs"),
        ("epochs = 3\nloss = 'l1'", "loss is 'l1', but must be one of censored, mse"),
        ("epochs = 3\nfeature_set = 'x'", "feature_set is 'x', but must be one of canonical-6"),
        ("epochs = 3\nstandardise = 'yes'", "must be true or false"),
        ("epochs = 3\nval_sources = 'Tennis'", "must be a list of texts"),
        ("epochs = 3\nseed = true", "seed is True"),
        ("epochs = 3\nhidden = [4]", "hidden is \\(4,\\), but mlp needs widths, and no other net"),
        ("epochs = 3\nhidden = 4", "hidden is 4, but must be a list of whole numbers"),
        ("epochs = 3\nhidden = [4.5]", "must be a list of whole numbers"),
        ("epochs = 3\nweight_decay = -0.1", "weight_decay is -0.1, but must be a number of 0 or more"),
        ("epochs = 3\nlicense = ''", "license must be a text of 1 to 200 letters"),
        ("epochs = ", "not TOML"),
    ],
)
def test_bad_entry_is_named_with_what_would_do(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(MINIMAL + line + "\n")
    with pytest.raises(RecipeError, match=words):
        read_recipe(str(tmp_path / "bad.toml"))


def test_missing_entry_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("epochs = 3\n")
    with pytest.raises(RecipeError, match="architecture, batch_size, description, learning_rate is missing"):
        read_recipe(str(tmp_path / "bad.toml"))


@pytest.mark.parametrize("name", ["fr_mlp_smal", "nowhere/mine.toml"])
def test_unknown_recipe_is_an_error_that_names_the_known(name: str) -> None:
    with pytest.raises(RecipeError, match=r"fr_mlp_small.*record/c1"):
        read_recipe(name)
