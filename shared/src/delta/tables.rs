//! Static prefix code tables, one for each (level, kind, word, age of the baseline, context).
//!
//! A residual is folded to an unsigned number z (0, -1, 1, -2, ... become 0, 1, 2, 3, ...). Its
//! symbol is the bit length of z; the bits below the leading one follow as they are. One more
//! symbol, [`PLAIN`], is the fallback: the row follows as plain words. Tables are code lengths,
//! made into canonical codes (Huffman 1952; canonical order as in RFC 1951, 3.2.2), and travel in
//! Welcome, so that other tables break no wire.

use crate::bits::{BitReader, BitWriter};
use crate::delta::DeltaError;
use crate::delta::places::{AGES, CONTEXTS, Place, Places, places_of_word};
use crate::schema::{Kind, Schema};

/// Symbols of a table: z = 0, bit lengths 1 to 32, and the fallback.
pub const SYMBOLS: usize = 34;

/// The symbol that says: this row follows as plain words.
pub const PLAIN: usize = 33;

/// Longest code in bits.
const CODE_BITS_MAX: u8 = 10;

/// One prefix code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    lengths: [u8; SYMBOLS],
    /// Codes with their first bit lowest, ready to be written.
    codes: [u16; SYMBOLS],
    /// Symbol and length for each value of the next [`CODE_BITS_MAX`] bits.
    decode: Vec<(u8, u8)>,
}

impl Table {
    /// The canonical code of these lengths; `None` when they are not those of a complete code.
    #[must_use]
    pub fn from_lengths(lengths: [u8; SYMBOLS]) -> Option<Table> {
        let room: u32 = lengths
            .iter()
            .map(|&length| 1u32 << (CODE_BITS_MAX - length.min(CODE_BITS_MAX)))
            .sum();
        let legal = lengths
            .iter()
            .all(|length| (1..=CODE_BITS_MAX).contains(length));
        if !legal || room != 1 << CODE_BITS_MAX {
            return None;
        }
        let mut table = Table {
            lengths,
            codes: [0; SYMBOLS],
            decode: vec![(0, 0); 1 << CODE_BITS_MAX],
        };
        let mut next = 0u32;
        for length in 1..=CODE_BITS_MAX {
            for (symbol, own) in lengths.iter().enumerate() {
                if *own == length {
                    table.assign(symbol, next, length);
                    next += 1;
                }
            }
            next <<= 1;
        }
        Some(table)
    }

    /// The best code for these counts whose longest code is 10 bits. Every symbol
    /// gets a code: an unseen one counts as one.
    #[must_use]
    pub fn from_counts(counts: &[u64; SYMBOLS]) -> Table {
        let lengths = limited_lengths(counts);
        Table::from_lengths(lengths).expect("package-merge makes complete codes")
    }

    /// Bits of a symbol's code.
    #[inline]
    #[must_use]
    pub fn bits(&self, symbol: usize) -> u8 {
        self.lengths[symbol]
    }

    /// Writes a symbol.
    #[inline]
    pub fn write(&self, out: &mut BitWriter, symbol: usize) {
        out.put(u32::from(self.codes[symbol]), self.lengths[symbol]);
    }

    /// Reads a symbol.
    ///
    /// # Errors
    /// [`DeltaError::Short`] when the bytes end early.
    #[inline]
    pub fn read(&self, from: &mut BitReader<'_>) -> Result<usize, DeltaError> {
        let (symbol, length) = self.decode[from.peek(CODE_BITS_MAX) as usize];
        from.skip(length)?;
        Ok(usize::from(symbol))
    }

    fn assign(&mut self, symbol: usize, code: u32, length: u8) {
        let first_bit_lowest = (code << (32 - length)).reverse_bits();
        self.codes[symbol] = first_bit_lowest as u16;
        let step = 1usize << length;
        for at in (first_bit_lowest as usize..1 << CODE_BITS_MAX).step_by(step) {
            self.decode[at] = (symbol as u8, length);
        }
    }
}

