"""Chinese text: normalisation, segmentation, stop words, vocabulary."""
