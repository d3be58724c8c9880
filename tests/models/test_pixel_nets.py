"""Nets that see pixels: sizes of record, what they are blind to, and that each can learn."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tinyvmaf.models.lapped import STEP, analysis_weights, synthesis_weights
from tinyvmaf.models.nr import NrMobilenet, NrPatch
from tinyvmaf.models.pixel_nets import PIXEL_NETS, first_net
from tinyvmaf.models.pixel_recipe import pixel_recipe_for, read_pixel_recipe
from tinyvmaf.models.prefilter import PrefilterLite, ResidualCnn
from tinyvmaf.models.recipe_files import PIXEL_RECIPES


def numbers(net: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_nets_of_record_have_the_records_numbers() -> None:
    assert numbers(NrMobilenet()) == 19_105
    assert numbers(ResidualCnn()) == 18_865


def test_our_nets_are_small() -> None:
    assert numbers(NrPatch()) <= 100_000
    assert numbers(PrefilterLite()) <= 100_000


@pytest.mark.parametrize("name", PIXEL_NETS)
def test_the_same_seed_gives_the_same_weights_and_leaves_torch_alone(name: str) -> None:
    recipe = read_pixel_recipe(PIXEL_RECIPES[name])
    state = torch.get_rng_state()
    one, two = (first_net(recipe, (2, 64)).state_dict() for _ in range(2))
    other = first_net(recipe.override(seed=5), (2, 64)).state_dict()
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)
    assert torch.equal(torch.get_rng_state(), state)


def test_patch_net_does_not_mind_the_order_of_places_and_takes_any_number() -> None:
    net = NrPatch().eval()
    patches = torch.randint(0, 256, (2, 5, 2, 64, 64)).float()
    scores = net(patches)
    torch.testing.assert_close(net(patches[:, [3, 1, 0, 4, 2]]), scores)
    assert net(patches[:, :1]).shape == (2,)


def test_scores_end_at_0_and_100_and_their_raw_form_does_not() -> None:
    net = NrPatch().eval()
    net.set_scale(400, 20)
    patches = torch.randint(0, 256, (3, 2, 2, 64, 64)).float()
    assert torch.equal(net(patches), torch.full((3,), 100.0))
    assert (net.raw(patches) > 200).all()


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (64, 48), (45, 19)])
def test_filters_keep_any_size(size: tuple[int, int]) -> None:
    luma = torch.rand(2, 1, *size)
    for net in (ResidualCnn(), PrefilterLite()):
        assert net.eval()(luma).shape == luma.shape


def test_light_filter_starts_as_the_identity() -> None:
    luma = torch.rand(2, 1, 37, 53)
    assert torch.equal(PrefilterLite()(luma), luma)


def test_lapped_transform_gives_the_picture_back_and_keeps_its_energy() -> None:
    luma = torch.rand(1, 1, 48, 64) - 0.5
    around = torch.zeros(1, 1, 80, 96)
    around[..., 16:-16, 16:-16] = luma
    numbers = F.conv2d(around, analysis_weights(), stride=STEP)
    again = F.pixel_shuffle(F.conv2d(numbers, synthesis_weights(), padding=2), STEP)
    torch.testing.assert_close(again, around, rtol=0, atol=1e-6)
    torch.testing.assert_close(numbers.square().sum(), luma.square().sum())


def half_trained() -> PrefilterLite:
    torch.manual_seed(0)
    net = PrefilterLite().eval()
    torch.nn.init.ones_(net.amount)
    net.level.above.data.fill_(1.5)  # noise is thought to be louder than quiet places are
    return net


def grainy_plane(*size: int, deviation: float = 4 / 255) -> torch.Tensor:
    """Gray with white noise."""
    return 0.5 + deviation * torch.randn(1, 1, *size)


def test_light_filter_moves_with_the_picture_by_whole_steps() -> None:
    """Shuffling puts every place back where it was taken from: else the change would not move with the picture."""
    net, luma = half_trained(), grainy_plane(128, 128)
    with torch.no_grad():
        change = net.change(luma)[..., 56:72, 56:72]
        moved = net.change(luma.roll((4, -8), dims=(2, 3)))[..., 60:76, 48:64]
    assert change.std() > 2 / 255  # half of the noise or more
    assert (change - moved).std() < 0.1 * change.std()  # how loud the noise is, is known by all places, edges too


def test_light_filter_takes_grain_off_by_nothing_but_its_design() -> None:
    net = half_trained()
    for light, deviation in ((0.2, 1.5 / 255), (0.8, 6 / 255)):
        clean = torch.full((1, 1, 96, 96), light)
        with torch.no_grad():
            left = (net(clean + deviation * torch.randn_like(clean)) - clean).square().mean().sqrt()
            alone = net(clean)
        assert left < 0.5 * deviation
        torch.testing.assert_close(alone, clean, rtol=0, atol=1e-6)


def test_black_borders_do_not_tell_the_light_filter_that_there_is_no_grain() -> None:
    net, luma = half_trained(), grainy_plane(96, 128)
    bars = torch.full((1, 1, 48, 128), 16 / 255)
    with torch.no_grad():
        alone, between = net.change(luma), net.change(torch.cat([bars, luma, bars], dim=2))[..., 48:-48, :]
    inner = (..., slice(16, -16), slice(16, -16))
    assert (alone - between)[inner].std() < 0.2 * alone[inner].std()


@pytest.mark.parametrize("name", PIXEL_NETS)
def test_every_net_overfits_a_few_samples(name: str) -> None:
    from tinyvmaf.models.pixel_losses import FilterLoss, ScoreLoss

    recipe = read_pixel_recipe(PIXEL_RECIPES[name])
    torch.manual_seed(0)
    net = first_net(recipe, (2, 32)).train()
    draw = np.random.default_rng(0)
    if recipe.is_filter:
        wanted = torch.from_numpy(draw.uniform(size=(8, 1, 4, 4)).repeat(16, 2).repeat(16, 3)).float()
        given = (wanted + 0.05 * torch.randn_like(wanted)).clamp(0, 1)
        loss = FilterLoss(recipe.override(loss="l1"))
    else:
        shape = (16, 1, 64, 64) if name == "nr_mobilenet" else (16, 3, 2, 32, 32)
        wanted = torch.linspace(20, 90, 16)
        given = 128 + wanted.reshape(-1, *[1] * (len(shape) - 1)) * torch.randn(shape)
        net.set_scale(55, 20)
        loss = ScoreLoss(recipe)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(120 if recipe.is_filter else 40):
        optimizer.zero_grad()
        value = loss(net, given, wanted)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert np.mean(losses[-5:]) < 0.85 * losses[0]


def test_filter_that_is_trained_by_vmaf_gains_from_a_step_along_its_gradient() -> None:
    from tinyvmaf.models.pixel_losses import FilterLoss

    torch.manual_seed(0)
    recipe = read_pixel_recipe("prefilter_lite")
    clean = torch.rand(2, 1, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    spoiled = (clean + 0.05 * torch.randn_like(clean)).clamp(0, 1)
    plain, with_vmaf = (FilterLoss(recipe.override(loss=loss)) for loss in ("l1", "l1+vmaf_neg"))
    net = PrefilterLite()
    assert with_vmaf(net, spoiled, clean) > plain(net, spoiled, clean)
    assert with_vmaf(net, clean, clean) < 0.2 * recipe.vmaf_weight


def test_what_is_taken_of_noise_and_of_the_picture_is_all_that_is_taken() -> None:
    net, clean = half_trained(), torch.full((1, 1, 128, 192), 0.5)
    clean[..., 40:56, 48:80] += 0.1 * torch.rand(1, 1, 16, 32)  # a little to lose among flat places
    spoiled = clean + 8 / 255 * torch.randn_like(clean)
    net.level.above.data.fill_(0.5)
    with torch.no_grad():
        taken, change = net.taken(spoiled, clean), net.change(spoiled)
        alone = net.taken(clean, clean)
    assert (taken.guessed - taken.true).abs().max() < 1  # so the gates were told what is guessed
    torch.testing.assert_close((taken.grain + taken.scene) / -255, change, rtol=0, atol=1e-5)
    assert taken.grain.std() > taken.scene.std() > 0
    assert not alone.grain.any()
    assert (alone.true < np.log(0.051)).all()


def test_gates_are_told_the_true_level_where_the_guess_is_far_off() -> None:
    net, clean = half_trained(), torch.full((1, 1, 64, 64), 0.5)
    spoiled = clean + 8 / 255 * torch.randn_like(clean)
    found = []
    for above in (-6.0, -9.0):
        net.level.above.data.fill_(above)
        with torch.no_grad():
            found.append((net.taken(spoiled, clean).grain, net.change(spoiled)))
    assert torch.equal(found[0][0], found[1][0])
    assert found[0][0].std() > 1.5
    assert 255 * found[0][1].std() < 0.1


def test_harm_to_a_picture_counts_three_times_as_much_as_noise_that_is_left() -> None:
    from tinyvmaf.models.pixel_losses import FilterLoss
    from tinyvmaf.models.prefilter import Taken

    class Takes(PrefilterLite):
        def __init__(self, grain: float, scene: float, guessed: float) -> None:
            super().__init__()
            self.told = grain, scene, guessed

        def taken(self, spoiled: torch.Tensor, clean: torch.Tensor) -> Taken:
            grain, scene, guessed = self.told
            plane, level = torch.ones_like(clean), torch.ones(1, 32)
            return Taken(grain * plane, scene * plane, guessed * level, level)

    loss = FilterLoss(read_pixel_recipe("prefilter_lite"))
    clean = torch.zeros(1, 1, 16, 16)
    spoiled = torch.full_like(clean, 8 / 255)
    for (grain, scene, guessed), expected in {(6, 0, 1): 4 / 65, (8, 2, 1): 12 / 65, (8, 0, 3): 0.4}.items():
        assert loss(Takes(grain, scene, guessed), spoiled, clean).item() == pytest.approx(expected, abs=1e-6)
    loud = (clean + 0.5).clamp(0, 1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = loss(half_trained(), loud, clean)
    assert mixed.item() == loss(half_trained(), loud, clean).item()
    with pytest.raises(TypeError, match="ResidualCnn does not tell what it takes"):
        loss(ResidualCnn(), spoiled, clean)


def test_censored_score_does_not_mind_predictions_beyond_the_end() -> None:
    from tinyvmaf.models.pixel_losses import ScoreLoss

    class Constant(NrPatch):
        def raw(self, samples):
            return samples

    net = Constant()
    predicted, wanted = torch.tensor([140.0, 60.0, -30.0]), torch.tensor([100.0, 60.0, 0.0])
    assert ScoreLoss(read_pixel_recipe("nr_vmaf"))(net, predicted, wanted).item() == 0
    opinions = pixel_recipe_for(recipe="nr_vmaf", sample_kind="patches", changes={"target": "mos"})
    assert ScoreLoss(opinions)(net, predicted, wanted).item() > 0
