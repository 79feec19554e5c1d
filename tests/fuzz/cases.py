"""What is read: for the name of every kind of file, whole ones and hostile ones, each by what it is."""

import corpus
import folder_corpus

WHOLE = corpus.WHOLE | folder_corpus.WHOLE
HOSTILE = corpus.HOSTILE | folder_corpus.HOSTILE
