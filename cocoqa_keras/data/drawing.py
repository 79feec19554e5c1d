"""Small painted pictures: one to four objects of one kind and one colour, in one place.

Every picture is drawn from a `Scene` and a random state that varies positions, sizes, sides, and shades,
so that the scene is known exactly and no two pictures are equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

PICTURE_SIZE = 96
SUPERSAMPLING = 4  # drawn larger and averaged down, since Pillow's figures have hard edges
HORIZON = 0.42
MOST_OBJECTS = 4

Color = tuple[int, int, int]
Point = tuple[float, float]

COLORS: dict[str, Color] = {
    "red": (214, 40, 46),
    "yellow": (248, 212, 52),
    "green": (40, 150, 62),
    "blue": (40, 92, 206),
    "purple": (138, 58, 172),
    "black": (38, 38, 44),
}
INK: Color = (24, 22, 30)
WHITE: Color = (252, 252, 248)


@dataclass(frozen=True)
class Scene:
    """What a picture shows.

    Attributes:
        place: a key of `PLACES`.
        kind: a key of `KINDS`.
        color: a key of `COLORS`.
        count: number of objects, 1 to `MOST_OBJECTS`.
    """

    place: str
    kind: str
    color: str
    count: int


def random_scenes(count: int, random: np.random.RandomState) -> list[Scene]:
    """Scenes whose places, kinds, colours, and counts are independent and each about equally frequent."""
    columns = [
        random.permutation(np.resize(values, count)).tolist()
        for values in (list(PLACES), list(KINDS), list(COLORS), range(1, MOST_OBJECTS + 1))
    ]
    return [Scene(*values) for values in zip(*columns, strict=True)]


def draw_picture(scene: Scene, random: np.random.RandomState) -> Image.Image:
    """Draws a scene.

    Args:
        scene: what to show.
        random: where everything that the scene leaves open is drawn from.

    Returns:
        An RGB picture of `PICTURE_SIZE` x `PICTURE_SIZE` pixels.
    """
    size = PICTURE_SIZE * SUPERSAMPLING
    picture = Image.new("RGB", (size, size))
    canvas = ImageDraw.Draw(picture)
    PLACES[scene.place](Brush(canvas, size), random)
    for x, y in _positions(scene.count, random):
        box_size = random.uniform(0.32, 0.37)
        box = (x - box_size / 2, y - box_size / 2, box_size)
        brush = Brush(canvas, size, box, mirrored=random.rand() < 0.5)
        KINDS[scene.kind](brush, _shaded(COLORS[scene.color], random.uniform(0.88, 1.12)))
    return picture.reduce(SUPERSAMPLING)


def _positions(count: int, random: np.random.RandomState) -> list[Point]:
    """Centres of the objects, from the back to the front, at most touching a little."""
    spots = [(0.27, 0.45), (0.73, 0.45), (0.27, 0.79), (0.73, 0.79)]
    chosen = sorted(random.permutation(MOST_OBJECTS)[:count])
    return [
        (x + random.uniform(-0.07, 0.07), y + random.uniform(-0.03, 0.03))
        for x, y in (spots[i] for i in chosen)
    ]


def _shaded(color: Color, factor: float) -> Color:
    """The same colour, darker (factor < 1) or lighter (factor > 1)."""
    red, green, blue = (min(255, round(channel * factor)) for channel in color)
    return red, green, blue


class Brush:
    """Draws in the coordinates of a box: (0, 0) is its top left corner, (1, 1) its bottom right one.

    Args:
        canvas: what is drawn on.
        canvas_size: its width and height in pixels.
        box: left, top, and size of the box, as fractions of the canvas.
        mirrored: left and right are exchanged.
    """

    def __init__(
        self,
        canvas: ImageDraw.ImageDraw,
        canvas_size: int,
        box: tuple[float, float, float] = (0.0, 0.0, 1.0),
        mirrored: bool = False,
    ) -> None:
        self._canvas = canvas
        self._left, self._top, self._size = (canvas_size * length for length in box)
        self._mirrored = mirrored

    def _pixel(self, point: Point) -> Point:
        x = 1 - point[0] if self._mirrored else point[0]
        return self._left + self._size * x, self._top + self._size * point[1]

    def polygon(self, points: Sequence[Point], fill: Color, outline: Color | None = None) -> None:
        """A filled polygon."""
        pixels = [self._pixel(point) for point in points]
        self._canvas.polygon(pixels, fill=fill)
        if outline is not None:
            self._canvas.line([*pixels, pixels[0]], fill=outline, width=SUPERSAMPLING, joint="curve")

    def rectangle(self, left: float, top: float, right: float, bottom: float, fill: Color) -> None:
        """A filled rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def ellipse(self, center: Point, radii: Point, fill: Color, outline: Color | None = None) -> None:
        """A filled ellipse."""
        (x, y), width, height = self._pixel(center), self._size * radii[0], self._size * radii[1]
        box = (x - width, y - height, x + width, y + height)
        self._canvas.ellipse(box, fill=fill, outline=outline, width=SUPERSAMPLING)

    def line(self, points: Sequence[Point], fill: Color, width: float) -> None:
        """A line through the points; `width` is a fraction of the box."""
        pixels = [self._pixel(point) for point in points]
        self._canvas.line(pixels, fill=fill, width=max(1, round(self._size * width)), joint="curve")


