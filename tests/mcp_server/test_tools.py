"""What an agent gets of each tool, through the SDK's in-memory client."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mcp.types import ImageContent, TextContent
from PIL import Image

from tests.mcp_server.conftest import Workplace
from tinyvmaf.documents import schema_of, validate
from tinyvmaf.scores.score import ScoreOptions, plan_for, score_pair
from tinyvmaf.scores.worst_frames import frame_pictures
from tinyvmaf.video.file import VideoFile

TOOLS = {
    "score_video", "vmaf_score", "rank_encodes", "describe_worst_frames", "list_models", "eval_model_on_table",
    "compare_models", "doctor",
}  # fmt: skip
PAIR = {"reference": "reference.mp4", "distorted": "encode.mp4"}


def test_every_tool_reads_only_has_words_and_a_schema_of_its_answer(workplace: Workplace) -> None:
    tools = workplace.ask(lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.annotations is not None and tool.annotations.read_only_hint is True
        assert tool.description and tool.title
        assert tool.output_schema is not None and tool.output_schema["type"] == "object"
        for name, parameter in tool.input_schema["properties"].items():
            assert parameter.get("description"), f"{tool.name}: {name} has no words"


@pytest.mark.parametrize("mode", ["fast", "full", "exact"])
def test_score_video_is_the_score_of_the_library(workplace: Workplace, mode) -> None:
    found = workplace.call("score_video", mode=mode, **PAIR)
    assert not found.is_error
    files = [VideoFile(workplace.folder / name) for name in PAIR.values()]
    assert found.structured_content["score"] == score_pair(*files, ScoreOptions(mode=mode)).score
    assert found.structured_content["frames"] == []
    validate(found.structured_content)
    assert json.loads(found.content[0].text) == found.structured_content


def test_frames_come_when_they_are_asked_for(workplace: Workplace) -> None:
    found = workplace.call("score_video", with_frames=True, **PAIR).structured_content
    assert len(found["frames"]) == found["frame_count"] == 16
    assert np.isclose(np.mean([frame["score"] for frame in found["frames"]]), found["score"])


def test_a_model_of_the_shelf_scores(workplace: Workplace) -> None:
    found = workplace.call("score_video", model="fr_mlp_small", **PAIR).structured_content
    assert found["model"] == "fr_mlp_small"
    assert abs(found["score"] - workplace.call("score_video", **PAIR).structured_content["score"]) < 1


def test_vmaf_score_takes_libvmafs_names(workplace: Workplace) -> None:
    by_version = workplace.call("vmaf_score", model="vmaf_v0.6.1neg", **PAIR).structured_content
    assert (by_version["teacher"], by_version["kind"]) == ("vmaf_neg", "exact")
    wrong = workplace.call("vmaf_score", model="nonsense", **PAIR)
    assert wrong.is_error
    assert "vmaf_neg" in wrong.content[0].text


def test_headerless_video_needs_its_whole_layout(workplace: Workplace) -> None:
    gray = np.full((2, 64, 64), 90, np.uint8)
    gray.tofile(workplace.folder / "a.yuv")
    (gray + 20).tofile(workplace.folder / "b.yuv")
    files = {"reference": "a.yuv", "distorted": "b.yuv"}
    layout = {"width": 64, "height": 64, "pix_fmt": "gray"}
    assert workplace.call("vmaf_score", **files, **layout).structured_content["frame_count"] == 2
    assert "pix_fmt" in workplace.call("vmaf_score", **files, width=64).content[0].text


def test_ranking_is_worst_first_and_keeps_a_broken_encode_apart(workplace: Workplace) -> None:
    (workplace.folder / "broken.mp4").write_bytes(b"no video")
    encodes = ["encode.mp4", "broken.mp4", "more/worse.mp4"]
    found = workplace.call("rank_encodes", reference="reference.mp4", encodes=encodes).structured_content
    validate(found)
    assert [Path(one["distorted"]).name for one in found["encodes"]] == ["worse.mp4", "encode.mp4"]
    assert [Path(one["distorted"]).name for one in found["failed"]] == ["broken.mp4"]


def test_worst_frames_come_as_pictures_in_three_panels(workplace: Workplace) -> None:
    answer = workplace.call("describe_worst_frames", count=2, **PAIR)
    found = answer.structured_content
    validate(found)
    scores = workplace.call("score_video", with_frames=True, **PAIR).structured_content["frames"]
    assert found["frames"][0]["score"] == min(frame["score"] for frame in scores)
    pictures = [content for content in answer.content if isinstance(content, ImageContent)]
    assert len(pictures) == len(found["frames"]) == 2
    row = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0].data))))
    assert row.shape == (180, 3 * 320, 3)
    files = [VideoFile(workplace.folder / name) for name in PAIR.values()]
    index = found["frames"][0]["frame_index"]
    (true,) = frame_pictures(plan_for(*files, ScoreOptions()), [index])
    sides = (true.reference, true.distorted, true.difference)
    for panel, side in zip(np.split(row.astype(int), 3, axis=1), sides, strict=True):
        assert np.abs(panel - side).mean() < 4  # what JPEG adds
    assert np.abs(true.reference.astype(int) - true.difference).mean() > 30


def test_list_models_names_the_shelf(workplace: Workplace) -> None:
    found = workplace.call("list_models").structured_content
    validate(found)
    assert {"fr_mlp_small", "fr_svr", "vmaf_pixels"} <= {model["id"] for model in found["models"]}


@pytest.fixture
def table(workplace: Workplace) -> str:
    """A foreign clip table: made-up features, and a score that falls with them."""
    from tinyvmaf.features import CANONICAL_6
    from tinyvmaf.pixels.svr import svr_of

    chance = np.random.default_rng(0)
    features = np.sort(chance.uniform(0.3, 1, (8, 12, 6)), axis=2)[..., ::-1].reshape(-1, 6)
    columns = {name: features[:, place] for place, name in enumerate(CANONICAL_6.names)}
    rows = {"key": np.repeat([f"clip{k}" for k in range(8)], 12), "frame_index": np.tile(np.arange(12), 8), **columns}
    pl.DataFrame({**rows, "vmaf": svr_of("vmaf").predict(features)}).write_parquet(workplace.folder / "t.parquet")
    return "t.parquet"


def test_a_model_is_judged_on_a_table(workplace: Workplace, table: str) -> None:
    found = workplace.call("eval_model_on_table", model="fr_svr", table=table).structured_content
    validate(found)
    assert found["n_samples"] == 96
    assert found["rmse"] < 1e-3
    assert found["command"] == "tinyvmaf eval fr_svr --table t.parquet"


def test_models_are_compared_on_a_table(workplace: Workplace, table: str) -> None:
    models = ["fr_svr", "fr_mlp_small"]
    found = workplace.call("compare_models", models=models, table=[table]).structured_content
    validate(found)
    assert [one["other"] for one in found["comparisons"]] == ["fr_mlp_small"]
    assert found["comparisons"][0]["verdict"] == "worse"
    assert workplace.call("compare_models", models=["fr_svr", "fr_svr"], table=table).is_error


def test_the_doctor_answers(workplace: Workplace) -> None:
    found = workplace.call("doctor").structured_content
    validate(found)
    assert found["ok"] is True


def test_an_error_is_the_rooms_own_sentence(workplace: Workplace) -> None:
    found = workplace.call("score_video", reference="reference.mp4", distorted="missing.mp4")
    assert found.is_error
    assert isinstance(found.content[0], TextContent)
    assert found.content[0].text.endswith("missing.mp4 does not exist")
    assert workplace.call("score_video", teacher="vmaf_v1", **PAIR).content[0].text.count("--exact") == 1


def test_an_argument_that_no_tool_takes_is_an_error(workplace: Workplace) -> None:
    found = workplace.call("score_video", reference="reference.mp4", distorted="encode.mp4", offest=2)
    assert found.is_error
    assert "offest" in found.content[0].text


def test_cards_are_resources(workplace: Workplace) -> None:
    listed = workplace.ask(lambda client: client.list_resources()).resources
    assert "tinyvmaf://models/fr_svr/card" in {str(resource.uri) for resource in listed}
    read = workplace.ask(lambda client: client.read_resource("tinyvmaf://models/fr_svr/card"))
    assert read.contents[0].text.startswith("# fr_svr")


def test_the_prompt_leads_through_the_tools_and_explains_every_feature(workplace: Workplace) -> None:
    from tinyvmaf.features import CANONICAL_6

    prompt = workplace.ask(lambda client: client.get_prompt("explain_low_score", PAIR))
    words = prompt.messages[0].content.text
    assert all(name in words for name in (*PAIR.values(), *CANONICAL_6.names, "describe_worst_frames"))


def test_schemas_that_agents_get_are_those_that_ship(workplace: Workplace) -> None:
    tools = {tool.name: tool for tool in workplace.ask(lambda client: client.list_tools()).tools}
    assert tools["vmaf_score"].output_schema == schema_of("score")


def test_without_a_reference_a_model_of_that_kind_scores(workplace: Workplace) -> None:
    from tests.pixel_models import brightness_of_patches

    (workplace.folder / "nr").mkdir()
    brightness_of_patches(workplace.folder / "nr")
    found = workplace.call("score_video", distorted="encode.mp4", model="nr", fps=5).structured_content
    validate(found)
    assert (found["kind"], found["reference"], found["frame_count"]) == ("nr", None, 4)
    wrong = workplace.call("score_video", distorted="encode.mp4", model="fr_svr")
    assert "without a reference needs" in wrong.content[0].text
