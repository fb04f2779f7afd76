"""What was just played: the last seconds of it, and where its phrases end. Pure: time comes as an argument."""
