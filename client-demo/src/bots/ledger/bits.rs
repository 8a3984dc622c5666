//! A set of bots.
//!
//! Never says which bots there are.

/// A set of bots by their index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Takes one in.
    pub fn set(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
    }

    /// Takes one out.
    pub fn clear(&mut self, index: usize) {
        if let Some(bits) = self.0.get_mut(index / 64) {
            *bits &= !(1 << (index % 64));
        }
    }

    /// Whether one is in it.
    #[must_use]
    pub fn get(&self, index: usize) -> bool {
        let bits = self.0.get(index / 64).copied().unwrap_or(0);
        bits >> (index % 64) & 1 == 1
    }

    /// How many are in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// Those in both.
    #[must_use]
    pub fn and(&self, other: &Bits) -> Bits {
        Bits(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    /// Those in this one alone.
    #[must_use]
    pub fn without(&self, other: &Bits) -> Bits {
        let rest = other.0.iter().copied().chain(std::iter::repeat(0));
        Bits(self.0.iter().zip(rest).map(|(a, b)| a & !b).collect())
    }

    /// Those in either.
    #[must_use]
    pub fn or(&self, other: &Bits) -> Bits {
        let (long, short) = match self.0.len() < other.0.len() {
            true => (other, self),
            false => (self, other),
        };
        let rest = short.0.iter().copied().chain(std::iter::repeat(0));
        Bits(long.0.iter().zip(rest).map(|(a, b)| a | b).collect())
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(bots: I) -> Bits {
        let mut bits = Bits::default();
        bots.into_iter().for_each(|bot| bits.set(bot));
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_different_lengths_are_combined() {
        let (small, large) = (Bits::from_iter([1, 2]), Bits::from_iter([2, 200]));
        assert_eq!(small.and(&large).count(), 1);
        assert_eq!(small.or(&large), large.or(&small));
        assert_eq!(small.or(&large).count(), 3);
        assert!(large.without(&small).get(200) && !large.without(&small).get(2));
        assert!(small.without(&large).get(1));
        let mut one = Bits::from_iter([70]);
        one.clear(70);
        one.clear(999);
        assert_eq!(one.count(), 0);
    }
}