def _cat(brush: Brush, color: Color) -> None:
    brush.line([(0.30, 0.85), (0.10, 0.80), (0.08, 0.55)], color, 0.08)
    brush.ellipse((0.50, 0.72), (0.26, 0.24), color, INK)
    for side in (-1, 1):
        brush.polygon(
            [(0.5 + side * 0.30, 0.02), (0.5 + side * 0.30, 0.34), (0.5 + side * 0.04, 0.20)], color, INK
        )
    brush.ellipse((0.50, 0.36), (0.30, 0.24), color, INK)
    for side in (-1, 1):
        brush.ellipse((0.5 + side * 0.12, 0.33), (0.05, 0.06), WHITE)
        brush.ellipse((0.5 + side * 0.12, 0.34), (0.025, 0.05), INK)
        for tilt in (0.02, 0.09):
            brush.line([(0.5 + side * 0.10, 0.44), (0.5 + side * 0.40, 0.38 + tilt)], WHITE, 0.02)


def _dog(brush: Brush, color: Color) -> None:
    dark = _shaded(color, 0.65)
    brush.line([(0.12, 0.48), (0.02, 0.26)], color, 0.08)
    for x in (0.16, 0.30, 0.54, 0.66):
        brush.rectangle(x, 0.60, x + 0.09, 0.98, dark)
    brush.ellipse((0.42, 0.55), (0.34, 0.17), color, INK)
    brush.ellipse((0.74, 0.32), (0.18, 0.18), color, INK)
    brush.ellipse((0.88, 0.39), (0.11, 0.08), color, INK)
    brush.ellipse((0.97, 0.36), (0.03, 0.03), INK)
    brush.ellipse((0.64, 0.36), (0.07, 0.17), dark, INK)
    brush.ellipse((0.79, 0.28), (0.035, 0.035), WHITE)


def _bird(brush: Brush, color: Color) -> None:
    brush.polygon([(0.28, 0.55), (0.00, 0.42), (0.04, 0.62)], color, INK)
    for x in (0.42, 0.52):
        brush.line([(x, 0.74), (x, 0.96)], (232, 140, 40), 0.04)
    brush.ellipse((0.46, 0.58), (0.28, 0.20), color, INK)
    brush.ellipse((0.72, 0.34), (0.16, 0.16), color, INK)
    brush.polygon([(0.86, 0.29), (1.00, 0.36), (0.86, 0.42)], (240, 150, 40), INK)
    brush.polygon([(0.58, 0.50), (0.20, 0.12), (0.26, 0.58)], _shaded(color, 0.65), INK)
    brush.ellipse((0.76, 0.31), (0.04, 0.04), WHITE)


