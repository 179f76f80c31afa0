"""Where users talk: input and output channels, named in `credentials.yml`."""
