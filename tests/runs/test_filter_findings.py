"""The card of a filter quotes the kept reports on its very file: pictures first, then what an encoder saves."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.pixel_models import blurring_filter
from tests.runs.pages import LADDER, made_prefilter
from tinyvmaf.bundles import registry
from tinyvmaf.bundles.bundle import sidecar_from
from tinyvmaf.bundles.session import open_model
from tinyvmaf.documents import to_document, write_json, write_text
from tinyvmaf.errors import ReportError
from tinyvmaf.runs.cards import fill_cards, read_reports
from tinyvmaf.runs.eval_prefilter import PrefilterReport
from tinyvmaf.runs.filter_findings import encode_findings, picture_findings
from tinyvmaf.scores.evaluate_samples import FilterFigures, FilterReport
from tinyvmaf.table.schema import TableFacts


@pytest.fixture
def sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of the one model of a shelf of the user's own, ``soft``."""
    monkeypatch.setenv("TINYVMAF_SHELF", str(tmp_path / "shelf"))
    registry.register(blurring_filter(tmp_path / "blur"), model_id="soft")
    return open_model("soft").sha256


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as a user names it."""
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    return Path("reports")


def judged(sha256: str, *, gain: float = 1.25, protocol: str = "unseen table") -> FilterReport:
    """A filter that takes away grain, and moves clean pictures by 50 dB."""
    figures = FilterFigures(
        n=1200,
        sources=12,
        psnr_before=30.0,
        psnr_after=30 + gain,
        gain_db=gain,
        gain_interval=(gain - 0.5, gain + 0.5),
        l1_before=0.02,
        l1_after=0.01,
    )
    clean = replace(figures, psnr_before=80.0, psnr_after=50.0, gain_db=-30.0, gain_interval=None)
    return FilterReport(
        model="blurring",
        model_sha256=sha256,
        protocol=protocol,
        per_degradation={"grain": figures, "clean": clean},
        milliseconds_per_megapixel=20.0,
        machine="a machine",
        tables=(TableFacts("made", 12, 1200, 1200, "pixels", "c" * 64),),
        command="tinyvmaf eval soft --samples pairs",
    )


def tried(sha256: str, **changes: object) -> PrefilterReport:
    return replace(made_prefilter(), model_sha256=sha256, **changes)  # pyright: ignore[reportArgumentType]


def keep(path: Path, kind: str, report: object) -> None:
    write_json(path, to_document(kind, report))


def test_reports_on_a_filter_come_back_as_they_were_kept(sha256: str, reports: Path) -> None:
    keep(reports / "a.json", "eval-filter", judged(sha256))
    keep(reports / "b.json", "eval-prefilter", tried(sha256))
    found = read_reports(reports)
    assert found.filters == {"reports/a.json": judged(sha256)}
    assert found.prefilters == {"reports/b.json": tried(sha256)}


def test_a_card_quotes_the_reports_on_its_file_and_no_others(sha256: str, reports: Path) -> None:
    assert "tells how much nearer" in str(open_model("soft").card)
    keep(reports / "a_fit.json", "eval-filter", judged(sha256, gain=2.5, protocol="training-fit"))
    keep(reports / "b_judge.json", "eval-filter", judged(sha256))
    keep(reports / "trial.json", "eval-prefilter", tried(sha256))
    keep(reports / "old.json", "eval-filter", judged("0" * 64, gain=7.77))
    keep(reports / "old_trial.json", "eval-prefilter", tried("0" * 64, frames=777))
    write_text(reports / "credits.json", '{"made": "random numbers, nobody\'s"}')
    (filled,) = fill_cards(reports).models
    assert filled.changed
    assert filled.reports == ("reports/b_judge.json", "reports/a_fit.json", "reports/trial.json")
    card = str(open_model("soft").card)
    texts = [finding.text for finding in open_model("soft").sidecar.findings]
    assert all(f"- {text}\n" in card for text in texts)
    assert texts[0].startswith("Spoiled by grain: PSNR from 30.00 to 31.25 dB, +1.25 dB [+0.75, +1.75], 1,200 pictures")
    assert texts[1] == (
        "Clean pictures: 50.00 dB to themselves after it (at most 80), 1,200 pictures of 12 sources; unseen table."
    )
    assert texts[4] == "Before an encoder, at strength 0.5: the first 64 frames of 5 sources."
    assert texts[5].startswith(f"none, {LADDER}: pays: -10.0 % by vmaf_neg")
    assert "- `tinyvmaf eval soft --samples pairs` (kept in `reports/b_judge.json`)" in card
    assert "- `tinyvmaf eval-prefilter references` (kept in `reports/trial.json`)" in card
    assert "- `made`: random numbers, nobody's" in card
    assert "tells how much nearer" not in card
    assert "7.77" not in card
    assert "777" not in card
    assert not fill_cards(reports).models[0].changed
    assert all(verdict.ok for verdict in registry.verify_all())


def test_a_trial_tells_intervals_where_it_has_them_and_what_filtering_costs() -> None:
    head, first, second = encode_findings(tried("a" * 64, frames=0, height=720), kept_in="trial.json")
    assert head.text == "Before an encoder, at strength 0.5: all frames of 5 sources, made 720 lines high."
    assert "intervals: vmaf_neg [-10.00, -10.00], vmaf_v1 [-10.00, -10.00];" in first.text  # by SSIM only four sources
    assert first.text.endswith("; time of an encode with it +20 %.")  # 0.1 s of filtering beside .5 s of encoding
    assert second.text.startswith(f"grain, {LADDER}: ")
    alone = encode_findings(replace(made_prefilter(sources=2), model_sha256="a" * 64), kept_in="trial.json")
    assert "intervals" not in alone[1].text


def test_a_report_without_its_command_is_refused() -> None:
    with pytest.raises(ReportError, match=r"a.json does not tell the command"):
        picture_findings(replace(judged("a" * 64), command=None), kept_in="a.json")
    with pytest.raises(ReportError, match=r"b.json does not tell the command"):
        encode_findings(tried("a" * 64, command=""), kept_in="b.json")
    with pytest.raises(ReportError, match="1 verdicts on 2 curves"):
        encode_findings(tried("a" * 64, verdicts=("none: pays",)), kept_in="b.json")


def test_a_sidecar_speaks_of_findings_only_where_there_are_some(sha256: str, reports: Path) -> None:
    before = open_model("soft")
    assert "findings" not in before.sidecar.to_fields()
    assert not fill_cards(reports).models[0].changed
    keep(reports / "a.json", "eval-filter", judged(sha256))
    fill_cards(reports)
    after = open_model("soft").sidecar
    assert len(after.findings) == 2
    assert sidecar_from(after.to_text().encode()) == after
