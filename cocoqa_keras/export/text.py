"""Questions to word ids inside of a TensorFlow graph."""

import tensorflow as tf

from cocoqa_keras.data.vocabulary import Vocabulary

# RE2 syntax. The ends are what `tokenize` strips, the spaces what Python's `str.split` splits on.
_END = r"[\t-\r ?]+\z"
_SPACES = r"[\t-\r\x1c-\x1f\x{85}\p{Z}]+"


class QuestionEncoder(tf.Module):
    """What `tokenize` and `Vocabulary.encode` do, without Python: it can be saved in a SavedModel.

    Args:
        question_words: the words of questions; it lies in the graph.

    Call arguments:
        questions: (N,) string, in UTF-8.

    Returns:
        (N, T) int32 word ids, 0 after the last word, T being the length of the longest question, possibly 0.
    """

    def __init__(self, question_words: Vocabulary) -> None:
        super().__init__()
        ids = tf.range(question_words.first_id, question_words.last_id + 1)
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(list(question_words.words), ids), question_words.last_id
        )

    def __call__(self, questions: tf.Tensor) -> tf.Tensor:
        """Encodes questions."""
        # A zero is part of a word, and an unknown one; lower-casing would take it for the end of the text.
        whole = tf.strings.regex_replace(questions, r"\x00", "\ufffd")
        lower = tf.strings.lower(whole, encoding="utf-8")
        spaced = tf.strings.regex_replace(tf.strings.regex_replace(lower, _END, ""), _SPACES, " ")
        return self._ids.lookup(tf.strings.split(spaced)).to_tensor()
