"""The clip table -> fitted nets. Needs torch: ``pip install 'tinyvmaf[train]'``."""
