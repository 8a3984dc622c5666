//! Confirmed groups against predictions: judging, correcting, starting over.
//!
//! Never receives or sends anything.

use super::{Live, put_shown};
use crate::client::own::{OwnRow, OwnRows};
use crate::client::reconcile::{Wrong, compare, field_name};
use crate::client::{ClientEvent, ClientStats, Misprediction, Sabotage};
use crate::game::{Game, Source};
use crate::id::{EntityId, Tick};
use crate::input::Verdict;
use crate::limits::PREDICT_TICKS_MAX;
use crate::time::Instant;

use super::RING;

impl<G: Game> Live<G> {
    pub(super) fn reconcile(
        &mut self,
        now: Instant,
        stats: &mut ClientStats,
        events: &mut Vec<ClientEvent<G>>,
    ) {
        self.read_group();
        let tick = self.group.tick;
        let past = self.prediction.past(tick).filter(|_| self.anchored);
        let Some(past) = past.filter(|_| tick <= self.prediction.tick()) else {
            return self.anchor(now, events);
        };
        let previous = Some(&self.compared);
        let difference = compare(&self.schema, past, &self.group, previous, &mut self.found);
        let explained = difference.server_only || self.span_explains(tick);
        if let Some(wrong) = difference.wrong {
            stats.mispredictions += 1;
            stats.unexplained_mispredictions += u64::from(!explained);
            if !explained {
                self.report(&wrong);
            }
        }
        if difference.any {
            stats.corrections += 1;
            if self.sabotage != Sabotage::SkipReconcile {
                self.correct(now, &difference.named, events);
            }
        } else {
            for &(from, to) in &difference.named {
                self.prediction.rename(from, to, tick);
                self.smooth.rename(from, to);
            }
        }
        self.compared.copy_from(&self.group.own);
        self.compared_tick = tick;
        self.restore_ghosts();
    }

    /// Loads the confirmed group and replays up to the present with the noted inputs.
    fn correct(
        &mut self,
        now: Instant,
        named: &[(EntityId, EntityId)],
        events: &mut Vec<ClientEvent<G>>,
    ) {
        let present = self.prediction.tick();
        let mut before = OwnRows::new(self.schema.stride);
        before.copy_from(self.prediction.own());
        self.prediction.rewind_to(self.group.tick, &self.group.own);
        self.restore_ghosts();
        let mut tick = self.group.tick;
        while tick < present {
            tick = tick.next();
            if self.sabotage == Sabotage::ForgetReplayedInput && tick == present {
                self.prediction
                    .note_input(tick, self.shape.neutral(), Source::Real);
            }
            self.step(tick, events);
        }
        for &(from, to) in named {
            before.rename(from, to);
            self.smooth.rename(from, to);
        }
        self.smooth_correction(now, &before, present);
    }

    fn smooth_correction(&mut self, now: Instant, before: &OwnRows, present: Tick) {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for at in 0..before.rows().len() {
            let row = before.rows()[at];
            let own = self.prediction.own();
            let Some(kind) = self.schema.entity(row.kind) else {
                continue;
            };
            match own
                .find(row.id)
                .filter(|&now_at| own.rows()[now_at].kind == row.kind)
            {
                Some(now_at) => {
                    before.at_tick(&self.schema, at, present, &mut old);
                    own.at_tick(&self.schema, now_at, present, &mut new);
                    self.smooth.corrected(now, kind, row.id, &old, &new);
                }
                None => self.smooth.snap(row.id),
            }
        }
    }

