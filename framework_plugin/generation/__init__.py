"""The neural response generator: network, training, search and serving."""
