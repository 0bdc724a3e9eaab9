// A push service for a browser (RFC 8030) that can read what it is handed (RFC 8291), because it has the keys of the browser.

import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

/** Starts it; `received` gets the decrypted messages. */
export async function pushService() {
  const browser = createECDH("prime256v1");
  browser.generateKeys();
  const auth = randomBytes(16);
  const received = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      received.push(JSON.parse(decrypted(Buffer.concat(parts), browser, auth)));
      response.writeHead(201).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    received,
    subscription: {
      endpoint: `http://127.0.0.1:${server.address().port}/push/1`,
      keys: { p256dh: browser.getPublicKey("base64url"), auth: auth.toString("base64url") },
    },
    stop: () => server.close(),
  };
}

/** One record of `aes128gcm` (RFC 8188 2.1): salt, record size, the key of the sender, and the text. */
function decrypted(body, browser, auth) {
  const [salt, length] = [body.subarray(0, 16), body[20]];
  const sender = body.subarray(21, 21 + length);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), browser.getPublicKey(), sender]);
  const input = hkdfSync("sha256", browser.computeSecret(sender), auth, info, 32);
  const key = (name, bytes) =>
    Buffer.from(hkdfSync("sha256", input, salt, Buffer.from(`Content-Encoding: ${name}\0`), bytes));
  const decipher = createDecipheriv("aes-128-gcm", key("aes128gcm", 16), key("nonce", 12));
  const text = body.subarray(21 + length);
  decipher.setAuthTag(text.subarray(-16));
  const padded = Buffer.concat([decipher.update(text.subarray(0, -16)), decipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2));
}
