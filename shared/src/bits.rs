//! Bit-packed writing and reading, least significant bit first.
//!
//! The reader never panics: reading past the end is an error. The writer never allocates once its
//! buffer has grown to the size in use.

/// The bytes ended before the value did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBits;

/// Writes values of 0 to 32 bits into a byte buffer it owns.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// An empty writer.
    #[must_use]
    pub fn new() -> BitWriter {
        BitWriter::default()
    }

    /// Forgets what was written and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.pending = 0;
        self.pending_bits = 0;
    }

    /// Bits written so far.
    #[must_use]
    pub fn bit_len(&self) -> usize {
        self.bytes.len() * 8 + self.pending_bits as usize
    }

    /// Appends the low `bits` bits of `value`; `bits` is at most 32, higher bits are ignored.
    #[inline]
    pub fn put(&mut self, value: u32, bits: u8) {
        debug_assert!(bits <= 32, "a word has at most 32 bits");
        let masked = u64::from(value) & ((1u64 << bits) - 1);
        self.pending |= masked << self.pending_bits;
        self.pending_bits += u32::from(bits);
        if self.pending_bits >= 32 {
            self.bytes
                .extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.pending_bits -= 32;
        }
    }

    /// Appends one bit.
    #[inline]
    pub fn put_bool(&mut self, value: bool) {
        self.put(u32::from(value), 1);
    }

    /// Appends the first `bits` bits of `bytes`, as another writer finished them.
    ///
    /// # Panics
    /// When `bytes` are fewer.
    pub fn put_all(&mut self, bytes: &[u8], bits: usize) {
        assert!(bits <= bytes.len() * 8, "more bits than bytes");
        let (words, tail) = bytes[..bits.div_ceil(8)].as_chunks::<4>();
        for word in &words[..bits / 32] {
            self.put(u32::from_le_bytes(*word), 32);
        }
        let mut last = [0; 4];
        match words.get(bits / 32) {
            Some(word) => last = *word,
            None => last[..tail.len()].copy_from_slice(tail),
        }
        self.put(u32::from_le_bytes(last), (bits % 32) as u8);
    }

    /// Pads with zero bits to a whole byte and returns all bytes.
    pub fn finish(&mut self) -> &[u8] {
        let whole = self.pending_bits.div_ceil(8) as usize;
        self.bytes
            .extend_from_slice(&self.pending.to_le_bytes()[..whole]);
        self.pending = 0;
        self.pending_bits = 0;
        &self.bytes
    }

    /// Takes back everything written after `bit_len` bits (a length this writer once reported).
    ///
    /// # Panics
    /// When `bit_len` is beyond what was written.
    pub fn truncate(&mut self, bit_len: usize) {
        assert!(
            bit_len <= self.bit_len(),
            "cannot truncate to a longer length"
        );
        let whole = bit_len / 32 * 4;
        if whole < self.bytes.len() {
            let mut last = [0u8; 4];
            last.copy_from_slice(&self.bytes[whole..whole + 4]);
            self.pending = u64::from(u32::from_le_bytes(last));
            self.bytes.truncate(whole);
        }
        self.pending_bits = (bit_len - whole * 8) as u32;
        self.pending &= (1u64 << self.pending_bits) - 1;
    }
}

/// Reads what a [`BitWriter`] wrote.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    bit: usize,
}

