"""Clips -> the clip table: one row per frame, with features, teacher scores and opinions."""
