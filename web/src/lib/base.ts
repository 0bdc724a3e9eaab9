// The location of the messenger: the root of a host, or a path that a proxy strips. The page has a `<base>`
// that leads there from the requested path.

const FALLBACK = "http://localhost/";

/** The folder of the page when it was loaded. */
const base = new URL(".", typeof document === "undefined" ? FALLBACK : document.baseURI);

/** The base path of all our URLs; ends with a slash. */
export const basePath = base.pathname;

/** The URL path of a path of the messenger. Absolute URLs are unchanged. */
export const at = (path: string, folder = basePath): string =>
  path.startsWith("/") && !path.startsWith("//") ? folder + path.slice(1) : path;

/** The messenger's path of a URL path. */
export const within = (path: string, folder = basePath): string =>
  path.startsWith(folder) ? `/${path.slice(folder.length)}` : "/";
