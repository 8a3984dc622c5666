//! What a seed means: the network of each peer and the faults of a run.
//!
//! Nothing here runs anything.

use core::time::Duration;

use tickwire_shared::conditioner::Network;
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

/// One fault of one peer's link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partition {
    /// Which peer.
    pub peer: usize,
    /// From when nothing passes.
    pub from: Instant,
    /// Until when.
    pub until: Instant,
}

/// Everything that a run draws from its seed before it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The seed itself.
    pub seed: u64,
    /// Virtual time of the run without its healed end.
    pub span: Duration,
    /// The network of each peer.
    pub networks: Vec<Network>,
    /// Times at which a peer hears nothing, sorted by start.
    pub partitions: Vec<Partition>,
}

impl Scenario {
    /// The matrix of the feel goals: loss 0 to 20 %, RTT 0 to 300 ms, jitter 0 to 50 ms,
    /// duplicates and reordering, other figures for each peer; some peers drop out for a while.
    #[must_use]
    pub fn matrix(seed: u64, peers: usize, span: Duration) -> Scenario {
        let mut rng = Rng::of(seed, &[0x6D61_7472_6978]);
        let networks = (0..peers).map(|_| draw_network(&mut rng)).collect();
        let mut partitions: Vec<Partition> = (0..peers)
            .filter_map(|peer| draw_partition(&mut rng, peer, span))
            .collect();
        partitions.sort_by_key(|one| (one.from, one.peer));
        Scenario {
            seed,
            span,
            networks,
            partitions,
        }
    }

    /// Every peer on the same network, no faults.
    #[must_use]
    pub fn calm(seed: u64, peers: usize, span: Duration, network: Network) -> Scenario {
        Scenario {
            seed,
            span,
            networks: vec![network; peers],
            partitions: Vec::new(),
        }
    }
}

fn draw_network(rng: &mut Rng) -> Network {
    // A good part of the matrix is its corners: none of it, and all of it.
    let corner = |rng: &mut Rng, most: f32| match rng.below(5) {
        0 => 0.0,
        1 => most,
        _ => rng.range(0.0, most),
    };
    Network {
        rtt: Duration::from_micros((corner(rng, 300.0) * 1_000.0) as u64),
        jitter: Duration::from_micros((corner(rng, 50.0) * 1_000.0) as u64),
        loss: corner(rng, 0.20),
        burst_packets: 1 + rng.below(3) as u16,
        duplicates: corner(rng, 0.03),
        reorder: corner(rng, 0.05),
        outages: None,
        rate: None,
    }
}

fn draw_partition(rng: &mut Rng, peer: usize, span: Duration) -> Option<Partition> {
    let span_ms = span.as_millis() as f32;
    if !rng.chance(0.1) || span_ms < 15_000.0 {
        return None;
    }
    let from_ms = rng.range(5_000.0, span_ms - 8_000.0) as u64;
    let until_ms = from_ms + 200 + u64::from(rng.below(2_300));
    let (from, until) = (
        Instant::from_millis(from_ms),
        Instant::from_millis(until_ms),
    );
    Some(Partition { peer, from, until })
}
