//! A seeded mutator: what arrives from a broken or hostile other side.
//!
//! It knows no format; the corpus of valid packets brings it near the interesting places.

use tickwire_shared::rng::Rng;

/// Longest mutated input, in bytes: past every packet limit, so that the limits are tried too.
pub const LENGTH_MAX: usize = 20_000;

/// Numbers at which length fields and counters break, written in one to eight bytes.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7F,
    0x80,
    0xFA,
    0xFB,
    0xFC,
    0xFF,
    0xFFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    u64::MAX,
];

/// One input: usually a valid packet with one to eight changes, now and then two packets spliced
/// or plain noise.
#[must_use]
pub fn mutate(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    if corpus.is_empty() || rng.chance(0.05) {
        return noise(rng);
    }
    let mut bytes = pick(rng, corpus).clone();
    if rng.chance(0.1) {
        let other = pick(rng, corpus);
        bytes = splice(rng, &bytes, other);
    }
    for _ in 0..=rng.below(8) {
        change(rng, &mut bytes);
    }
    bytes.truncate(LENGTH_MAX);
    bytes
}

fn pick<'a>(rng: &mut Rng, corpus: &'a [Vec<u8>]) -> &'a Vec<u8> {
    &corpus[rng.below(corpus.len() as u32) as usize]
}

fn noise(rng: &mut Rng) -> Vec<u8> {
    let length = if rng.chance(0.02) {
        rng.below(LENGTH_MAX as u32)
    } else {
        rng.below(1_500)
    };
    (0..length).map(|_| rng.next_u32() as u8).collect()
}

/// The start of one and the end of another.
pub fn splice(rng: &mut Rng, left: &[u8], right: &[u8]) -> Vec<u8> {
    let head = rng.below(left.len() as u32 + 1) as usize;
    let tail = rng.below(right.len() as u32 + 1) as usize;
    [&left[..head], &right[tail..]].concat()
}

fn change(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let at = rng.below(bytes.len().max(1) as u32) as usize;
    match rng.below(9) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at.min(bytes.len()), rng.next_u32() as u8),
        2 if !bytes.is_empty() => drop(bytes.remove(at)),
        3 => bytes.extend((0..rng.below(40)).map(|_| rng.next_u32() as u8)),
        4 => write_edge(rng, bytes, at),
        5 => repeat_range(rng, bytes, at),
        6 if !bytes.is_empty() => bytes[at] = rng.next_u32() as u8,
        7 if !bytes.is_empty() => bytes[at] = bytes[at].wrapping_add(1),
        _ if !bytes.is_empty() => bytes[at] ^= 1 << rng.below(8),
        _ => {}
    }
}

fn write_edge(rng: &mut Rng, bytes: &mut [u8], at: usize) {
    let edge = EDGES[rng.below(EDGES.len() as u32) as usize].to_le_bytes();
    let width = 1usize << rng.below(4);
    for (to, from) in bytes.iter_mut().skip(at).zip(&edge[..width]) {
        *to = *from;
    }
}

fn repeat_range(rng: &mut Rng, bytes: &mut Vec<u8>, at: usize) {
    let length = rng.below((bytes.len() - at.min(bytes.len())).min(64) as u32 + 1) as usize;
    let range = bytes[at.min(bytes.len())..][..length].to_vec();
    let to = rng.below(bytes.len() as u32 + 1) as usize;
    bytes.splice(to..to, range);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_mutate_equally_and_reach_every_length() {
        let corpus = vec![vec![1, 2, 3, 4], (0..=255).collect()];
        let run = |seed| {
            let mut rng = Rng::new(seed);
            (0..2_000)
                .map(|_| mutate(&mut rng, &corpus))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert!(run(3).iter().any(Vec::is_empty));
        assert!(run(3).iter().any(|bytes| bytes.len() > 1_200));
    }
}
