// The messenger behind a proxy that serves it under a path, which it strips.

import assert from "node:assert/strict";
import http from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { composer, conversation, launch, messages, newPage, unique, url, write } from "./browser.mjs";

const PREFIX = "/chat";
const server = new URL(url);

let browser;
let proxy;
let address;
/** The requests outside of the path. */
const astray = [];

before(async () => {
  browser = await launch();
  proxy = http.createServer((request, response) => {
    if (!request.url.startsWith(`${PREFIX}/`)) {
      astray.push(request.url);
      response.writeHead(404).end();
      return;
    }
    const { hostname, port } = server;
    const path = request.url.slice(PREFIX.length);
    const passed = http.request({ hostname, port, path, method: request.method, headers: request.headers });
    passed.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  });
  proxy.on("upgrade", (request, socket, head) => {
    const lines = request.rawHeaders.reduce(
      (text, part, index) => text + part + (index % 2 === 0 ? ": " : "\r\n"),
      `GET ${request.url.slice(PREFIX.length)} HTTP/1.1\r\n`,
    );
    const upstream = connect(Number(server.port), server.hostname, () => {
      upstream.write(`${lines}\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) end.on("error", () => (socket.destroy(), upstream.destroy()));
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${proxy.address().port}${PREFIX}`;
});
after(async () => {
  await browser?.close();
  proxy?.closeAllConnections();
  proxy?.close();
});

test("signing up, writing and returning work under a path", async () => {
  const { context, page, complaints } = await newPage(browser, "fr");
  await page.goto(`${address}/signup`);
  const username = unique("Lea");
  const fields = {
    firstName: "Lea",
    lastName: "Test",
    username,
    email: `${username}@example.org`,
    password: "correct horse",
  };
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
  await page.locator("button.primary").click();
  await conversation(page, "Meeshy Global").click();
  const text = `sous un chemin ${Date.now()}`;
  await write(page, text);
  await messages(page).filter({ hasText: text }).waitFor();
  await page.getByTestId("draft").waitFor({ state: "detached" });
  const place = page.url();
  assert.match(place, new RegExp(`^${address}/c/[0-9a-f]{24}$`));

  // The page of a deep link finds its assets, and so does a reload.
  await page.reload();
  await messages(page).filter({ hasText: text }).waitFor();
  assert.equal(page.url(), place);
  await page.locator(`a[href='${PREFIX}/settings']`).click();
  await page.getByRole("heading", { name: "Réglages" }).waitFor();
  assert.equal(page.url(), `${address}/settings`);
  await page.goBack();
  await composer(page).waitFor();
  await page.getByRole("button", { name: "Voir les originaux" }).waitFor();
  assert.deepEqual([astray, complaints], [[], []]);
  await context.close();
});
