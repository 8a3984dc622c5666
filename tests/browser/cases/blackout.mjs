// Nothing passes for so long that the link is lost, and every question to the server is swallowed: the page
// goes on trying, says so, and comes back as the same player.

import { RELAY, SERVER, SMALL, ask, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

/** Past the loss of the link and the deadline of one question. */
const PATIENCE_MS = 30_000;

export async function blackout() {
  const room = "blackout";
  const watcher = await joining(SERVER, { room, name: "Wren", transport: "websocket" }, SMALL);
  const ann = await joining(RELAY, { room, name: "Ann" });
  await Promise.all([watcher.playing(), ann.playing()]);
  await isSeenMoving(ann, watcher);
  const { player } = await ann.state();
  await ask("relay block");
  // Without a deadline for questions it would dial until the browser gives up, after minutes.
  await ann.until("wait for the next attempt", (state) => state.phase === "waiting", null, PATIENCE_MS);
  const { words } = await ann.state();
  assert(words !== "", "the page says nothing");
  await ann.shot("blackout");
  await ask("relay unblock");
  await ann.playing();
  assert((await ann.state()).player === player, "Ann came back as somebody else");
  await isSeenMoving(ann, watcher);
  await talk(ann, watcher);
  await assertInSync(ann);
}
