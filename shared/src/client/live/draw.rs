//! What a client in a room draws.
//!
//! Never changes anything.

use super::Live;
use crate::client::interpolate::{DrawnRow, blend, drawn};
use crate::game::{Game, Role};
use crate::schema::Audience;
use crate::time::Instant;

impl<G: Game> Live<G> {
    /// Everything to draw: own entities at the predicted present, shown ones at the drawn instant.
    pub fn drawn_rows(&self, now: Instant) -> impl Iterator<Item = DrawnRow> + '_ {
        let own =
            (0..self.prediction.own().rows().len()).filter_map(move |at| self.own_row(now, at));
        let shown = self
            .confirmed
            .ids()
            .filter(|&id| self.prediction.own().find(id).is_none())
            .filter(|&id| self.group.own.find(id).is_none())
            .filter_map(move |id| {
                drawn(&self.schema, &self.confirmed, id, self.shown?, self.newest)
            });
        own.chain(shown)
    }

    fn own_row(&self, now: Instant, at: usize) -> Option<DrawnRow> {
        let row = self.prediction.own().rows()[at];
        let kind = self.schema.entity(row.kind)?;
        let tick = self.prediction.tick();
        let mut words = Vec::with_capacity(kind.owner_words);
        self.prediction
            .own()
            .at_tick(&self.schema, at, tick, &mut words);
        let past = self.prediction.past(tick.minus(1));
        let before = past.and_then(|past| Some((past, past.own.find(row.id)?)));
        if let Some((past, before_at)) = before {
            let mut before = Vec::with_capacity(kind.owner_words);
            past.own
                .at_tick(&self.schema, before_at, tick.minus(1), &mut before);
            if before.first() == words.first() && before.len() == words.len() {
                let part = u64::from(self.clock.fraction_256(now, tick));
                let to = words.clone();
                blend(kind, &before, &to, part, 256, &mut words);
            }
        }
        self.smooth.apply(now, kind, row.id, &mut words);
        Some(DrawnRow {
            id: row.id,
            kind: row.kind,
            owner: Some(self.me),
            role: Role::Predicted,
            known: Audience::Owner,
            words,
        })
    }
}
