"""Files as they must not come: made by code, for every format, each with what must come of it."""
