// Searching messages.

/** Searches until there are results: a message is indexed a second or so after it was written. */
export async function search(page, text) {
  const found = page.getByTestId("found-messages");
  for (let attempt = 0; attempt < 30; attempt++) {
    await page.locator("#find-conversation").fill("");
    await page.locator("#find-conversation").fill(text);
    await found.locator("[role=status]").filter({ hasText: /\d/ }).waitFor({ state: "attached" });
    if ((await found.getByRole("link").count()) > 0) break;
  }
  return found.getByRole("link");
}
