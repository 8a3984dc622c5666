//! The input packet: acks, what the screen showed, and the newest inputs, newest first.
//!
//! Never trusts its bytes: every word is checked against the schema's range, the length is exact,
//! and only the one encoding the encoder would choose is taken.
//!
//! ```text
//! kind 8 | ack | shown? 1 [tick 32, fraction 8] | newest tick 32 | count-1 4 | row | older row *
//! row:       each word at its bits
//! older row: same as the newer one 1 [row, when not the same]
//! ```

use crate::ack::Ack;
use crate::bits::{BitReader, BitWriter, OutOfBits};
use crate::id::Tick;
use crate::limits::{INPUT_BATCH_MAX, PACKET_BYTES_MAX};
use crate::schema::Kind;

/// First byte of an input packet.
pub const INPUT_PACKET: u8 = 0x11;

const COUNT_BITS: u8 = 4;
const _: () = assert!(
    INPUT_BATCH_MAX == 1 << COUNT_BITS,
    "the count is one less in its bits"
);

/// The instant of the room that a client's screen showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Whole ticks.
    pub tick: Tick,
    /// Further 1/256 ticks.
    pub fraction_256: u8,
}

/// Why bytes are not an input packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputError {
    /// The first byte names another kind of packet.
    WrongKind,
    /// It ends too early.
    Short,
    /// It is longer than [`PACKET_BYTES_MAX`].
    Long,
    /// A value is outside its range.
    Range,
    /// It is not the encoding an encoder chooses, or bytes follow it.
    NotCanonical,
}

impl From<OutOfBits> for InputError {
    fn from(_: OutOfBits) -> InputError {
        InputError::Short
    }
}

/// What a client sends every tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPacket {
    /// Which snapshots arrived.
    pub ack: Ack,
    /// What the screen showed at the newest input; `None` before anything was drawn.
    pub shown: Option<Shown>,
    /// Tick of the newest input; at least `count`.
    pub newest: Tick,
    /// Inputs in it, 1 to [`INPUT_BATCH_MAX`].
    pub count: u8,
    /// `count` rows of the input kind, of ticks `newest`, `newest - 1`, ...
    pub words: Vec<u32>,
}

impl InputPacket {
    /// The inputs with their ticks, newest first.
    pub fn rows(&self) -> impl Iterator<Item = (Tick, &[u32])> {
        let stride = self.words.len() / usize::from(self.count).max(1);
        (0..usize::from(self.count)).map(move |age| {
            let row = &self.words[age * stride..(age + 1) * stride];
            (self.newest.minus(age as u32), row)
        })
    }

    /// Appends the packet to an empty writer.
    ///
    /// # Panics
    /// When the count is out of range or rows and kind disagree: the caller built it wrong.
    pub fn encode(&self, kind: &Kind, out: &mut BitWriter) {
        let (count, stride) = (usize::from(self.count), kind.words.len());
        assert!(
            (1..=INPUT_BATCH_MAX).contains(&count),
            "1 to {INPUT_BATCH_MAX} inputs"
        );
        assert_eq!(
            self.words.len(),
            count * stride,
            "whole rows of the input kind"
        );
        out.put(u32::from(INPUT_PACKET), 8);
        self.ack.encode(out);
        out.put_bool(self.shown.is_some());
        if let Some(shown) = self.shown {
            out.put(shown.tick.0, 32);
            out.put(u32::from(shown.fraction_256), 8);
        }
        out.put(self.newest.0, 32);
        out.put(u32::from(self.count) - 1, COUNT_BITS);
        for age in 0..count {
            let row = &self.words[age * stride..(age + 1) * stride];
            if age > 0 {
                let same = row == &self.words[(age - 1) * stride..age * stride];
                out.put_bool(same);
                if same {
                    continue;
                }
            }
            for (&word, spec) in row.iter().zip(&kind.words) {
                out.put(word, spec.bits);
            }
        }
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`InputError`] when the bytes are not exactly what [`InputPacket::encode`] writes.
    pub fn decode(bytes: &[u8], kind: &Kind) -> Result<InputPacket, InputError> {
        if bytes.len() > PACKET_BYTES_MAX {
            return Err(InputError::Long);
        }
        let mut reader = BitReader::new(bytes);
        if reader.take(8)? != u32::from(INPUT_PACKET) {
            return Err(InputError::WrongKind);
        }
        let ack = Ack::decode(&mut reader).map_err(|_| InputError::NotCanonical)?;
        let shown = decode_shown(&mut reader)?;
        let newest = Tick(reader.take(32)?);
        let count = reader.take(COUNT_BITS)? as u8 + 1;
        if newest < Tick(u32::from(count)) {
            return Err(InputError::Range);
        }
        let words = decode_rows(&mut reader, kind, usize::from(count))?;
        if !reader.at_end() {
            return Err(InputError::NotCanonical);
        }
        Ok(InputPacket {
            ack,
            shown,
            newest,
            count,
            words,
        })
    }
}

