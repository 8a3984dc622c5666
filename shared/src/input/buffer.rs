//! The server's inputs of one seat: each is applied at the tick it is for, once, or never.
//!
//! Never applies a late input: its tick is over. What the room applied instead is told to the
//! client as a [`Verdict`], by which it knows why its prediction was wrong.

use super::InputShape;
use crate::game::Source;
use crate::id::Tick;
use crate::limits::INPUT_AHEAD_TICKS_MAX;
use crate::time::TickRate;

const RING: usize = INPUT_AHEAD_TICKS_MAX as usize;
const VERDICTS: usize = 8;

/// What became of the input of one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It came in time and was applied.
    InTime,
    /// The last one was repeated in its place, then it came, too late.
    RepeatedThenLate,
    /// The last one was repeated in its place.
    Repeated,
    /// The neutral input was applied.
    #[default]
    Missing,
}

impl Verdict {
    /// Every verdict, in the order of their numbers on the wire.
    pub(crate) const ALL: [Verdict; 4] = [
        Verdict::InTime,
        Verdict::RepeatedThenLate,
        Verdict::Repeated,
        Verdict::Missing,
    ];

    /// The number on the wire.
    pub(crate) fn number(self) -> u32 {
        self as u32
    }
}

/// What [`InputBuffer::put`] did with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It waits for its tick.
    Stored,
    /// It is already there; the first one stays.
    Duplicate,
    /// Its tick is over.
    Late,
    /// It is further ahead than [`INPUT_AHEAD_TICKS_MAX`]; dropped.
    TooFarAhead,
}

/// The inputs of one seat that wait for their ticks.
#[derive(Clone, Debug)]
pub struct InputBuffer {
    shape: InputShape,
    /// Which tick each ring place holds; [`Tick::ZERO`] when none.
    ticks: Vec<Tick>,
    rows: Vec<u32>,
    /// The newest tick that was taken.
    taken: Tick,
    /// Of `taken`, `taken - 1`, ...
    verdicts: [Verdict; VERDICTS],
    /// The newest input that was applied for real.
    last: Option<Tick>,
    last_row: Vec<u32>,
    row: Vec<u32>,
    newest: Tick,
    margin_16: i16,
}

impl InputBuffer {
    /// An empty buffer for a seat taken at tick `now`: the next tick to take is `now + 1`.
    #[must_use]
    pub fn new(shape: InputShape, now: Tick) -> InputBuffer {
        InputBuffer {
            ticks: vec![Tick::ZERO; RING],
            rows: vec![0; RING * shape.words()],
            taken: now,
            verdicts: [Verdict::Missing; VERDICTS],
            last: None,
            last_row: Vec::with_capacity(shape.words()),
            row: Vec::with_capacity(shape.words()),
            newest: Tick::ZERO,
            margin_16: 0,
            shape,
        }
    }

    /// Offers the input of `tick`. A row of the wrong length counts as too far ahead: dropped.
    pub fn put(&mut self, tick: Tick, row: &[u32]) -> Put {
        if tick <= self.taken {
            self.came_late(tick);
            return Put::Late;
        }
        if tick.since(self.taken) > INPUT_AHEAD_TICKS_MAX || row.len() != self.shape.words() {
            return Put::TooFarAhead;
        }
        let place = tick.0 as usize % RING;
        if self.ticks[place] == tick {
            return Put::Duplicate;
        }
        self.ticks[place] = tick;
        let start = place * row.len();
        self.rows[start..start + row.len()].copy_from_slice(row);
        Put::Stored
    }

    /// Notes that a packet whose newest input is of tick `newest` came `early_micros` before that
    /// tick's deadline (negative: after it). Only a newer one than before counts.
    pub fn arrived(&mut self, newest: Tick, early_micros: i64, rate: TickRate) {
        if newest <= self.newest || newest.since(self.taken) > INPUT_AHEAD_TICKS_MAX {
            return;
        }
        let sixteenths = early_micros * 16 * i64::from(rate.get()) / 1_000_000;
        let bound = (i64::from(i16::MIN), i64::from(i16::MAX));
        self.newest = newest;
        self.margin_16 = sixteenths.clamp(bound.0, bound.1) as i16;
    }

    /// The row to apply at `tick` and where it came from. Ticks are taken in rising order; a tick
    /// that was skipped counts as missing.
    ///
    /// # Panics
    /// When `tick` was taken before: the room would apply an input twice.
    pub fn take(&mut self, tick: Tick) -> (&[u32], Source) {
        assert!(tick > self.taken, "each tick's input is taken once");
        let source = self.fill(tick);
        let steps = tick.since(self.taken) as usize;
        self.taken = tick;
        self.verdicts.rotate_right(steps.min(VERDICTS));
        self.verdicts[..steps.min(VERDICTS)].fill(Verdict::Missing);
        self.verdicts[0] = match source {
            Source::Real => Verdict::InTime,
            Source::Repeated => Verdict::Repeated,
            Source::Missing => Verdict::Missing,
        };
        (&self.row, source)
    }

    /// Forgets every input that waits and the one to repeat: what comes next is neutral, until an
    /// input is offered again.
    pub fn forget(&mut self) {
        self.ticks.fill(Tick::ZERO);
        self.last = None;
    }

    /// The game refused the input that was just taken: its verdict becomes
    /// [`Verdict::Missing`], so that the client knows why its prediction was wrong.
    pub fn refuse(&mut self) {
        self.verdicts[0] = Verdict::Missing;
    }

    /// What became of the inputs of the newest taken tick, the one before it, and so on.
    #[must_use]
    pub fn verdicts(&self) -> [Verdict; VERDICTS] {
        self.verdicts
    }

