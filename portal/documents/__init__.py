"""Files out and in: a value in, bytes out."""
