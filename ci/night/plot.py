"""Curves as SVG, drawn without a library, to stand inside a page."""

import html

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 16, 36


def ticks(low, high, count=5):
    """Round numbers that lie between two."""
    if high <= low:
        return [low]
    rough = (high - low) / count
    power = 10 ** (len(str(int(rough))) - 1) if rough >= 1 else 1
    step = next((power * factor for factor in (1, 2, 5, 10) if power * factor >= rough), power * 10)
    first = -(-low // step) * step
    return [first + step * number for number in range(int((high - first) // step) + 1)]


def duration(seconds):
    if seconds < 180:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def curves(title, unit, series, from_zero=False):
    """`series` is a list of a name and points (seconds, value). Steps: a value holds until the next point."""
    series = [(name, sorted(points)) for name, points in series if points]
    if not series:
        return ""
    every = [point for _, points in series for point in points]
    high_x = max(max(x for x, _ in every), 1)
    low_y = 0 if from_zero else min(y for _, y in every)
    high_y = max(max(y for _, y in every), low_y + 1)

    def x(at):
        return LEFT + (WIDTH - LEFT - RIGHT) * at / high_x

    def y(at):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (at - low_y) / (high_y - low_y)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}"><title>{html.escape(title)}</title>']
    for value in ticks(low_y, high_y):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
                     f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:,.0f}</text>')
    for number in range(5):
        at = high_x * number / 4
        parts.append(f'<text x="{x(at):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{duration(at)}</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 4}">{html.escape(unit)}</text>')
    labels = []
    for number, (name, points) in enumerate(series):
        path = f"M{x(points[0][0]):.1f},{y(points[0][1]):.1f}"
        for at, value in points[1:]:
            path += f"H{x(at):.1f}V{y(value):.1f}"
        parts.append(f'<path class="curve c{number % 6}" d="{path}H{x(high_x):.1f}"/>')
        labels.append((y(points[-1][1]), number, f"{name} {points[-1][1]:,.0f}"))
    below = TOP
    for at, number, text in sorted(labels):
        below = max(below + 13, at + 4)
        parts.append(f'<text class="c{number % 6}" x="{WIDTH - RIGHT + 6}" y="{below:.1f}">{html.escape(text)}</text>')
    return "".join(parts) + "</svg>"
