"""From what a client presents to who it is: API keys, tokens, and where their public keys are."""
