// Pictures of people: as small as they are shown, and only those that this server has.

/** The width and height of a profile picture, in pixels. */
const SIDE = 256;

/** The type and the quality of small pictures. */
const [TYPE, QUALITY] = ["image/jpeg", 0.85];

/**
 * A picture as a `data:` URL, cut to a square; `null` if the file is none. Drawing it again also removes where
 * it was taken.
 */
export const smallPicture = (file: Blob): Promise<string | null> =>
  small(file).then((canvas) => canvas?.toDataURL(TYPE, QUALITY) ?? null);

/** The same as a file. */
export async function smallPictureFile(file: Blob): Promise<File | null> {
  const canvas = await small(file);
  const drawn = canvas && (await new Promise<Blob | null>((done) => canvas.toBlob(done, TYPE, QUALITY)));
  return drawn && new File([drawn], "picture.jpg", { type: TYPE });
}

async function small(file: Blob): Promise<HTMLCanvasElement | null> {
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
  return canvas;
}

/** The URL of a picture of the old system, whose hosts are gone or are this server. */
const OLD = /^https?:\/\/[^/]+(\/(?:u|i|uploads)\/.+|\/api\/(?:v1\/)?attachments\/file\/.+)$/;

/** The path of a picture on this server. Those elsewhere are not loaded: their owner would learn who looks. */
export function ownPicture(url: string | null | undefined): string | null {
  if (url?.startsWith("/") && !url.startsWith("//")) return url;
  return OLD.exec(url ?? "")?.[1] ?? null;
}