impl<'a> BitReader<'a> {
    /// Reads from the first bit of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader { bytes, bit: 0 }
    }

    /// Bits read so far.
    #[must_use]
    pub fn bit_position(&self) -> usize {
        self.bit
    }

    /// The next `bits` bits (at most 32).
    ///
    /// # Errors
    /// [`OutOfBits`] when fewer are left; nothing is consumed then.
    #[inline]
    pub fn take(&mut self, bits: u8) -> Result<u32, OutOfBits> {
        let value = self.peek(bits);
        let end = self.bit + usize::from(bits);
        if end > self.bytes.len() * 8 {
            return Err(OutOfBits);
        }
        self.bit = end;
        Ok(value)
    }

    /// The next `bits` bits (at most 32) without consuming them; bits past the end read as zero.
    #[inline]
    #[must_use]
    pub fn peek(&self, bits: u8) -> u32 {
        debug_assert!(bits <= 32, "a word has at most 32 bits");
        let first = (self.bit / 8).min(self.bytes.len());
        let tail = &self.bytes[first..];
        let window = match tail.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => {
                let mut chunk = [0u8; 8];
                chunk[..tail.len()].copy_from_slice(tail);
                u64::from_le_bytes(chunk)
            }
        };
        ((window >> (self.bit % 8)) & ((1u64 << bits) - 1)) as u32
    }

    /// Consumes `bits` bits.
    ///
    /// # Errors
    /// [`OutOfBits`] when fewer are left.
    #[inline]
    pub fn skip(&mut self, bits: u8) -> Result<(), OutOfBits> {
        self.take(bits).map(|_| ())
    }

    /// The next bit.
    ///
    /// # Errors
    /// [`OutOfBits`] when none is left.
    #[inline]
    pub fn take_bool(&mut self) -> Result<bool, OutOfBits> {
        Ok(self.take(1)? != 0)
    }

    /// Whether only the zero bits that pad the last byte are left.
    #[must_use]
    pub fn at_end(&self) -> bool {
        let left = self.bytes.len() * 8 - self.bit;
        left < 8 && self.peek(left as u8) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn what_was_written_is_read_back() {
        for seed in 0..200 {
            let mut rng = Rng::new(seed);
            let values: Vec<(u32, u8)> = (0..100)
                .map(|_| {
                    let bits = rng.below(33) as u8;
                    ((rng.next_u64() & ((1u64 << bits) - 1)) as u32, bits)
                })
                .collect();
            let mut writer = BitWriter::new();
            for &(value, bits) in &values {
                writer.put(value, bits);
            }
            let bytes = writer.finish().to_vec();
            let mut reader = BitReader::new(&bytes);
            for &(value, bits) in &values {
                assert_eq!(reader.take(bits), Ok(value), "seed {seed}");
            }
            assert!(reader.at_end(), "seed {seed}");
        }
    }

    #[test]
    fn truncate_takes_back_exactly_the_tail() {
        for keep in 0..130 {
            let mut writer = BitWriter::new();
            let mut expected = BitWriter::new();
            for bit in 0..130 {
                writer.put_bool(bit % 3 == 0);
                if bit < keep {
                    expected.put_bool(bit % 3 == 0);
                }
            }
            writer.truncate(keep);
            writer.put(0b101, 3);
            expected.put(0b101, 3);
            assert_eq!(writer.finish(), expected.finish(), "keep {keep}");
        }
    }

    #[test]
    fn finished_bits_can_be_put_behind_others() {
        for seed in 0..500 {
            let mut rng = Rng::new(seed);
            let (mut part, mut expected, mut joined) =
                (BitWriter::new(), BitWriter::new(), BitWriter::new());
            let lead = rng.below(33) as u8;
            expected.put(0x5A5A_5A5A, lead);
            joined.put(0x5A5A_5A5A, lead);
            for _ in 0..rng.below(9) {
                let (value, bits) = (rng.next_u32(), rng.below(33) as u8);
                part.put(value, bits);
                expected.put(value, bits);
            }
            let bits = part.bit_len();
            joined.put_all(part.finish(), bits);
            assert_eq!(joined.finish(), expected.finish(), "seed {seed}");
        }
    }

    #[test]
    fn reading_past_the_end_is_an_error_and_consumes_nothing() {
        let mut reader = BitReader::new(&[0xFF]);
        assert_eq!(reader.take(9), Err(OutOfBits));
        assert_eq!(reader.take(8), Ok(0xFF));
        assert_eq!(reader.take(1), Err(OutOfBits));
    }
}
