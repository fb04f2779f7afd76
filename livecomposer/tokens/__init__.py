"""The language: one time-ordered stream of events for two players, as ids and back."""
