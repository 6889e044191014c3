"""Documents that clients name: trusted ones, and those that were sent once."""
