// How files are shown.

import type { Attachment } from "../api/schema";

/**
 * How a file is shown. An image that can contain code (SVG) is not shown inline: the server sends it as a
 * download.
 */
export function kindOf(file: Pick<Attachment, "mimeType">): "image" | "audio" | "video" | "other" {
  const [kind, form] = file.mimeType.toLowerCase().split("/");
  if (kind === "image" && form !== "svg+xml") return "image";
  return kind === "audio" || kind === "video" ? kind : "other";
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A human-readable size: `1.5 MB`. */
export function fileSize(bytes: number, language: string): string {
  const step = bytes > 0 ? Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1) : 0;
  const format = {
    style: "unit",
    unit: UNITS[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: 1,
  } as const;
  return new Intl.NumberFormat(language, format).format(bytes / 1000 ** step);
}
