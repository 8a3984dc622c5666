//! Acks: which snapshot packets a client holds.
//!
//! Never acks what was sent, only what was decoded.

use crate::bits::{BitReader, BitWriter, OutOfBits};
use crate::id::Tick;

/// What a client tells the server about the snapshot packets it decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ack {
    /// The newest tick of which any part arrived; [`Tick::ZERO`] before the first.
    pub newest: Tick,
    /// Bit `n`: every part of tick `newest - n` arrived.
    pub complete: u64,
    /// Parts that arrived of ticks `newest`, `newest - 1`, `newest - 2`, `newest - 3`.
    pub parts: [u32; 4],
}

impl Ack {
    /// Appends the ack.
    pub fn encode(&self, out: &mut BitWriter) {
        out.put(self.newest.0, 32);
        put_mask(out, self.complete as u32, u32::MAX);
        put_mask(out, (self.complete >> 32) as u32, u32::MAX);
        for parts in self.parts {
            put_mask(out, parts, 1);
        }
    }

    /// Reads an ack.
    ///
    /// # Errors
    /// [`OutOfBits`] when the bytes end too early or spell a usual mask the long way.
    pub fn decode(reader: &mut BitReader<'_>) -> Result<Ack, OutOfBits> {
        let newest = Tick(reader.take(32)?);
        let low = take_mask(reader, u32::MAX)?;
        let high = take_mask(reader, u32::MAX)?;
        let mut parts = [0; 4];
        for part in &mut parts {
            *part = take_mask(reader, 1)?;
        }
        Ok(Ack {
            newest,
            complete: u64::from(high) << 32 | u64::from(low),
            parts,
        })
    }
}

fn put_mask(out: &mut BitWriter, mask: u32, usual: u32) {
    out.put_bool(mask == usual);
    if mask != usual {
        out.put(mask, 32);
    }
}

fn take_mask(reader: &mut BitReader<'_>, usual: u32) -> Result<u32, OutOfBits> {
    if reader.take_bool()? {
        return Ok(usual);
    }
    match reader.take(32)? {
        mask if mask == usual => Err(OutOfBits),
        mask => Ok(mask),
    }
}
