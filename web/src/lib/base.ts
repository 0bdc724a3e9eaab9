// Where the messenger lives: at the root of a host, or under a path that a proxy takes off before it asks the server.
// The page comes with a `<base>` that leads there from the path that was asked for.

const FALLBACK = "http://localhost/";

/** The folder of the page, as it was when the page came. */
const base = new URL(".", typeof document === "undefined" ? FALLBACK : document.baseURI);

/** The path that everything of ours begins with; ends with a slash. */
export const basePath = base.pathname;

/** A path of the messenger, as the browser has to ask for it. What is an address of its own stays as it is. */
export const at = (path: string, folder = basePath): string =>
  path.startsWith("/") && !path.startsWith("//") ? folder + path.slice(1) : path;

/** The path of the messenger that a path of the browser's names. */
export const within = (path: string, folder = basePath): string =>
  path.startsWith(folder) ? `/${path.slice(folder.length)}` : "/";
