"""Roll-ups by quarters of an hour and days: recomputed from the facts wherever one changed, proven by verify."""
