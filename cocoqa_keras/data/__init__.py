"""The data files of COCO-QA: readers, writers, vocabulary, image features, encoding of the text."""
