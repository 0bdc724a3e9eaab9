// Pictures of people: as small as they are shown, and only those that this server has.

/** The width and height of a profile picture, in pixels. */
const SIDE = 256;

/**
 * A picture as a `data:` URL, cut to a square; `null` if the file is none. Drawing it again also removes where
 * it was taken.
 */
export async function smallPicture(file: Blob): Promise<string | null> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const side = Math.min(picture.width, picture.height);
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  const context = canvas.getContext("2d");
  if (!context) return null;
  // Transparent parts would become black.
  context.fillStyle = "white";
  context.fillRect(0, 0, SIDE, SIDE);
  context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return canvas.toDataURL("image/jpeg", 0.85);
}

/** The path of a picture on this server. Those elsewhere are not loaded: their owner would learn who looks. */
export const ownPicture = (url: string | null | undefined): string | null =>
  url?.startsWith("/") && !url.startsWith("//") ? url : null;