def _car(brush: Brush, color: Color) -> None:
    brush.polygon([(0.20, 0.46), (0.32, 0.20), (0.68, 0.20), (0.82, 0.46)], color, INK)
    brush.polygon([(0.28, 0.45), (0.36, 0.26), (0.48, 0.26), (0.48, 0.45)], (196, 226, 240))
    brush.polygon([(0.53, 0.45), (0.53, 0.26), (0.65, 0.26), (0.74, 0.45)], (196, 226, 240))
    brush.polygon([(0.02, 0.45), (0.90, 0.45), (0.99, 0.56), (0.99, 0.76), (0.02, 0.76)], color, INK)
    brush.ellipse((0.95, 0.58), (0.04, 0.05), (255, 240, 170))
    for x in (0.24, 0.77):
        brush.ellipse((x, 0.77), (0.14, 0.14), INK)
        brush.ellipse((x, 0.77), (0.06, 0.06), (190, 190, 196))


def _boat(brush: Brush, color: Color) -> None:
    brush.line([(0.50, 0.02), (0.50, 0.70)], (110, 74, 42), 0.05)
    brush.polygon([(0.55, 0.04), (0.55, 0.62), (0.94, 0.62)], WHITE, INK)
    brush.polygon([(0.45, 0.14), (0.45, 0.62), (0.14, 0.62)], WHITE, INK)
    brush.polygon([(0.01, 0.68), (0.99, 0.68), (0.80, 0.96), (0.20, 0.96)], color, INK)
    brush.line([(0.09, 0.77), (0.91, 0.77)], WHITE, 0.04)


def _ball(brush: Brush, color: Color) -> None:
    brush.ellipse((0.50, 0.50), (0.44, 0.44), color, INK)
    brush.ellipse((0.50, 0.50), (0.17, 0.43), WHITE)
    brush.ellipse((0.50, 0.50), (0.09, 0.42), color)
    brush.ellipse((0.50, 0.12), (0.09, 0.05), WHITE)
    brush.ellipse((0.24, 0.32), (0.07, 0.09), WHITE)


def _kite(brush: Brush, color: Color) -> None:
    tail = [(0.50, 0.66), (0.40, 0.76), (0.54, 0.84), (0.40, 0.92), (0.50, 0.99)]
    brush.line(tail, INK, 0.025)
    for x, y in tail[1:]:
        brush.polygon(
            [(x - 0.08, y - 0.04), (x + 0.08, y + 0.04), (x + 0.08, y - 0.04), (x - 0.08, y + 0.04)], color
        )
    corners = [(0.50, 0.01), (0.86, 0.28), (0.50, 0.68), (0.14, 0.28)]
    brush.polygon(corners, color, INK)
    brush.polygon([corners[0], corners[1], (0.50, 0.28)], _shaded(color, 0.65))
    brush.polygon([corners[2], corners[3], (0.50, 0.28)], _shaded(color, 0.65))
    brush.line([corners[0], corners[2]], WHITE, 0.025)
    brush.line([corners[1], corners[3]], WHITE, 0.025)


def _umbrella(brush: Brush, color: Color) -> None:
    brush.line([(0.50, 0.05), (0.50, 0.88), (0.56, 0.95), (0.63, 0.90)], (96, 66, 44), 0.05)
    rim = [(0.02, 0.50), (0.18, 0.44), (0.34, 0.50), (0.50, 0.44), (0.66, 0.50), (0.82, 0.44), (0.98, 0.50)]
    angles = np.linspace(0, np.pi, 25)
    dome = [(0.5 + 0.48 * np.cos(angle), 0.5 - 0.44 * np.sin(angle)) for angle in angles]
    brush.polygon([*rim, *dome], color, INK)
    brush.polygon([(0.34, 0.50), (0.50, 0.44), (0.66, 0.50), (0.60, 0.22), (0.50, 0.06), (0.40, 0.22)], WHITE)


KINDS: dict[str, Callable[[Brush, Color], None]] = {
    "cat": _cat,
    "dog": _dog,
    "bird": _bird,
    "car": _car,
    "boat": _boat,
    "ball": _ball,
    "kite": _kite,
    "umbrella": _umbrella,
}


