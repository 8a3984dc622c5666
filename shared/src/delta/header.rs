//! The header of a snapshot packet.
//!
//! ```text
//! kind        8 bits   SNAPSHOT
//! tick       32 bits
//! part        5 bits   this packet is part `part` ...
//! of - 1      5 bits   ... of `of` packets of this tick
//! previous    7 bits   tick - the last tick sent before; 0 = none, 127 = that long ago or longer
//! report      1 bit    (part 0 only is allowed to have one)
//!   newest    8 bits   newest input tick received - tick, + 128, clamped to 1..=255; 0 = none yet
//!   margin   12 bits   how early it came, 1/16 tick, + 2048
//!   verdicts 16 bits   2 bits each for tick, tick - 1, ... tick - 7
//! ```
//!
//! There is no floor: each record below names its own baseline tick, which says the same per block
//! and lets the receiver prune exactly that block's rows.

use crate::bits::{BitReader, BitWriter};
use crate::delta::DeltaError;
use crate::id::Tick;
pub use crate::input::Verdict;
use crate::limits::PARTS_MAX;

/// First byte of every snapshot packet.
pub const SNAPSHOT: u8 = 0x53;

/// Bit at which `of - 1` stands: it is known only when the tick's last packet is full.
const OF_BIT: usize = 8 + 32 + 5;

/// How the session's inputs fare, as the server sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputReport {
    /// The newest input tick received; [`Tick::ZERO`] when none came yet.
    pub newest: Tick,
    /// How early the newest batch came before its newest input's deadline, in 1/16 tick; negative
    /// when late. Clamped to -2048..=2047.
    pub margin_16: i16,
    /// What became of the inputs of this tick, the one before, and so on.
    pub verdicts: [Verdict; 8],
}

/// The header of a snapshot packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// The tick the packet shows.
    pub tick: Tick,
    /// Which of the tick's packets it is, from 0.
    pub part: u8,
    /// How many packets the tick has.
    pub of: u8,
    /// The tick sent before this one, when that is less than 127 ticks ago.
    pub previous: Option<Tick>,
    /// How the session's inputs fare; part 0 only.
    pub report: Option<InputReport>,
}

impl SnapshotHeader {
    /// Appends the drawn layout.
    pub fn encode(&self, out: &mut BitWriter) {
        out.put(u32::from(SNAPSHOT), 8);
        out.put(self.tick.0, 32);
        out.put(u32::from(self.part), 5);
        out.put(u32::from(self.of) - 1, 5);
        out.put(
            self.previous
                .map_or(0, |previous| self.tick.since(previous).min(127)),
            7,
        );
        out.put_bool(self.report.is_some());
        if let Some(report) = &self.report {
            let newest = i64::from(report.newest.0) - i64::from(self.tick.0) + 128;
            out.put(
                if report.newest == Tick::ZERO {
                    0
                } else {
                    newest.clamp(1, 255) as u32
                },
                8,
            );
            out.put(
                (i32::from(report.margin_16).clamp(-2048, 2047) + 2048) as u32,
                12,
            );
            report
                .verdicts
                .iter()
                .for_each(|verdict| out.put(verdict.number(), 2));
        }
    }

    /// Reads the drawn layout.
    ///
    /// # Errors
    /// When the bytes end early or a field is out of range.
    pub fn decode(from: &mut BitReader<'_>) -> Result<SnapshotHeader, DeltaError> {
        if from.take(8)? != u32::from(SNAPSHOT) {
            return Err(DeltaError::Malformed("not a snapshot packet"));
        }
        let tick = Tick(from.take(32)?);
        let (part, of) = (from.take(5)? as u8, from.take(5)? as u8 + 1);
        if tick == Tick::ZERO || part >= of {
            return Err(DeltaError::Malformed("tick or part"));
        }
        let previous = match from.take(7)? {
            0 | 127 => None,
            age => Some(tick.minus(age)),
        };
        let report = if from.take_bool()? {
            Some(decode_report(from, tick)?)
        } else {
            None
        };
        Ok(SnapshotHeader {
            tick,
            part,
            of,
            previous,
            report,
        })
    }
}

/// Writes `of` into a finished packet whose header was encoded with another.
///
/// # Panics
/// When `packet` is shorter than a header.
pub fn patch_of(packet: &mut [u8], of: u8) {
    let (byte, shift) = (OF_BIT / 8, OF_BIT % 8);
    let mut both = u16::from_le_bytes([packet[byte], packet[byte + 1]]);
    both &= !(31 << shift);
    both |= (u16::from(of) - 1) << shift;
    packet[byte..byte + 2].copy_from_slice(&both.to_le_bytes());
}

fn decode_report(from: &mut BitReader<'_>, tick: Tick) -> Result<InputReport, DeltaError> {
    let newest = match from.take(8)? {
        0 => Tick::ZERO,
        offset => tick.plus(offset).minus(128),
    };
    let margin_16 = (from.take(12)? as i32 - 2048) as i16;
    let mut verdicts = [Verdict::Missing; 8];
    for verdict in &mut verdicts {
        *verdict = Verdict::ALL[from.take(2)? as usize];
    }
    Ok(InputReport {
        newest,
        margin_16,
        verdicts,
    })
}

const _: () = assert!(PARTS_MAX == 32, "part and of have five bits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_equal_and_can_be_patched() {
        let verdicts = core::array::from_fn(|at| Verdict::ALL[at % 4]);
        let report = InputReport {
            newest: Tick(1_010),
            margin_16: -77,
            verdicts,
        };
        let header = SnapshotHeader {
            tick: Tick(1_000),
            part: 0,
            of: 1,
            previous: Some(Tick(998)),
            report: Some(report),
        };
        let mut out = BitWriter::new();
        header.encode(&mut out);
        let mut bytes = out.finish().to_vec();
        assert_eq!(
            SnapshotHeader::decode(&mut BitReader::new(&bytes)),
            Ok(header)
        );
        patch_of(&mut bytes, 32);
        let patched = SnapshotHeader { of: 32, ..header };
        assert_eq!(
            SnapshotHeader::decode(&mut BitReader::new(&bytes)),
            Ok(patched)
        );
    }
}
