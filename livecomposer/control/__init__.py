"""Hands on the instrument."""
