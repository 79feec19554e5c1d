"""Whole files with damage of any kind, which a source of randomness decides."""

import json

NASTY = (None, True, -1, 0, 2**31, 10**30, 1e308, "", "\x1b[2J", "../../x", "\ud800", [], {}, [[[]]])
MAX_CHANGES = 4


def damaged(whole, random):
    """One of some whole files, with bytes changed, pieces cut, doubled or put in from another, or other JSON.

    Args:
        whole: the contents of files of a kind.
        random: a `random.Random`.
    """
    content = random.choice(whole)
    if random.random() < 0.5:
        try:
            return _with_other_values(content, random)
        except (ValueError, RecursionError):
            pass  # no JSON: damaged like all others
    content = bytearray(content)
    for _ in range(random.randint(1, MAX_CHANGES)):
        start, end = sorted(random.randint(0, len(content)) for _ in range(2))
        match random.choice(["change", "cut", "double", "splice"]):
            case "change" if start < len(content):
                content[start] = random.randint(0, 255)
            case "cut":
                del content[start:end]
            case "double":
                content[start:start] = content[start:end]
            case "splice":
                content[start:end] = random.choice(whole)[start:end]
    return bytes(content)


def _with_other_values(content, random):
    """JSON, or the first line of JSON lines, with some values replaced by others of it, or by nasty ones."""
    first, *others = content.split(b"\n", 1) if content.startswith(b"{") and b"}\n{" in content else [content]
    root = [json.loads(first)]
    for _ in range(random.randint(1, MAX_CHANGES)):
        places = list(_places(root))
        parent, key = random.choice(places)
        other, other_key = random.choice(places)
        value = random.choice(NASTY) if random.random() < 0.5 else other[other_key]
        parent[key] = json.loads(json.dumps(value))  # a copy, so that nothing holds itself
    return b"\n".join([json.dumps(root[0]).encode(), *others])


def _places(node):
    """Each list or dictionary with each of its indices or keys."""
    for key in range(len(node)) if isinstance(node, list) else list(node):
        yield node, key
        if isinstance(node[key], (list, dict)):
            yield from _places(node[key])
