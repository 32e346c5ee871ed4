"""KQL: from text to a plan, and from a plan to an engine's language. Nothing here runs a query (`vedette.hunting` does)."""
