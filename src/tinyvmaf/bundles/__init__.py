"""Fitted net -> bundle (model.onnx, model.json, card.md), and the shelf it stands on."""
