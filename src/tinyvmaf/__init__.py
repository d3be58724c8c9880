"""tinyvmaf turns pairs of videos into tiny quality models, and tiny quality models into scores."""