/// Code lengths by package-merge (Larmore and Hirschberg, "A fast algorithm for optimal
/// length-limited Huffman codes", 1990): in each of `CODE_BITS_MAX` rounds the packages of the
/// last round are merged with the symbols by weight and paired; a symbol's length is how often it
/// is in the cheapest 2 (n - 1) packages of the last round.
fn limited_lengths(counts: &[u64; SYMBOLS]) -> [u8; SYMBOLS] {
    let mut symbols: Vec<(u64, Vec<u8>)> = counts
        .iter()
        .enumerate()
        .map(|(symbol, &n)| (n.max(1), vec![symbol as u8]))
        .collect();
    symbols.sort();
    let mut packages = symbols.clone();
    for _ in 1..CODE_BITS_MAX {
        let mut merged: Vec<(u64, Vec<u8>)> = packages
            .chunks_exact(2)
            .map(|pair| {
                (
                    pair[0].0 + pair[1].0,
                    [pair[0].1.as_slice(), &pair[1].1].concat(),
                )
            })
            .collect();
        merged.extend(symbols.iter().cloned());
        merged.sort();
        packages = merged;
    }
    let mut lengths = [0; SYMBOLS];
    for (_, members) in packages.iter().take(2 * (SYMBOLS - 1)) {
        members
            .iter()
            .for_each(|&symbol| lengths[usize::from(symbol)] += 1);
    }
    lengths
}

/// The tables of a schema: a few distinct ones and which word uses which.
///
/// ```text
/// count     8 bits   distinct tables, less one
/// for each distinct table: 34 code lengths of 4 bits
/// for each level (Exact, other), kind and word: 8 bits, which table; for words that are not rare
/// as many for each age bucket and context
/// ```
///
/// No bytes at all stand for the default tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    distinct: Vec<Table>,
    uses: Vec<u8>,
    places: Places,
}

impl Tables {
    /// Tables for residuals nobody has measured yet: they expect residuals that grow with age.
    #[must_use]
    pub fn default_for(schema: &Schema) -> Tables {
        Tables::build(schema, |place| {
            default_counts(&schema.entities[place.kind], place)
        })
    }

    /// The tables that code these counts best; words that were hardly seen keep the default.
    #[must_use]
    pub fn trained(schema: &Schema, counts: &Counts) -> Tables {
        Tables::build(schema, |place| {
            let seen = counts.counts[counts.places.index(place)];
            if seen.iter().sum::<u64>() >= TRAINING_MIN {
                seen
            } else {
                default_counts(&schema.entities[place.kind], place)
            }
        })
    }

    /// The table of a place in the schema the tables were made for.
    #[inline]
    #[must_use]
    pub fn table(&self, place: Place) -> &Table {
        let used = self.uses[self.places.index(place)];
        &self.distinct[usize::from(used)]
    }

    /// The drawn layout.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![(self.distinct.len() - 1) as u8];
        for table in &self.distinct {
            bytes.extend(table.lengths.chunks(2).map(|pair| pair[0] | pair[1] << 4));
        }
        bytes.extend_from_slice(&self.uses);
        bytes
    }

    /// Reads the drawn layout.
    ///
    /// # Errors
    /// [`DeltaError::Malformed`] when the length is wrong, a table is not a complete code, or a
    /// word uses a table that is not there.
    pub fn from_bytes(schema: &Schema, bytes: &[u8]) -> Result<Tables, DeltaError> {
        if bytes.is_empty() {
            return Ok(Tables::default_for(schema));
        }
        let malformed = DeltaError::Malformed("code tables");
        let places = Places::of(schema);
        let (&count, rest) = bytes.split_first().ok_or(malformed)?;
        let count = usize::from(count) + 1;
        let (lengths, uses) = rest
            .split_at_checked(count * SYMBOLS / 2)
            .ok_or(malformed)?;
        if uses.len() != places.count() || uses.iter().any(|&used| usize::from(used) >= count) {
            return Err(malformed);
        }
        let distinct = lengths
            .chunks_exact(SYMBOLS / 2)
            .map(|packed| {
                Table::from_lengths(core::array::from_fn(|s| {
                    packed[s / 2] >> (4 * (s % 2)) & 15
                }))
            })
            .collect::<Option<Vec<Table>>>()
            .ok_or(malformed)?;
        Ok(Tables {
            distinct,
            uses: uses.to_vec(),
            places,
        })
    }

    fn build(schema: &Schema, mut counts: impl FnMut(Place) -> [u64; SYMBOLS]) -> Tables {
        let places = Places::of(schema);
        let mut tables = Tables {
            distinct: Vec::new(),
            uses: Vec::new(),
            places,
        };
        for exact in [true, false] {
            for (kind, spec) in schema.entities.iter().enumerate() {
                for word in 0..spec.words.len() {
                    for at in 0..places_of_word(spec, word) {
                        let (bucket, context) = (at / CONTEXTS, at % CONTEXTS);
                        tables.add(&counts(Place {
                            exact,
                            kind,
                            word,
                            bucket,
                            context,
                        }));
                    }
                }
            }
        }
        tables
    }

    /// The next word in order uses the table of these counts. Past 256 distinct tables the
    /// nearest one there is serves.
    fn add(&mut self, counts: &[u64; SYMBOLS]) {
        let table = Table::from_counts(counts);
        let at = self
            .distinct
            .iter()
            .position(|there| *there == table)
            .unwrap_or_else(|| {
                if self.distinct.len() < 256 {
                    self.distinct.push(table);
                    return self.distinct.len() - 1;
                }
                let cost = |table: &Table| -> u64 {
                    counts
                        .iter()
                        .zip(table.lengths)
                        .map(|(&n, bits)| n * u64::from(bits))
                        .sum()
                };
                (0..256)
                    .min_by_key(|&at| cost(&self.distinct[at]))
                    .unwrap_or(0)
            });
        self.uses.push(at as u8);
    }
}

