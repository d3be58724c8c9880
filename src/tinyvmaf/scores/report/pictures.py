"""The worst frames of encodes as cards with pictures, and the viewer that shows one in full."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from tinyvmaf.scores.report.encodes import Encode
from tinyvmaf.scores.report.markup import Markup, element
from tinyvmaf.scores.worst_frames import DIFFERENCE_GAIN, FramePictures, fallen_feature, scaled

PICTURE_BYTES = 1_400_000
"""Of all pictures of a page as files; as text in the page they take a third more."""
_WIDEST = 1920
_STEPS = ((1.0, 92), (1.0, 85), (1.0, 75), (0.67, 80), (0.5, 80), (0.5, 60), (0.33, 60), (0.25, 50), (0.125, 40))
"""Scale and WebP quality; the first with which all pictures fit."""
_METHOD = 2
"""WebP's own compromise between time (0) and size (6)."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A picture as a browser takes it."""

    uri: str
    """``data:image/webp;base64,...``."""
    width: int
    """Columns."""
    height: int
    """Rows."""


def frame_cards(encodes: Sequence[Encode]) -> Markup:
    """A list of cards, one per worst frame; the buttons open the viewer."""
    shots = [(encode, shot) for encode in encodes for shot in encode.sights.worst]
    pictures = [picture for _, shot in shots for picture in (shot.reference, shot.distorted, shot.difference)]
    coded = fitted(pictures, PICTURE_BYTES)
    cards = [
        element("li", _card(encode, shot, coded[3 * place : 3 * place + 3], several=len(encodes) > 1))
        for place, (encode, shot) in enumerate(shots)
    ]
    return Markup(element("ul", *cards, class_="frames") + _viewer())


def fitted(pictures: Sequence[np.ndarray], most_bytes: int) -> list[Coded]:
    """The pictures (H, W, 3), all at the best scale and quality with which they take ``most_bytes`` together."""
    for scale, quality in _STEPS:
        coded, total = [], 0
        for picture in pictures:
            image = scaled(picture, widest=max(round(min(picture.shape[1], _WIDEST) * scale), 1))
            buffer = BytesIO()
            image.save(buffer, format="WEBP", quality=quality, method=_METHOD)
            total += buffer.tell()
            text = b64encode(buffer.getvalue()).decode("ascii")
            coded.append(Coded(f"data:image/webp;base64,{text}", image.width, image.height))
            if total > most_bytes:
                break
        else:
            return coded
    raise ValueError(f"{len(pictures)} pictures do not fit into {most_bytes} bytes")


def _card(encode: Encode, shot: FramePictures, coded: Sequence[Coded], *, several: bool) -> Markup:
    frame = next(frame for frame in encode.score.frames if frame.frame_index == shot.frame_index)
    whose = f"{encode.name}, " if several else ""
    title = f"{whose}frame {frame.frame_index} at {frame.time_seconds:.3f} s: {frame.score:.2f}"
    words = ("reference", "encode", f"difference, {DIFFERENCE_GAIN} times")
    pictures = [
        element("span", _image(picture, f"{name} of {title}"), element("small", name))
        for picture, name in zip(coded, words, strict=True)
    ]
    fall = fallen_feature(encode.score, shot.frame_index)
    fell = f"{fall.feature} {fall.value:.3f}, usually {fall.usual:.3f}" if fall else ""
    return element(
        "button",
        element("strong", title),
        element("small", f" {fell}"),
        element("span", *pictures, class_="trio"),
        type="button",
        id=f"frame-{encode.place}-{shot.frame_index}",
        data_title=title,
    )


def _image(picture: Coded, words: str) -> Markup:
    return element("img", src=picture.uri, alt=words, width=picture.width, height=picture.height, decoding="async")


def _viewer() -> Markup:
    views = [
        element("label", element("input", type="radio", name="view", value=view, checked=view == "wipe"), view)
        for view in ("wipe", "reference", "encode", "difference")
    ]
    bar = element(
        "div",
        element("h2", "", id="viewer-title"),
        element("fieldset", *views, aria_label="What is shown"),
        element("label", "wipe", element("input", type="range", min=0, max=100, value=50, aria_label="Wipe")),
        element("label", element("input", type="checkbox", id="actual"), "actual size"),
        element("button", "‹", type="button", id="before", aria_label="Frame before"),
        element("button", "›", type="button", id="after", aria_label="Next frame"),
        element("button", "Close", value="close"),
        class_="bar",
    )
    pair = element(
        "div",
        *(element("img", class_=name, alt="", hidden=name == "apart") for name in ("under", "over", "apart")),
        element("span", class_="line"),
        element("span", "reference", class_="tag left"),
        element("span", "encode", class_="tag right"),
        class_="pair",
    )
    stage = element("div", pair, class_="stage")
    form = element("form", bar, stage, method="dialog")
    return element("dialog", form, id="viewer", aria_labelledby="viewer-title")
