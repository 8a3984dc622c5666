// How long a player waits who opens a link for the first time.

import { SERVER, joining } from "../harness.mjs";
import { assert } from "../acts.mjs";

const FIRST_FRAME_MS = 3000;

export async function first() {
  const ann = await joining(SERVER, { room: "first", name: "Ann" });
  await ann.playing();
  const state = await ann.state();
  const took = Math.round(state.first_frame_ms);
  console.log(`first frame after ${took} ms, in the room after ${Math.round(state.playing_ms)} ms`);
  await ann.shot("first");
  assert(took > 0 && took <= FIRST_FRAME_MS, `the first frame came after ${took} ms`);
  ann.assertQuiet();
}
