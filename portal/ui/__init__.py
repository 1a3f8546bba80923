"""Pieces of screens: the frame, the entrance, and what pages share."""
