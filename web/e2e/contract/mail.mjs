// The e-mails of a server without a mail server: it writes them into a folder.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const PATIENCE_MS = 10_000;
const folder = process.env.MEESHY_MAIL;

/** The text of an e-mail: quoted-printable, as far as it is needed for links. */
const plain = (mail) =>
  mail
    .split(/\r?\n--/)[1]
    .replace(/=\r?\n/g, "")
    .replace(/=3D/g, "=");

/** Waits for the newest e-mail to an address with a link to this page; returns the parameters of the link. */
export async function link(address, page) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const names = readdirSync(folder).filter((name) => name.endsWith(".eml"));
    for (const name of names.sort().reverse()) {
      const mail = readFileSync(join(folder, name), "utf8");
      if (!mail.includes(`To: ${address}`)) continue;
      const found = plain(mail).match(new RegExp(`https?://\\S+${page}\\?\\S+`));
      if (found) return Object.fromEntries(new URL(found[0]).searchParams);
    }
    if (Date.now() > deadline) throw new Error(`no e-mail to ${address} with a link to ${page}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