fn decode_shown(reader: &mut BitReader<'_>) -> Result<Option<Shown>, InputError> {
    if !reader.take_bool()? {
        return Ok(None);
    }
    Ok(Some(Shown {
        tick: Tick(reader.take(32)?),
        fraction_256: reader.take(8)? as u8,
    }))
}

fn decode_rows(
    reader: &mut BitReader<'_>,
    kind: &Kind,
    count: usize,
) -> Result<Vec<u32>, InputError> {
    let stride = kind.words.len();
    let mut words = Vec::with_capacity(count * stride);
    for age in 0..count {
        let newer = words.len().saturating_sub(stride);
        if age > 0 && reader.take_bool()? {
            words.extend_from_within(newer..);
            continue;
        }
        for spec in &kind.words {
            let word = reader.take(spec.bits)?;
            if word > spec.max {
                return Err(InputError::Range);
            }
            words.push(word);
        }
        if age > 0 && words[newer..newer + stride] == words[newer + stride..] {
            return Err(InputError::NotCanonical);
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::schema::{Audience, KindDef, Motion, Predictor, WordSpec};

    fn word(bits: u8, max: u32) -> WordSpec {
        WordSpec {
            field: None,
            bits,
            full_shift: 0,
            coarse_shift: 0,
            max,
            zero: 0,
            wraps: false,
            audience: Audience::All,
            predict: true,
            rare: false,
            predictor: Predictor::Hold,
        }
    }

    fn kind() -> Kind {
        Kind {
            def: KindDef {
                name: "Input",
                fields: &[],
                motion: Motion::Free,
            },
            words: vec![word(3, 4), word(10, 1_023), word(1, 1)],
            public_words: 3,
            owner_words: 3,
            entity: false,
            order: vec![0, 1, 2],
            field_words: Vec::new(),
            gain_q16: Vec::new(),
        }
    }

    fn packet(rng: &mut Rng) -> InputPacket {
        let count = 1 + rng.below(INPUT_BATCH_MAX as u32);
        let mut words = Vec::new();
        for age in 0..count {
            if age > 0 && rng.chance(0.5) {
                words.extend_from_within(words.len() - 3..);
            } else {
                words.extend([rng.below(5), rng.below(1_024), rng.below(2)]);
            }
        }
        let newest = Tick(count + rng.below(1 << 20));
        let shown = Shown {
            tick: newest.minus(rng.below(40)),
            fraction_256: rng.below(256) as u8,
        };
        let all = rng.chance(0.5);
        InputPacket {
            ack: Ack {
                newest: newest.minus(20),
                complete: if all { u64::MAX } else { rng.next_u64() & !15 },
                parts: [0; 4].map(|_| if all { 0 } else { rng.next_u32() }),
            },
            shown: rng.chance(0.5).then_some(shown),
            newest,
            count: count as u8,
            words,
        }
    }

    fn encoded(packet: &InputPacket) -> Vec<u8> {
        let mut writer = BitWriter::new();
        packet.encode(&kind(), &mut writer);
        writer.finish().to_vec()
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        for seed in 0..500 {
            let packet = packet(&mut Rng::new(seed));
            let decoded = InputPacket::decode(&encoded(&packet), &kind());
            assert_eq!(decoded.as_ref(), Ok(&packet), "seed {seed}");
        }
    }

    #[test]
    fn what_decodes_is_what_would_be_encoded() {
        let mut accepted = 0;
        for seed in 0..20_000 {
            let mut rng = Rng::new(seed);
            let mut bytes = encoded(&packet(&mut rng));
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(bytes.len() as u32) as usize;
                bytes[at] ^= 1 << rng.below(8);
            }
            if rng.chance(0.2) {
                bytes.truncate(rng.below(bytes.len() as u32) as usize);
            }
            if let Ok(packet) = InputPacket::decode(&bytes, &kind()) {
                accepted += 1;
                assert_eq!(encoded(&packet), bytes, "seed {seed}");
            }
        }
        assert!(
            accepted > 100,
            "the mutations are too coarse to test anything"
        );
    }

    #[test]
    fn bad_bytes_are_refused_by_name() {
        let good = encoded(&packet(&mut Rng::new(1)));
        let check = |bytes: &[u8]| InputPacket::decode(bytes, &kind()).err();
        assert_eq!(check(&[]), Some(InputError::Short));
        assert_eq!(check(&[0]), Some(InputError::WrongKind));
        let mut long = good.clone();
        long.push(0);
        assert_eq!(check(&long), Some(InputError::NotCanonical));
        long.resize(PACKET_BYTES_MAX + 1, 0);
        assert_eq!(check(&long), Some(InputError::Long));
    }

    #[test]
    fn a_word_beyond_its_range_is_refused() {
        let mut packet = packet(&mut Rng::new(2));
        packet.words[0] = 5;
        let decoded = InputPacket::decode(&encoded(&packet), &kind());
        assert_eq!(decoded, Err(InputError::Range));
    }
}
