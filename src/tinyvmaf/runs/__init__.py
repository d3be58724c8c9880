"""Whole procedures behind the long commands: they join the rooms, and own no arithmetic."""
