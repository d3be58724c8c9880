"""One fold's net beside its ONNX: that what a study judges is what an export would ship."""

import numpy as np
from numpy.typing import NDArray

from tinyvmaf.bundles.export import onnx_of
from tinyvmaf.bundles.parity import parity_tolerance
from tinyvmaf.bundles.session import run_graph
from tinyvmaf.errors import BundleError
from tinyvmaf.models.fitted import FittedNet
from tinyvmaf.models.folds import FoldNet
from tinyvmaf.runs.loso_report import OnnxCheck
from tinyvmaf.table.clips import clips_of


def onnx_check(net: FoldNet) -> OnnxCheck:
    """How far the net is from its ONNX file on what its fold holds out.

    Raises:
        BundleError: farther than an export would allow.
    """
    fitted = net.fitted()
    shipped = _shipped_scores(fitted, net)
    difference = float(np.abs(shipped - net.predict(net.fold.test)).max())
    if difference > parity_tolerance(fitted.output_range):
        raise BundleError(f"the ONNX of {fitted.architecture} is {difference:g} off the net that the folds judged")
    return OnnxCheck(
        architecture=fitted.architecture,
        held_out=net.fold.held_out,
        rows=len(shipped),
        largest_difference=difference,
    )


def _shipped_scores(fitted: FittedNet, net: FoldNet) -> NDArray[np.float32]:
    """The scores (n,) of what the fold holds out by the net's ONNX file; each clip by itself where the net asks so."""
    onnx, test = onnx_of(fitted), net.fold.test
    features = net.rows.features[test]
    if fitted.row_axis == "N":
        return run_graph(onnx, features)
    scores = np.empty(len(features), np.float32)
    for clip in clips_of(net.rows.clip_index[test], net.rows.frame_index[test]):
        scores[clip] = run_graph(onnx, features[clip])
    return scores
