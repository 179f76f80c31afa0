"""From a dialogue to a reply, without TensorFlow."""
