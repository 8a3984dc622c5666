// A phone: the join screen by taps, the game by touches.

import { SERVER, SMALL, joining, open } from "../harness.mjs";
import { assert, seen } from "../acts.mjs";

const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

export async function phone() {
  const room = "phone";
  const watcher = await joining(SERVER, { room, name: "Wren", transport: "websocket" }, SMALL);
  await watcher.playing();
  const ann = await open("about:blank", "Ann", PHONE);
  // With an emulated scale Chromium gives the size of the canvas in points here; a phone gives device pixels,
  // or has nothing of the kind.
  await ann.page.addInitScript(() => { delete ResizeObserverEntry.prototype.devicePixelContentBoxSize; });
  await ann.page.goto(`${SERVER}/?room=${room}`, { waitUntil: "commit" });
  await ann.page.locator("#go:enabled").waitFor();
  await ann.page.locator("#name").fill("Ann on a phone");
  await ann.shot("phone-menu");
  const wide = await ann.page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= PHONE.viewport.width, `the join screen is ${wide} wide`);
  await ann.page.locator("#go").tap();
  await ann.playing();
  const { canvas, shown } = await sizes(ann);
  for (const side of ["width", "height"]) {
    const fits = Math.abs(canvas[side] - shown[side] * PHONE.deviceScaleFactor) <= 1;
    assert(fits, `a canvas of ${JSON.stringify(canvas)} for ${JSON.stringify(shown)} points`);
  }
  const { player } = await ann.state();
  const start = await seen(watcher, player);
  const touch = await ann.page.context().newCDPSession(ann.page);
  const ways = [[60, 0], [0, 60], [-60, 0], [0, -60]];
  for (let turn = 0; ; turn += 1) {
    assert(turn < 12, `the watcher never saw the phone move: ${JSON.stringify(await ann.state())}`);
    await drag(touch, ways[turn % ways.length]);
    const moved = (state, from) => state.others?.some((other) => other.player === from.player
      && Math.hypot(other.x - from.x, other.y - from.y) > 24);
    const came = await watcher.until("movement", moved, start, 1500).catch(() => null);
    if (turn === 0) await ann.shot("phone-game");
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    if (came !== null) break;
  }
  ann.assertQuiet();
}

/** The canvas in device pixels, and in points as it is shown. */
function sizes(player) {
  return player.page.evaluate(() => {
    const canvas = document.getElementById("arena");
    const { width, height } = canvas.getBoundingClientRect();
    return { canvas: { width: canvas.width, height: canvas.height }, shown: { width, height } };
  });
}

/** Puts the left thumb down and pushes it there; it stays down. */
async function drag(touch, [x, y]) {
  const at = { x: 100, y: 640 };
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  const moved = { x: at.x + x, y: at.y + y };
  await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [moved] });
}