def _beach(brush: Brush, random: np.random.RandomState) -> None:
    light, shore = random.uniform(0.92, 1.05), HORIZON + random.uniform(-0.05, 0.05)
    brush.rectangle(0, 0, 1, 0.22, _shaded((150, 208, 240), light))
    brush.ellipse((random.uniform(0.1, 0.9), 0.10), (0.07, 0.07), (255, 240, 190))
    brush.rectangle(0, 0.20, 1, shore, _shaded((52, 158, 190), light))
    for y in np.linspace(0.24, shore - 0.04, 4):
        x = random.uniform(0, 0.8)
        brush.line([(x, y), (x + 0.2, y)], (206, 238, 244), 0.008)
    brush.rectangle(0, shore, 1, 1, _shaded((238, 212, 160), light))
    brush.rectangle(0, shore - 0.012, 1, shore + 0.012, WHITE)
    for x, y in zip(random.rand(60), random.uniform(shore + 0.04, 1, 60), strict=True):
        brush.ellipse((x, y), (0.006, 0.006), (206, 174, 118))


def _field(brush: Brush, random: np.random.RandomState) -> None:
    light, edge = random.uniform(0.92, 1.05), HORIZON - 0.12 + random.uniform(-0.05, 0.05)
    brush.rectangle(0, 0, 1, 0.5, _shaded((178, 218, 246), light))
    for x in random.uniform(0, 1, 2):
        brush.ellipse((x, 0.09), (0.12, 0.035), WHITE)
        brush.ellipse((x + 0.06, 0.06), (0.07, 0.035), WHITE)
    for x in random.uniform(0, 1, 3):
        brush.ellipse((x, edge + 0.14), (0.34, 0.22), _shaded((126, 176, 96), light))
    brush.rectangle(0, edge, 1, 1, _shaded((150, 200, 92), light))
    for x, y in zip(random.rand(90), random.uniform(edge + 0.04, 1, 90), strict=True):
        brush.line([(x, y), (x + 0.012, y - 0.04)], _shaded((104, 160, 62), light), 0.008)
    for x, y in zip(random.rand(8), random.uniform(edge + 0.06, 1, 8), strict=True):
        brush.ellipse((x, y), (0.013, 0.013), (255, 250, 220))


def _street(brush: Brush, random: np.random.RandomState) -> None:
    light, curb = random.uniform(0.92, 1.05), HORIZON - 0.06 + random.uniform(-0.05, 0.05)
    brush.rectangle(0, 0, 1, 1, _shaded((214, 222, 230), light))
    for left in np.arange(0, 1, 0.25):
        roof = random.uniform(0.02, 0.14)
        wall = [(176, 110, 92), (198, 172, 140), (148, 136, 150)][random.randint(3)]
        brush.rectangle(left, roof, left + 0.24, curb, _shaded(wall, light))
        for x in (left + 0.04, left + 0.14):
            for y in np.arange(roof + 0.04, curb - 0.08, 0.11):
                brush.rectangle(
                    x, y, x + 0.06, y + 0.06, [(252, 232, 160), (92, 108, 130)][random.randint(2)]
                )
    brush.rectangle(0, curb - 0.03, 1, curb + 0.04, _shaded((186, 184, 180), light))
    brush.rectangle(0, curb + 0.04, 1, 1, _shaded((122, 124, 130), light))
    shift = random.uniform(-0.2, 0)
    for left in np.arange(shift, 1, 0.26):
        brush.rectangle(left, 0.60, left + 0.14, 0.625, (240, 238, 226))
    brush.rectangle(0, 0.965, 1, 0.985, (240, 238, 226))