    /// Starts predicting from the confirmed group: at the first one, and after every jump. Ticks
    /// between it and the present get the inputs that were sent for them, or what the server
    /// invents in their place.
    pub(super) fn anchor(&mut self, now: Instant, events: &mut Vec<ClientEvent<G>>) {
        let from = self.group.tick;
        let present = self.clock.tick(now).max(from);
        self.anchored = present.since(from) < PREDICT_TICKS_MAX;
        if !self.anchored {
            return;
        }
        let mut last: Option<(Tick, Vec<u32>)> = self.last_sent_before(from);
        self.prediction.rewind_to(from, &self.group.own);
        self.restore_ghosts();
        let mut tick = from;
        while tick < present {
            tick = tick.next();
            let noted = self.prediction.past(tick);
            match noted.filter(|past| past.source == Some(Source::Real)) {
                Some(past) => last = Some((tick, past.input.clone())),
                None => {
                    let last = last.as_ref().map(|(tick, row)| (*tick, &row[..]));
                    let source = self.shape.invent(last, tick, &mut self.row);
                    self.prediction.note_input(tick, &self.row, source);
                }
            }
            self.step(tick, events);
        }
        self.smooth.clear();
        self.compared.copy_from(&self.group.own);
        self.compared_tick = from;
    }

    fn last_sent_before(&self, tick: Tick) -> Option<(Tick, Vec<u32>)> {
        let past = (0..PREDICT_TICKS_MAX).filter_map(|age| self.prediction.past(tick.minus(age)));
        let mut real = past.filter(|past| past.source == Some(Source::Real));
        real.next().map(|past| (past.tick, past.input.clone()))
    }

    /// Copies the newest confirmed group out of the store.
    fn read_group(&mut self) {
        let group = self.confirmed.group();
        self.group.tick = group.tick;
        self.group.own.clear();
        self.group.keys.clear();
        for member in &group.members {
            let Some(row) = self.confirmed.row_at(member.id, group.tick) else {
                continue;
            };
            let own = OwnRow {
                id: member.id,
                kind: row.kind,
                since: row.since,
            };
            self.group.own.put(own, &row.words);
            // Members come in the order of slots, and so do rows.
            self.group
                .keys
                .push(member.key.map(|key| (key.tick, key.ordinal)));
        }
    }

    fn restore_ghosts(&mut self) {
        if self.prediction.ghosts.is_empty() {
            return;
        }
        let ghosts = core::mem::take(&mut self.prediction.ghosts);
        self.prediction.begin_shown();
        for id in ghosts {
            if self.prediction.own().find(id).is_none() {
                put_shown(&mut self.prediction, &self.schema, &self.confirmed, id);
            }
        }
        self.prediction.load_shown();
    }

    /// Whether a verdict, an invented input or a read of a shown entity since the last comparison
    /// explains a misprediction. An unknown verdict (its report was lost) cannot be judged.
    fn span_explains(&self, tick: Tick) -> bool {
        let mut at = self.compared_tick;
        while at < tick {
            at = at.next();
            let past = self.prediction.past(at);
            let own_input = past.is_some_and(|past| past.source == Some(Source::Real));
            let read = past.is_none_or(|past| past.read_shown);
            if read || !own_input || self.verdict(at) != Some(Verdict::InTime) {
                return true;
            }
        }
        false
    }

    fn verdict(&self, tick: Tick) -> Option<Verdict> {
        let (at, verdict) = self.verdicts[tick.0 as usize % RING];
        (at == tick).then_some(verdict)
    }

    fn report(&mut self, wrong: &Wrong) {
        let (tick, own) = (self.group.tick, &self.group.own);
        let kind = own.find(wrong.entity).map(|at| own.rows()[at].kind);
        let kind = kind.and_then(|kind| self.schema.entity(kind));
        let ages = tick.since(self.compared_tick).min(8);
        self.last_misprediction = Some(Misprediction {
            tick,
            entity: wrong.entity,
            field: kind.map_or_else(|| "(existence)".into(), |kind| field_name(kind, wrong.word)),
            predicted: wrong.predicted,
            confirmed: wrong.confirmed,
            verdicts: (0..ages).map(|age| self.verdict(tick.minus(age))).collect(),
            explained: false,
        });
    }
}
