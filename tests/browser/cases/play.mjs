// Two pages join by a link over one transport, move, see each other and talk.

import { SERVER, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

export async function play(transport) {
  const room = `play-${transport}`;
  const ann = await joining(SERVER, { room, name: "Ann", transport });
  const bob = await joining(SERVER, { room, name: "Bob", transport });
  await Promise.all([ann.playing(), bob.playing()]);
  for (const player of [ann, bob]) {
    const state = await player.state();
    assert(state.transport === transport, `${player.name} is on ${state.transport}`);
    assert(state.room === room, `${player.name} is in ${state.room}`);
  }
  await isSeenMoving(ann, bob);
  await isSeenMoving(bob, ann);
  await talk(ann, bob);
  await Promise.all([assertInSync(ann), assertInSync(bob)]);
  await ann.shot(`play-${transport}`);
  ann.assertQuiet();
  bob.assertQuiet();
}
