"""Fitted net -> bundle (model.onnx, model.json, card.md), and the shelf it stands on."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""From 1.29 on ONNX Runtime tells its maker of every session, as soon as it is imported; 0 lets it."""
