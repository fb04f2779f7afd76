"""Numbers and pictures: how likely the music is under a model, and what was played."""
