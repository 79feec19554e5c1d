"""A page as a browser would read it."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

WITHIN_LINES = ("a", "span", "strong")  # elements that part no words


class HtmlPage(HTMLParser):
    """The elements of a page, its text, and where each link leads by its own text."""

    def __init__(self, path):
        super().__init__()
        self.path, self.elements, self.texts, self.links, self._link = Path(path), [], [], {}, None
        self.source = self.path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in WITHIN_LINES:
            self.texts.append(" ")
        if tag == "a":
            self._link = len(self.texts)

    def handle_endtag(self, tag):
        if tag == "a":
            text = " ".join("".join(self.texts[self._link :]).split())
            self.links[text] = self.all("a")[-1]["href"]

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def questions(self):
        """The numbers of the questions that it shows."""
        return [int(each["id"].removeprefix("q")) for each in self.all("article")]

    @property
    def addresses(self):
        """All that it links to, loads or shows, but for places in the page itself."""
        found = [each[name] for _, each in self.elements for name in ("href", "src") if name in each]
        return [address for address in found if not address.startswith("#")]

    def file_of(self, address):
        """The file that an address of it means."""
        parts = urlsplit(address)
        assert not parts.scheme
        assert not parts.netloc
        return (self.path.parent / unquote(parts.path)).resolve()


def pages_of(folder):
    return [HtmlPage(path) for path in sorted(folder.rglob("*.html"))]


def questions_of(folder):
    """The numbers of the questions on the pages of a set, in the order of the pages."""
    count = len(list(folder.glob("*.html")))
    return [n for page in range(1, count + 1) for n in HtmlPage(folder / f"{page}.html").questions]
