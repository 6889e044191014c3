"""Where calls may lead, how large answers may grow, and what XML may do: with a name service that lies."""