def _room(brush: Brush, random: np.random.RandomState) -> None:
    light, edge = random.uniform(0.92, 1.05), HORIZON + 0.08 + random.uniform(-0.05, 0.05)
    brush.rectangle(0, 0, 1, 1, _shaded((236, 206, 196), light))
    shift = random.uniform(0, 0.1)
    for x in np.arange(shift, 1, 0.1):
        brush.rectangle(x, 0, x + 0.03, edge, _shaded((226, 186, 180), light))
    x = random.uniform(0.05, 0.7)
    brush.rectangle(x, 0.05, x + 0.24, 0.26, (120, 82, 50))
    brush.rectangle(x + 0.02, 0.07, x + 0.22, 0.24, (190, 220, 226))
    brush.polygon([(x + 0.02, 0.24), (x + 0.10, 0.12), (x + 0.16, 0.19), (x + 0.22, 0.24)], (120, 150, 120))
    brush.rectangle(0, edge, 1, 1, _shaded((186, 128, 80), light))
    brush.rectangle(0, edge - 0.02, 1, edge + 0.01, WHITE)
    for y in np.arange(edge + 0.09, 1, 0.1):
        brush.line([(0, y), (1, y)], _shaded((146, 94, 54), light), 0.008)
        for x in random.uniform(0, 1, 3):
            brush.line([(x, y), (x, y + 0.1)], _shaded((146, 94, 54), light), 0.008)


def _kitchen(brush: Brush, random: np.random.RandomState) -> None:
    light, counter = random.uniform(0.92, 1.05), HORIZON - 0.04 + random.uniform(-0.05, 0.05)
    brush.rectangle(0, 0, 1, 1, _shaded((222, 238, 234), light))
    for tick in np.arange(random.uniform(0, 0.08), 1, 0.08):
        brush.line([(tick, 0), (tick, counter)], _shaded((180, 208, 204), light), 0.008)
        brush.line([(0, tick - 0.6), (1, tick - 0.6)], _shaded((180, 208, 204), light), 0.008)
    for y in np.arange(0.07, counter, 0.08):
        brush.line([(0, y), (1, y)], _shaded((180, 208, 204), light), 0.008)
    x = random.uniform(0.05, 0.7)
    brush.ellipse((x + 0.1, counter - 0.06), (0.09, 0.07), (150, 156, 166))
    brush.line([(x - 0.02, counter - 0.09), (x + 0.22, counter - 0.09)], (96, 100, 110), 0.02)
    brush.rectangle(0, counter - 0.01, 1, counter + 0.03, _shaded((120, 94, 80), light))
    brush.rectangle(0, counter + 0.03, 1, counter + 0.22, _shaded((246, 240, 226), light))
    for left in np.arange(0, 1, 0.25):
        brush.line([(left, counter + 0.03), (left, counter + 0.22)], (190, 176, 156), 0.01)
        brush.ellipse((left + 0.21, counter + 0.12), (0.014, 0.014), (150, 120, 80))
    floor = counter + 0.22
    brush.rectangle(0, floor, 1, 1, WHITE)
    for row, y in enumerate(np.arange(floor, 1, 0.1)):
        for left in np.arange(-0.1 * (row % 2), 1, 0.2):
            brush.rectangle(left, y, left + 0.1, y + 0.1, _shaded((136, 176, 184), light))


def _snow(brush: Brush, random: np.random.RandomState) -> None:
    light, edge = random.uniform(0.94, 1.02), HORIZON - 0.1 + random.uniform(-0.05, 0.05)
    brush.rectangle(0, 0, 1, 1, _shaded((186, 198, 218), light))
    for x in random.uniform(0, 1, 4):
        for y, width in ((edge - 0.18, 0.05), (edge - 0.12, 0.08), (edge - 0.05, 0.11)):
            brush.polygon(
                [(x, y - 0.1), (x - width, y + 0.07), (x + width, y + 0.07)], _shaded((70, 104, 100), light)
            )
            brush.polygon([(x, y - 0.1), (x - width / 2, y - 0.02), (x + width / 2, y - 0.02)], WHITE)
    brush.rectangle(0, edge, 1, 1, _shaded((244, 248, 254), light))
    for x, y in zip(random.rand(6), random.uniform(edge + 0.05, 1, 6), strict=True):
        brush.ellipse((x, y), (0.16, 0.018), _shaded((218, 230, 246), light))
    for x, y in random.rand(40, 2):
        brush.ellipse((x, y), (0.009, 0.009), WHITE)


PLACES: dict[str, Callable[[Brush, np.random.RandomState], None]] = {
    "beach": _beach,
    "field": _field,
    "street": _street,
    "room": _room,
    "kitchen": _kitchen,
    "snow": _snow,
}
