"""What colours look like to eyes without one kind of cone, and how far apart two colours are."""

import numpy as np

CONES = {
    "all cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Matrices on linear RGB at full severity (Machado, Oliveira and Fernandes, 2009)."""

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def rgb(text):
    """Red, green, blue and opacity, each 0 to 1, of "#RRGGBB" or "rgba(r,g,b,a)"."""
    if text.startswith("#"):
        return np.array([int(text[k : k + 2], 16) / 255 for k in (1, 3, 5)] + [1.0])
    *parts, alpha = (float(part) for part in text[5:-1].split(","))
    return np.array([part / 255 for part in parts] + [alpha])


def over(color, background, strength=1.0):
    """A colour of some opacity on a background, as the browser mixes them."""
    front, back = rgb(color), rgb(background)
    alpha = strength * front[3]
    return alpha * front[:3] + (1 - alpha) * back[:3]


def distance(one, other, cones="all cones"):
    """CIE 1976 colour difference as these eyes see it; about 2 is just seen side by side."""
    return float(np.linalg.norm(_lab(one, cones) - _lab(other, cones)))


def _lab(color, cones):
    color = np.asarray(color)
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(CONES[cones]) @ linear, 0, 1)
    xyz = _TO_XYZ @ seen / (_TO_XYZ @ np.ones(3))
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
