"""Change the pixels until the network says what was asked for: one loop, many objectives."""
