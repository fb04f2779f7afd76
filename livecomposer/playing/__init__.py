"""What will sound, and when."""
