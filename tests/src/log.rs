//! The log of a run, folded into one number.
//!
//! It keeps no text: two runs of one seed must fold to the same number, and which line differs is
//! found by printing both.

/// A running hash of everything that happened (FNV-1a over words, finished by a mix).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHash(u64);

impl Default for LogHash {
    fn default() -> LogHash {
        LogHash(0xCBF2_9CE4_8422_2325)
    }
}

impl LogHash {
    /// Adds a number.
    #[inline]
    pub fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01B3);
        self.0 ^= self.0 >> 29;
    }

    /// Adds bytes and their length.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let mut eights = bytes.chunks_exact(8);
        for eight in &mut eights {
            let mut word = [0; 8];
            word.copy_from_slice(eight);
            self.word(u64::from_le_bytes(word));
        }
        for byte in eights.remainder() {
            self.word(u64::from(*byte));
        }
    }

    /// The number so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_length_count() {
        let of = |parts: &[&[u8]]| {
            let mut log = LogHash::default();
            for part in parts {
                log.bytes(part);
            }
            log.finish()
        };
        assert_eq!(of(&[b"ab", b"c"]), of(&[b"ab", b"c"]));
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"c", b"ab"]));
    }
}