    /// The newest input tick any packet carried; [`Tick::ZERO`] before the first.
    #[must_use]
    pub fn newest(&self) -> Tick {
        self.newest
    }

    /// How early the newest input came, in 1/16 tick; negative when it was late.
    #[must_use]
    pub fn margin_16(&self) -> i16 {
        self.margin_16
    }

    /// Inputs that wait for their tick.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.ticks.iter().filter(|&&tick| tick > self.taken).count()
    }

    fn fill(&mut self, tick: Tick) -> Source {
        let place = tick.0 as usize % RING;
        if self.ticks[place] != tick {
            let last = self.last.map(|at| (at, &self.last_row[..]));
            return self.shape.invent(last, tick, &mut self.row);
        }
        let start = place * self.shape.words();
        let row = &self.rows[start..start + self.shape.words()];
        self.row.clear();
        self.row.extend_from_slice(row);
        self.last_row.clear();
        self.last_row.extend_from_slice(row);
        self.last = Some(tick);
        Source::Real
    }

    fn came_late(&mut self, tick: Tick) {
        let age = self.taken.since(tick) as usize;
        if let Some(verdict) = self.verdicts.get_mut(age)
            && *verdict == Verdict::Repeated
        {
            *verdict = Verdict::RepeatedThenLate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::INPUT_REPEAT_TICKS_MAX;

    /// Two words: a hold with neutral 5 and an edge with neutral 0.
    fn buffer() -> InputBuffer {
        InputBuffer::new(InputShape::plain(vec![5, 0], vec![false, true]), Tick(100))
    }

    fn taken(buffer: &mut InputBuffer, tick: u32) -> (Vec<u32>, Source) {
        let (row, source) = buffer.take(Tick(tick));
        (row.to_vec(), source)
    }

    #[test]
    fn an_input_is_applied_at_its_tick_once() {
        let mut buffer = buffer();
        assert_eq!(buffer.put(Tick(102), &[7, 1]), Put::Stored);
        assert_eq!(buffer.put(Tick(102), &[8, 0]), Put::Duplicate);
        assert_eq!(taken(&mut buffer, 101), (vec![5, 0], Source::Missing));
        assert_eq!(taken(&mut buffer, 102), (vec![7, 1], Source::Real));
        assert_eq!(taken(&mut buffer, 103), (vec![7, 0], Source::Repeated));
        assert_eq!(buffer.put(Tick(102), &[7, 1]), Put::Late);
        assert_eq!(taken(&mut buffer, 104), (vec![7, 0], Source::Repeated));
        let expected = [
            Verdict::Repeated,
            Verdict::Repeated,
            Verdict::InTime,
            Verdict::Missing,
        ];
        assert_eq!(buffer.verdicts()[..4], expected);
    }

    #[test]
    fn a_late_input_changes_its_verdict_only() {
        let mut buffer = buffer();
        buffer.put(Tick(101), &[9, 1]);
        for tick in 101..=103 {
            buffer.take(Tick(tick));
        }
        assert_eq!(buffer.put(Tick(102), &[3, 1]), Put::Late);
        assert_eq!(buffer.verdicts()[1], Verdict::RepeatedThenLate);
        assert_eq!(
            taken(&mut buffer, 104).0,
            [9, 0],
            "the late row is not used"
        );
    }

    #[test]
    fn a_long_silence_becomes_neutral() {
        let mut buffer = buffer();
        buffer.put(Tick(101), &[9, 1]);
        let mut sources = Vec::new();
        for tick in 101..=101 + INPUT_REPEAT_TICKS_MAX + 1 {
            sources.push(taken(&mut buffer, tick));
        }
        assert_eq!(sources.last(), Some(&(vec![5, 0], Source::Missing)));
        assert_eq!(sources[sources.len() - 2].1, Source::Repeated);
    }

    #[test]
    fn what_is_forgotten_is_neither_applied_nor_repeated() {
        let mut buffer = buffer();
        buffer.put(Tick(101), &[9, 0]);
        buffer.put(Tick(103), &[8, 1]);
        assert_eq!(taken(&mut buffer, 101), (vec![9, 0], Source::Real));
        buffer.forget();
        for tick in 102..=103 {
            assert_eq!(taken(&mut buffer, tick), (vec![5, 0], Source::Missing));
        }
        assert_eq!(buffer.put(Tick(104), &[7, 0]), Put::Stored);
        assert_eq!(taken(&mut buffer, 104), (vec![7, 0], Source::Real));
    }

    #[test]
    fn far_ahead_is_dropped_and_near_ahead_kept() {
        let mut buffer = buffer();
        let furthest = 100 + INPUT_AHEAD_TICKS_MAX;
        assert_eq!(buffer.put(Tick(furthest + 1), &[1, 0]), Put::TooFarAhead);
        for tick in 101..=furthest {
            assert_eq!(buffer.put(Tick(tick), &[tick, 0]), Put::Stored);
        }
        for tick in 101..=furthest {
            assert_eq!(taken(&mut buffer, tick), (vec![tick, 0], Source::Real));
        }
    }

    #[test]
    fn the_margin_is_of_the_newest_packet_in_sixteenths() {
        let (mut buffer, rate) = (buffer(), TickRate::hz(60));
        buffer.arrived(Tick(110), 25_000, rate);
        buffer.arrived(Tick(109), -99_000, rate);
        assert_eq!((buffer.newest(), buffer.margin_16()), (Tick(110), 24));
        buffer.arrived(Tick(111), -1_000_000_000, rate);
        assert_eq!(buffer.margin_16(), i16::MIN);
    }
}
