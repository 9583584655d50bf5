"""Screenshots as small PNGs with a palette of few colours; the browser works it out, so nothing is installed for it."""

import base64
import struct
import zlib
from dataclasses import dataclass

from playwright.sync_api import Page

COLOURS = 64
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_REDUCE = """async ({png, colours, scale}) => {
  const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const width = Math.round(picture.width * scale), height = Math.round(picture.height * scale);
  const canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  const seen = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const colour of seen) counts.set(colour & 0xffffff, (counts.get(colour & 0xffffff) || 0) + 1);
  const all = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const apart = (a, b) => {
    const r = (a & 255) - (b & 255), g = (a >> 8 & 255) - (b >> 8 & 255), c = (a >> 16) - (b >> 16);
    return r * r + g * g + c * c;
  };
  const palette = all.slice(0, colours / 2);  // surfaces, lines and text as they are; then what is far from all of them
  for (const near of [500, 150, 40, 0]) for (const colour of all)
    if (palette.length < colours && palette.every(other => apart(other, colour) > near)) palette.push(colour);
  const places = new Map(all.map(colour => {
    let best = 0;
    for (let i = 1; i < palette.length; i++) if (apart(palette[i], colour) < apart(palette[best], colour)) best = i;
    return [colour, best];
  }));
  const indexes = Uint8Array.from(seen, colour => places.get(colour & 0xffffff));
  const text = await new Promise(done => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([indexes]));
  });
  return {width, height, palette, indexes: text};
}"""


@dataclass(frozen=True, slots=True)
class Reduced:
    """`indexes` has one byte a pixel; `palette` holds 0xBBGGRR."""

    width: int
    height: int
    palette: tuple[int, ...]
    indexes: bytes


def small_png(page: Page, png: bytes, scale: float = 1.0) -> bytes:
    """`page` is any page without a policy of its own, such as about:blank."""
    found = page.evaluate(_REDUCE, {"png": base64.b64encode(png).decode(), "colours": COLOURS, "scale": scale})
    indexes = base64.b64decode(found["indexes"])
    return encode(Reduced(found["width"], found["height"], tuple(found["palette"]), indexes))


def encode(picture: Reduced) -> bytes:
    """An eight-bit palette PNG without filters: rows of a page repeat, which deflate sees best that way."""
    rows = b"".join(
        b"\0" + picture.indexes[start : start + picture.width]
        for start in range(0, picture.width * picture.height, picture.width)
    )
    palette = b"".join(bytes((c & 255, c >> 8 & 255, c >> 16 & 255)) for c in picture.palette)
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
