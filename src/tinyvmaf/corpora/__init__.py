"""Which clips exist, and what people said of them. Lists clips, measures nothing."""
