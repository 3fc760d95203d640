"""Which pixels matter, and how far to believe it: arrays about a photo that stays as it is."""
