"""Pages in a real browser: plots drawn, clicks and keys work, nothing is asked of the network, nobody is left out."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.browser.conftest import Show
from tests.models.learnable import learnable_rows
from tests.pixel_models import blurring_filter, brightness_of_patches
from tests.runs.pages import kept_transfer, made_prefilter
from tests.scores.report.conftest import made_score, made_sights
from tests.scores.report.test_compare_page import made as made_comparison
from tests.table.pixel_samples import make_samples

from tinyvmaf.bundles.session import open_model
from tinyvmaf.runs.prefilter_page import prefilter_page
from tinyvmaf.runs.transfer_page import transfer_page
from tinyvmaf.scores.evaluate import evaluate
from tinyvmaf.scores.evaluate_samples import evaluate_filter, evaluate_samples
from tinyvmaf.scores.report.compare_page import compare_page
from tinyvmaf.scores.report.filter_page import filter_page
from tinyvmaf.scores.report.model_page import eval_page
from tinyvmaf.scores.report.score_page import score_page
from tinyvmaf.table.sample_rows import sample_rows

pytestmark = pytest.mark.slow

HOSTILE = "a</script><script>alert(1)</script><img src=x onerror=alert(2)>.mp4"
PHONE = 390


def one_encode(name: str = "encode.mp4") -> str:
    score = made_score(name)
    return score_page([score], [made_sights(score)])


def several_encodes() -> str:
    scores = [
        made_score(f"{codec}-{level}.mp4", level=level) for codec in ("h264", "hevc") for level in (50, 60, 70, 80)
    ]
    sights = [
        made_sights(score, count=1, codec=score.distorted.name[:4], kbps=2.0 ** (n % 4) * 300)
        for n, score in enumerate(scores)
    ]
    return score_page(scores, sights)


def model_report() -> str:
    model = open_model("fr_mlp_small")
    rows = learnable_rows(sources=12, clips=6, frames=10)
    return eval_page(evaluate(model, rows, pairs=True), model.sidecar)


def samples_report() -> str:
    with TemporaryDirectory() as folder:
        model = open_model(brightness_of_patches(Path(folder) / "model", side=32))
        samples = sample_rows(make_samples(Path(folder) / "samples", sources=6))
        return eval_page(evaluate_samples(model, samples, pairs=True), model.sidecar)


def filter_report() -> str:
    with TemporaryDirectory() as folder:
        model = open_model(blurring_filter(Path(folder) / "model"))
        return filter_page(evaluate_filter(model, sample_rows(make_samples(Path(folder) / "s", "pairs", target=None))))


PAGES = {
    "one": one_encode,
    "several": several_encodes,
    "hostile": lambda: one_encode(HOSTILE),
    "without frames": lambda: score_page([made_score().without_frames()]),
    "one frame": lambda: score_page([made_score(frames=1)]),
    "long": lambda: score_page([made_score(frames=100_000)]),
    "model": model_report,
    "comparison": lambda: compare_page(made_comparison()),
    "hostile comparison": lambda: compare_page(made_comparison(other=HOSTILE)),
    "samples": samples_report,
    "filter": filter_report,
    "transfer": lambda: transfer_page(kept_transfer()),
    "prefilter": lambda: prefilter_page(made_prefilter()),
    "hostile prefilter": lambda: prefilter_page(made_prefilter(HOSTILE, sources=1)),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_draws_its_plots_and_asks_for_nothing_light_or_dark(show: Show, name: str) -> None:
    page = show(PAGES[name]())
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    for plot in page.query_selector_all(".plot"):
        assert plot.query_selector(".main-svg"), "no plot was drawn"
        assert plot.query_selector(".scatterlayer path, .barlayer path") or not plotted(plot)
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector(":root[data-theme=dark]", timeout=10_000)


def plotted(plot) -> bool:
    """The plot has a number to draw."""
    return plot.evaluate("e => e.data.some(trace => trace.x && trace.x.length)")


@pytest.mark.parametrize("name", ["several", "model", "transfer", "prefilter"])
def test_page_fits_a_phone(show: Show, name: str) -> None:
    page = show(PAGES[name](), width=PHONE, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    widest = page.evaluate("Math.max(...[...document.querySelectorAll('.plot .main-svg')].map(e => e.clientWidth))")
    assert widest <= PHONE


def test_a_click_shows_the_frame_in_full_with_a_wipe(show: Show) -> None:
    page = show(one_encode())
    page.click(".frames button >> nth=0")
    assert page.is_visible("#viewer .under")
    assert page.evaluate("document.querySelector('#viewer .under').naturalWidth") == 160
    assert re.match(r"frame \d+ at .* s: ", page.inner_text("#viewer h2"))
    page.focus("#viewer input[type=range]")
    before = page.evaluate("getComputedStyle(document.querySelector('.pair')).getPropertyValue('--wipe')")
    page.keyboard.press("ArrowLeft")
    assert (before, wipe(page)) == ("50%", "49%")
    box = page.locator("#viewer .pair").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert wipe(page) == "25%"
    assert page.evaluate("getComputedStyle(document.querySelector('.over')).clipPath").endswith("25%)")
    assert not page.is_visible("#viewer .apart")
    page.check("#viewer input[value=difference]")
    assert page.is_visible("#viewer .apart")
    page.check("#viewer input[value=encode]")
    assert wipe(page) == "0%"


def wipe(page) -> str:
    return page.evaluate("document.querySelector('.pair').style.getPropertyValue('--wipe')")


def test_actual_size_shows_pixel_for_pixel(show: Show) -> None:
    page = show(one_encode())
    page.click(".frames button >> nth=0")
    fitted = page.evaluate("document.querySelector('.under').clientWidth")
    page.check("#actual")
    assert page.evaluate("document.querySelector('.under').clientWidth") == 160 < fitted


def test_everything_is_reached_by_keyboard(show: Show) -> None:
    page = show(one_encode())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus(".frames button >> nth=1")
    page.keyboard.press("Enter")
    title = page.inner_text("#viewer h2")
    page.focus("#after")
    page.keyboard.press("Enter")
    assert page.inner_text("#viewer h2") != title
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#viewer h2") == title
    page.keyboard.press("Escape")
    assert not page.is_visible("#viewer")
    assert page.evaluate("document.activeElement.dataset.title") == title
    page.focus("details.behind summary >> nth=0")
    page.keyboard.press("Enter")
    assert page.is_visible("details.behind[open] table")


def test_a_click_on_a_diamond_opens_its_frame(show: Show) -> None:
    page = show(one_encode())
    point = page.locator("#over-time .scatterlayer .trace.scatter >> nth=-1").locator("path.point").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    page.wait_for_selector("#viewer[open]", timeout=5000)
    assert page.inner_text("#viewer h2").startswith("frame ")


def test_the_reader_may_choose_dark_or_light(show: Show) -> None:
    page = show(one_encode())
    light = tick_colour(page)
    page.click("#theme")
    page.wait_for_selector(":root[data-theme=dark]", timeout=5000)
    waited = 0
    while tick_colour(page) == light and waited < 5000:
        page.wait_for_timeout(100)
        waited += 100
    assert tick_colour(page) != light


def tick_colour(page) -> str:
    return page.evaluate("getComputedStyle(document.querySelector('#over-time .xtick text')).fill")


def test_a_reader_who_does_not_see_gets_words_and_tables(show: Show) -> None:
    page = show(several_encodes())
    for plot in page.query_selector_all(".plot"):
        assert plot.get_attribute("role") == "img"
        assert len(plot.get_attribute("aria-label") or "") > 20
    plots, tables = page.query_selector_all(".plot"), page.query_selector_all("details.behind table")
    assert len(tables) == len(plots) > 3
    assert all(table.query_selector("caption") and table.query_selector("th[scope=col]") for table in tables)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert not [one for one in page.query_selector_all("img[src]") if not one.get_attribute("alt")]
    assert page.query_selector_all("h1") and len(page.query_selector_all("h1")) == 1


def test_text_is_legible_against_its_ground(show: Show) -> None:
    page = show(score_page([made_score().without_frames()]))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f":root[data-theme={scheme}]", timeout=10_000)
        for ink, ground in (("--ink", "--paper"), ("--soft", "--paper"), ("--soft", "--card"), ("--accent", "--paper")):
            assert contrast(variable(page, ink), variable(page, ground)) >= 4.5, (scheme, ink, ground)


def variable(page, name: str) -> str:
    return page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('{name}').trim()")


def contrast(first: str, second: str) -> float:
    """Of two colours, as WCAG 2 defines it: 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_without_scripts_figures_and_pictures_are_still_there(browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.set_content(one_encode())
    assert page.is_visible("td.number >> nth=0")
    assert page.is_visible(".frames img >> nth=0")
    page.close()
