"""The course of a training run as a picture: loss and accuracy by epoch."""

from PIL import Image, ImageDraw

from demos.shared.pictures import INK, PAPER, font

LOSS, TRAIN, VAL = (60, 60, 70), (70, 110, 190), (200, 60, 40)
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 360, 50, 30, 30


def draw(log: list[dict]) -> Image.Image:
    """Draw what was right of the photos trained on and of the others, and the loss beside them."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    epochs = [line["epoch"] for line in log]
    most = max(line["loss"] for line in log)

    def position(epoch, share):
        x = LEFT + (WIDTH - 2 * LEFT) * (epoch - 1) / max(1, epochs[-1] - 1)
        return x, HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share

    for percent in (0, 20, 40, 60, 80, 100):
        (x, y), (end, _) = position(1, percent / 100), position(epochs[-1], 0)
        pen.line((x, y, end, y), fill=(225, 225, 225))
        pen.text((8, y - 9), f"{percent}%", fill=INK, font=font())
    pen.text((WIDTH - LEFT - 4, TOP - 24), f"{most:.1f}", fill=LOSS, font=font())
    for n, (name, colour, values) in enumerate([
        ("loss", LOSS, [line["loss"] / most for line in log]),
        ("right, trained on", TRAIN, [line["right"] for line in log]),
        ("right, not trained on", VAL, [line.get("val", 0) for line in log]),
    ]):
        points = [position(*point) for point in zip(epochs, values, strict=True)]
        pen.line(points, fill=colour, width=3, joint="curve")
        for x, y in points:
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
        pen.text((LEFT + 190 * n, 4), name, fill=colour, font=font())
    pen.text((WIDTH // 2, HEIGHT - 22), "epoch", fill=INK, font=font())
    return picture
