"""The checkpoints that ship, and which folder of weights is to be played."""