/// How often each symbol was needed, for training.
#[derive(Clone, Debug)]
pub struct Counts {
    counts: Vec<[u64; SYMBOLS]>,
    places: Places,
}

/// Symbols a word must have needed before its own table is worth having.
const TRAINING_MIN: u64 = 500;

impl Counts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(schema: &Schema) -> Counts {
        let places = Places::of(schema);
        Counts {
            counts: vec![[0; SYMBOLS]; places.count()],
            places,
        }
    }

    /// Counts one symbol.
    pub fn count(&mut self, place: Place, symbol: usize) {
        self.counts[self.places.index(place)][symbol] += 1;
    }
}

fn default_counts(kind: &Kind, place: Place) -> [u64; SYMBOLS] {
    let finer = if place.exact {
        u32::from(kind.words[place.word].full_shift)
    } else {
        0
    };
    let center = expected_bits(place.bucket) + finer;
    core::array::from_fn(|symbol| expected_count(symbol as u32, center))
}

/// Bit length of a typical residual at level Full for an age bucket.
fn expected_bits(bucket: usize) -> u32 {
    [1, 1, 2, 2, 3, 3, 4, 4, 5, 6][bucket.min(AGES - 1)]
}

/// Weight of a symbol when residuals have about `center` bits.
fn expected_count(symbol: u32, center: u32) -> u64 {
    if symbol as usize == PLAIN {
        return 64;
    }
    let off = symbol.abs_diff(center);
    let halvings = if symbol < center { off } else { off + off / 2 };
    (1 << 20) >> halvings.min(20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn codes_are_read_back_and_short_where_counts_are_high() {
        for seed in 0..50 {
            let mut rng = Rng::new(seed);
            let counts: [u64; SYMBOLS] = core::array::from_fn(|_| 1 << rng.below(30));
            let table = Table::from_counts(&counts);
            let mut out = BitWriter::new();
            (0..SYMBOLS).for_each(|symbol| table.write(&mut out, symbol));
            let bytes = out.finish().to_vec();
            let mut reader = BitReader::new(&bytes);
            for symbol in 0..SYMBOLS {
                assert_eq!(table.read(&mut reader), Ok(symbol), "seed {seed}");
            }
            let common = (0..SYMBOLS).max_by_key(|&s| counts[s]).unwrap_or(0);
            let rare = (0..SYMBOLS).min_by_key(|&s| counts[s]).unwrap_or(0);
            assert!(table.bits(common) <= table.bits(rare), "seed {seed}");
        }
    }

    #[test]
    fn incomplete_lengths_are_refused() {
        assert!(Table::from_lengths([10; SYMBOLS]).is_none());
        assert!(Table::from_lengths([0; SYMBOLS]).is_none());
        assert!(Table::from_lengths([15; SYMBOLS]).is_none());
    }
}
