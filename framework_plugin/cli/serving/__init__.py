"""Several worker processes behind one port, and who looks after them."""
