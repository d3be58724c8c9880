"""Bundle + video or table -> scores."""
