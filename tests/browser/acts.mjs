// What players do in every test: run about, be seen, talk.
//
// Never opens a page.

import { PATIENCE_MS } from "./harness.mjs";

/** Units that count as having moved, more than any error of drawing. */
const MOVED = 24;

/** Units by which a fighter has obeyed in its own page, where nothing but steering moves it. */
const OBEYED = 4;

/** How long one direction is tried before another: a wall stops whoever goes one way only. */
const ONE_WAY_MS = 1500;

/** Rows that a page has checked in its turn before it is said to agree with the server. */
const CHECKS = 8;

const DIRECTIONS = [[1, 0], [0, 1], [-1, 0], [0, -1], [0.7, 0.7], [-0.7, -0.7]];

export function assert(holds, words) {
  if (!holds) throw new Error(words);
}

/** Where `watcher` sees the fighter of `player`. */
export async function seen(watcher, player) {
  let found;
  await watcher.until("sight of the other", (state) => {
    found = state.others?.find((other) => other.player === player);
    return found !== undefined;
  });
  return found;
}

/** Lets `mover` run until `watcher`, another page, has seen it move. */
export async function isSeenMoving(mover, watcher, patience = PATIENCE_MS) {
  const { player } = await mover.state();
  const start = await seen(watcher, player);
  const goal = { player, x: start.x, y: start.y, moved: MOVED };
  const hasMoved = (state, goal) => state.others?.some((other) => other.player === goal.player
    && Math.hypot(other.x - goal.x, other.y - goal.y) > goal.moved);
  const started = performance.now();
  // Back where it came from the way is free.
  const back = mover.went?.map((part) => -part);
  for (let turn = 0; performance.now() - started < patience; turn += 1) {
    const way = turn === 0 && back ? back : DIRECTIONS[turn % DIRECTIONS.length];
    await mover.command("hold", { move: way });
    try {
      await watcher.until("movement", hasMoved, goal, ONE_WAY_MS);
      const took = performance.now() - started;
      await mover.command("hold", { move: [0, 0] });
      mover.went = way;
      return took;
    } catch { /* A wall: the next direction. */ }
  }
  throw new Error(`${watcher.name} never saw ${mover.name} move: ${JSON.stringify(await watcher.state())}`);
}

/** Steers until the page's own fighter obeys; when that was, in milliseconds of the page's clock. The
 * page itself looks, so that no other page's pictures are measured with it. */
export async function steers(player) {
  const ways = player.went ? [player.went.map((part) => -part), ...DIRECTIONS] : DIRECTIONS;
  const obeyed = await player.page.evaluate(async ({ ways, moved, patience }) => {
    const began = performance.now();
    let from = null;
    for (let turn = 0; performance.now() - began < patience; turn += 1) {
      window.tickwire.hold({ move: ways[turn % ways.length] });
      for (let look = 0; look < 12; look += 1) {
        await new Promise((done) => { setTimeout(done, 20); });
        const { own } = window.tickwire.state;
        from ??= own;
        if (own && Math.hypot(own.x - from.x, own.y - from.y) > moved) {
          window.tickwire.hold({ move: [0, 0] });
          return performance.now();
        }
      }
    }
    return null;
  }, { ways, moved: OBEYED, patience: PATIENCE_MS });
  assert(obeyed !== null, `${player.name} cannot steer: ${JSON.stringify(await player.state())}`);
  return obeyed;
}

/** Lines said so far: each must differ from the others. */
let said = 0;

/** Both say something; each line must come to both exactly once. */
export async function talk(one, other) {
  said += 1;
  const lines = [`hello ${said} from ${one.name}`, `hello ${said} from ${other.name}`];
  await one.command("chat", lines[0]);
  await other.command("chat", lines[1]);
  const heard = (state, text) => state.chat?.filter((line) => line.text === text).length === 1;
  for (const player of [one, other]) {
    for (const line of lines) await player.until(`line "${line}"`, heard, line);
  }
}

/** No prediction bug, no row that differs from the server's, and checks that took place. Meanwhile it
 * runs about, since rows in which nothing changes are not checked again. */
export async function assertInSync(player) {
  const enough = (state, goal) => state.stats.desync_checks > goal;
  const goal = (await player.state()).stats.desync_checks + CHECKS;
  const started = performance.now();
  for (let turn = 0; !enough(await player.state(), goal); turn += 1) {
    assert(performance.now() - started < PATIENCE_MS, `${player.name}: too few desync checks: ${JSON.stringify(await player.state())}`);
    await player.command("hold", { move: DIRECTIONS[turn % DIRECTIONS.length] });
    await player.until("desync checks", enough, goal, ONE_WAY_MS).catch(() => {});
  }
  await player.command("hold", { move: [0, 0] });
  const { stats } = await player.state();
  assert(stats.desyncs === 0, `${player.name}: ${stats.desyncs} desyncs`);
  assert(stats.unexplained_mispredictions === 0, `${player.name}: ${stats.unexplained_mispredictions} unexplained mispredictions`);
}
