// The server goes away and comes back: the page says so and dials again by itself.

import { SERVER, ask, joining } from "../harness.mjs";
import { assert, isSeenMoving, talk } from "../acts.mjs";

export async function restart() {
  const room = "restart";
  const ann = await joining(SERVER, { room, name: "Ann" });
  await ann.playing();
  await ask("server stop");
  await ann.until("words about it", (state) => state.phase !== "playing" && state.words !== "");
  const { words } = await ann.state();
  console.log(`meanwhile: ${words}`);
  assert(!/join again in/.test(words), `it asks for what it does by itself: ${words}`);
  await ann.shot("restart-meanwhile");
  await ask("server start");
  await ann.playing();
  const bob = await joining(SERVER, { room, name: "Bob" });
  await bob.playing();
  await isSeenMoving(ann, bob);
  await talk(ann, bob);
  await ann.shot("restart");
  const { notices } = await ann.state();
  assert(notices.some((words) => words.startsWith("Back after")), `it says ${notices}`);
}
