//! What a seed means: the network of each peer and the faults of a run.
//!
//! Nothing here runs anything.

use core::time::Duration;

use tickwire_shared::conditioner::Network;
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

/// What happens to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing passes from now on.
    Partition,
    /// It passes again.
    Heal,
    /// The link breaks; both sides are told.
    Cut,
    /// The client dials again.
    Redial,
}

/// A fault of one peer's link at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mishap {
    /// When.
    pub at: Instant,
    /// Whose link.
    pub peer: usize,
    /// What.
    pub fault: Fault,
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
    /// What happens to links, soonest first.
    pub mishaps: Vec<Mishap>,
}

impl Scenario {
    /// The matrix of the feel goals: loss 0 to 20 %, RTT 0 to 300 ms, jitter 0 to 50 ms,
    /// duplicates and reordering, other figures for each peer; some peers drop out for a while.
    #[must_use]
    pub fn matrix(seed: u64, peers: usize, span: Duration) -> Scenario {
        let mut rng = Rng::of(seed, &[0x6D61_7472_6978]);
        let networks = (0..peers).map(|_| draw_network(&mut rng)).collect();
        let pairs = (0..peers).filter_map(|peer| draw_partition(&mut rng, peer, span));
        Scenario {
            seed,
            span,
            networks,
            mishaps: sorted(pairs),
        }
    }

    /// As the matrix, and every link breaks once or twice and is dialled again.
    #[must_use]
    pub fn broken_links(seed: u64, peers: usize, span: Duration) -> Scenario {
        let mut scenario = Scenario::matrix(seed, peers, span);
        let mut rng = Rng::of(seed, &[0x0063_7574]);
        let cuts = (0..peers * 2).filter_map(|at| draw_cut(&mut rng, at, peers, span));
        scenario.mishaps = sorted(cuts);
        scenario
    }

    /// Every peer on the same network, no faults.
    #[must_use]
    pub fn calm(seed: u64, peers: usize, span: Duration, network: Network) -> Scenario {
        Scenario {
            seed,
            span,
            networks: vec![network; peers],
            mishaps: Vec::new(),
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

fn sorted(pairs: impl Iterator<Item = [Mishap; 2]>) -> Vec<Mishap> {
    let mut mishaps: Vec<Mishap> = pairs.flatten().collect();
    mishaps.sort_by_key(|mishap| (mishap.at, mishap.peer));
    mishaps
}

fn draw_partition(rng: &mut Rng, peer: usize, span: Duration) -> Option<[Mishap; 2]> {
    let span_ms = span.as_millis() as f32;
    if !rng.chance(0.1) || span_ms < 15_000.0 {
        return None;
    }
    let from_ms = rng.range(5_000.0, span_ms - 8_000.0) as u64;
    let until_ms = from_ms + 200 + u64::from(rng.below(2_300));
    let mishap = |at_ms, fault| Mishap {
        at: Instant::from_millis(at_ms),
        peer,
        fault,
    };
    Some([
        mishap(from_ms, Fault::Partition),
        mishap(until_ms, Fault::Heal),
    ])
}

/// The first cut of each peer falls into the first half of the run, the second into the other.
fn draw_cut(rng: &mut Rng, at: usize, peers: usize, span: Duration) -> Option<[Mishap; 2]> {
    let half_ms = span.as_millis() as f32 / 2.0;
    let from_ms = half_ms * (at / peers) as f32 + rng.range(2_000.0, half_ms - 7_000.0);
    let until_ms = from_ms + rng.range(20.0, 6_000.0);
    let (peer, second) = (at % peers, at >= peers);
    let mishap = |at_ms, fault| Mishap {
        at: Instant::from_millis(at_ms as u64),
        peer,
        fault,
    };
    let pair = [mishap(from_ms, Fault::Cut), mishap(until_ms, Fault::Redial)];
    (!second || rng.chance(0.5)).then_some(pair)
}
