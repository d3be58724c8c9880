"""Frames -> numbers, without libvmaf and without torch: VMAF's features and score, and how far off they may be."""
