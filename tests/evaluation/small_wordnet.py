"""A WordNet database of few words, written as the real one is."""

LICENCE = "  1 This stands for the licence, which every line of has two spaces before it.  \n"

# Lemmas of each noun synset, and the places in this list of its hypernyms.
NOUNS = [
    (["entity"], []),
    (["animal", "beast"], [0]),
    (["dog", "domestic_dog"], [1, 5]),
    (["cat"], [1]),
    (["color"], [0]),
    (["pet"], [1]),
    (["red"], [4]),
    (["child", "kid"], [0]),
    (["kid"], [1]),
    (["man"], [0]),
    (["man", "piece"], [0]),
    (["dispenser"], [0]),
    (["Tape_Dispenser"], [11]),
    (["Rex"], [2]),
]
EXCEPTIONS = {"noun": ["beasts man", "children child", "men man"], "verb": ["ate eat"], "adj": [], "adv": []}
OTHER_WORDS = {"verb": ["eat", "pet"], "adj": ["red", "quick"], "adv": ["quickly"]}


def write_wordnet(folder, nouns=NOUNS):
    """Writes the database; returns the folder."""
    offsets = [0] * len(nouns)
    for _ in range(2):  # the length of a line does not depend on the offsets in it
        lines = [_data_line(place, nouns, offsets) for place in range(len(nouns))]
        offsets = [len(LICENCE) + sum(map(len, lines[:place])) for place in range(len(nouns))]
    lemmas = {}
    for (words, _), offset in zip(nouns, offsets, strict=True):
        for word in words:
            lemmas.setdefault(word.lower(), []).append(f"{offset:08}")
    index = [
        f"{lemma} n {len(found)} 2 @ ~ {len(found)} 0 {' '.join(found)}  \n"
        for lemma, found in lemmas.items()
    ]
    (folder / "data.noun").write_text(LICENCE + "".join(lines))
    (folder / "index.noun").write_text(LICENCE + "".join(sorted(index)))
    for part, words in OTHER_WORDS.items():
        (folder / f"index.{part}").write_text(
            LICENCE + "".join(f"{word} x 1 0 1 0 00001740  \n" for word in words)
        )
    for part, lines in EXCEPTIONS.items():
        (folder / f"{part}.exc").write_text("".join(f"{line}\n" for line in lines))
    return folder


def _data_line(place, nouns, offsets):
    words, hypernyms = nouns[place]
    symbol = "@i" if words[0] == "Rex" else "@"
    pointers = [f"{symbol} {offsets[hypernym]:08} n 0000" for hypernym in hypernyms]
    pointers.append(f"~ {offsets[place]:08} n 0000")  # not a hypernym
    fields = [f"{offsets[place]:08}", "03", "n", f"{len(words):02x}", *(f"{word} 0" for word in words)]
    return " ".join([*fields, f"{len(pointers):03}", *pointers]) + " | a gloss; with @ and | in it  \n"
