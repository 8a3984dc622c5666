//! Who may see what: the game's answers as masks, asked a quarter of the viewers a tick.
//!
//! Never shows an entity before the game was asked about it: a new entity and a new viewer are
//! asked about at once, everything else every [`ASK_EVERY_TICKS`].

use tickwire_shared::game::{Frame, Game, Visible};
use tickwire_shared::id::{EntityId, PlayerId, Tick};
use tickwire_shared::limits::BLOCK_SLOTS;
use tickwire_shared::snapshot::Mirror;

/// How old an answer may be.
const ASK_EVERY_TICKS: u32 = 4;

/// The newest answers.
#[derive(Debug, Default)]
pub(super) struct Sight {
    /// By player, then by block; `None` for who was never asked about.
    masks: Vec<Option<Vec<u32>>>,
    /// Slots that were alive at the last look, by block.
    alive: Vec<u32>,
    /// Reused memory for the slots that came alive since.
    fresh: Vec<u32>,
}

impl Sight {
    /// Forgets a viewer.
    pub fn leave(&mut self, player: PlayerId) {
        if let Some(masks) = self.masks.get_mut(usize::from(player.0)) {
            *masks = None;
        }
    }

    /// Whether a viewer may see what is in a slot now.
    pub fn may_see(&self, player: PlayerId, slot: u32) -> bool {
        let (block, bit) = place(slot);
        let masks = self
            .masks
            .get(usize::from(player.0))
            .and_then(Option::as_ref);
        masks.is_some_and(|masks| masks.get(block).is_some_and(|mask| mask & bit != 0))
    }

    /// Asks what is due after the mirror took over `tick`, and tells `show` every block's mask of
    /// whoever was asked. `frame` is empty memory to use.
    pub fn look<G: Game>(
        &mut self,
        game: &G,
        mirror: &Mirror,
        frame: &mut Frame<G::Entity>,
        viewers: impl Iterator<Item = PlayerId> + Clone,
        tick: Tick,
        show: &mut dyn FnMut(PlayerId, usize, u32),
    ) {
        self.alive.resize(mirror.blocks(), 0);
        let mut fresh = std::mem::take(&mut self.fresh);
        let alive = self.alive.iter().enumerate();
        fresh.clear();
        fresh.extend(alive.map(|(block, before)| mirror.block(block).alive & !before));
        let any_fresh = fresh.iter().any(|&mask| mask != 0);
        if any_fresh || viewers.clone().any(|viewer| self.is_due(viewer, tick)) {
            mirror.fill(frame);
        }
        for viewer in viewers {
            let all = self.is_due(viewer, tick);
            if !all && !any_fresh {
                continue;
            }
            let masks = self.masks_of(viewer, mirror.blocks());
            for (id, entity) in frame.iter() {
                let (block, bit) = place(id.slot);
                if all || fresh[block] & bit != 0 {
                    set(
                        &mut masks[block],
                        bit,
                        sees(game, mirror, viewer, id, &entity),
                    );
                }
            }
            let shown = masks.iter().enumerate();
            shown.for_each(|(block, &mask)| show(viewer, block, mask));
        }
        for (block, alive) in self.alive.iter_mut().enumerate() {
            *alive = mirror.block(block).alive;
        }
        self.fresh = fresh;
    }

    fn is_due(&self, viewer: PlayerId, tick: Tick) -> bool {
        let known = self
            .masks
            .get(usize::from(viewer.0))
            .is_some_and(Option::is_some);
        !known || (tick.0.wrapping_add(u32::from(viewer.0))).is_multiple_of(ASK_EVERY_TICKS)
    }

    fn masks_of(&mut self, viewer: PlayerId, blocks: usize) -> &mut Vec<u32> {
        let at = usize::from(viewer.0);
        if self.masks.len() <= at {
            self.masks.resize_with(at + 1, || None);
        }
        let masks = self.masks[at].get_or_insert_default();
        masks.resize(blocks, 0);
        masks
    }
}

fn sees<G: Game>(
    game: &G,
    mirror: &Mirror,
    viewer: PlayerId,
    id: EntityId,
    entity: &G::Entity,
) -> bool {
    mirror.owner(id) == Some(viewer) || game.visible(viewer, id, entity) == Visible::Full
}

fn set(mask: &mut u32, bit: u32, on: bool) {
    *mask = if on { *mask | bit } else { *mask & !bit };
}

fn place(slot: u32) -> (usize, u32) {
    (
        slot as usize / BLOCK_SLOTS,
        1 << (slot as usize % BLOCK_SLOTS),
    )
}
