//! Finished codes of whole blocks, for the length of one tick.
//!
//! The code of changed rows depends on (block, baseline tick, which rows) and on nothing about the
//! viewer, so each is made once a tick and copied for everybody else.

use tickwire_shared::id::Tick;

/// Codes kept of one block; more are made anew each time.
const CODES_PER_BLOCK_MAX: usize = 32;

/// What the code of a block's changed rows depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The block.
    pub block: usize,
    /// The baseline tick.
    pub base: Tick,
    /// The rows.
    pub mask: u32,
}

#[derive(Clone, Copy, Debug)]
struct Code {
    base: Tick,
    mask: u32,
    start: usize,
    bits: usize,
}

/// The codes of one tick.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    bytes: Vec<u8>,
    blocks: Vec<Vec<Code>>,
}

impl Codes {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.blocks.iter_mut().for_each(Vec::clear);
    }

    /// The code's bytes and its length in bits.
    pub fn get(&self, key: &Key) -> Option<(&[u8], usize)> {
        let codes = self.blocks.get(key.block)?;
        let code = codes
            .iter()
            .find(|code| code.base == key.base && code.mask == key.mask)?;
        Some((
            &self.bytes[code.start..code.start + code.bits.div_ceil(8)],
            code.bits,
        ))
    }

    /// Keeps a code, unless its block has too many already.
    pub fn keep(&mut self, key: Key, bytes: &[u8], bits: usize) {
        if self.blocks.len() <= key.block {
            self.blocks
                .resize_with(key.block + 1, || Vec::with_capacity(CODES_PER_BLOCK_MAX));
        }
        let codes = &mut self.blocks[key.block];
        if codes.len() < CODES_PER_BLOCK_MAX {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(bytes);
            codes.push(Code {
                base: key.base,
                mask: key.mask,
                start,
                bits,
            });
        }
    }
}
