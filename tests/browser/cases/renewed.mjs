// A page of an older build, whose files the server has no more: it is loaded anew by itself and joins as its
// link says. Once: where the server names files it does not have, the page says so and goes on trying.

import { SERVER, SMALL, PATIENCE_MS, link, open } from "../harness.mjs";
import { assert, assertInSync } from "../acts.mjs";

/** Answers for missing files after which a page that is loaded anew again and again would have been. */
const MISSING = 16;

export async function renewed() {
  const room = "renewed";
  const ann = await open("about:blank", "Ann", SMALL);
  const server = await older(ann);
  server.older = 1;
  await ann.page.goto(link(SERVER, { room, name: "Ann", transport: "websocket" }), { waitUntil: "commit" });
  await ann.playing();
  const { player, room: joined, transport } = await ann.state();
  assert(server.pages === 2, `the page was asked for ${server.pages} times`);
  assert(joined === room && transport === "websocket", `Ann is in ${joined} over ${transport}`);
  // Loaded again in the middle of the game it also brings the seat along.
  server.older = 3;
  await ann.page.reload({ waitUntil: "commit" });
  await ann.playing();
  const state = await ann.state();
  assert(server.pages === 4, `the page was asked for ${server.pages} times`);
  assert(state.player === player && state.roster.length === 1, `Ann came back as ${state.player}`);
  await assertInSync(ann);
  server.older = Infinity;
  await ann.page.reload({ waitUntil: "commit" });
  await missing(ann, MISSING);
  assert(server.pages === 6, `the page was asked for ${server.pages} times`);
  await ann.page.locator("#status.bad", { hasText: "could not be loaded" }).waitFor();
  await ann.page.locator("#status").scrollIntoViewIfNeeded();
  await ann.shot("renewed-in-vain");
}

/** The first pages that the server sends are of an older build: until `older` of them were sent. */
async function older(player) {
  const server = { pages: 0, older: 0 };
  await player.page.route((url) => url.pathname === "/", async (route) => {
    server.pages += 1;
    if (server.pages > server.older) return route.continue();
    const response = await route.fetch();
    const body = (await response.text()).replace(/client-[0-9a-f]{16}/g, "client-0123456789abcdef");
    return route.fulfill({ response, body });
  });
  return server;
}

/** Waits until the server has said so often that it has no such file. */
function missing(player, times) {
  return new Promise((done, failed) => {
    let count = 0;
    player.page.on("response", (response) => {
      if (response.status() === 404) count += 1;
      if (count >= times) done();
    });
    setTimeout(() => failed(new Error(`only ${count} files were missing`)), PATIENCE_MS).unref();
  });
}
