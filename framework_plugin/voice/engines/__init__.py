"""The engines behind the two protocols, each imported only when it is asked for."""
