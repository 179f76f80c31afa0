"""The network, in TensorFlow: what it is made of, and its export to ONNX."""
