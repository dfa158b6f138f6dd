"""The HTTP API of billing below /api/v1/."""
