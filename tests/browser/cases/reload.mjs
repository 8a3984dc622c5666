// A page is loaded again in the middle of a game: who comes back is who was there, and what was said is
// there once.

import { SERVER, SMALL, joining } from "../harness.mjs";
import { assert, assertInSync, isSeenMoving, talk } from "../acts.mjs";

export async function reload() {
  const room = "reload";
  const ann = await joining(SERVER, { room, name: "Ann" });
  const bob = await joining(SERVER, { room, name: "Bob", transport: "websocket" }, SMALL);
  await Promise.all([ann.playing(), bob.playing()]);
  const { player } = await ann.state();
  for (let turn = 0; turn < 2; turn += 1) {
    await isSeenMoving(ann, bob);
    await talk(ann, bob);
    await ann.page.reload({ waitUntil: "commit" });
    await ann.playing();
    assert((await ann.state()).player === player, "Ann came back as somebody else");
    const said = (state) => state.chat.map((line) => line.text).filter((text) => text.startsWith("hello"));
    const his = said(await bob.state());
    await ann.until(`chat of ${his}`, (state) => `${said(state)}` === `${his}`);
    assert(his.length === 2 * (turn + 1), `Bob heard ${his}`);
    assert((await bob.state()).roster.length === 2, "somebody else is there");
  }
  await talk(ann, bob);
  await assertInSync(ann);
  await ann.shot("reload");
  ann.assertQuiet();
  assert(await kept(ann) === null, "a tab that is looked at keeps what a duplicate would take");
}

function kept(player) {
  return player.page.evaluate(() => sessionStorage.getItem("tickwire.game"));
}
