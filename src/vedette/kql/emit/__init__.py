"""What each engine is told: a folder per engine."""
