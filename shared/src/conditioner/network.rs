//! The figures of a route, and the presets that players and tests name.
//!
//! Nothing here moves a packet.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

/// What a route does to packets. Both directions suffer the same figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// Round trip without queueing. Each direction takes half.
    pub rtt: Duration,
    /// The round trip varies by up to this much, each direction by up to half of it, both ways
    /// from its mean. Jitter alone never reorders: it is the wait in a queue.
    pub jitter: Duration,
    /// Share of packets lost in each direction, 0.0 to 1.0.
    pub loss: f32,
    /// Packets lost in a row whenever one is lost; 1 makes losses independent. 0 counts as 1.
    pub burst_packets: u16,
    /// Share of packets delivered twice, 0.0 to 1.0.
    pub duplicates: f32,
    /// Share of packets held back so that later ones overtake them, 0.0 to 1.0.
    pub reorder: f32,
    /// Times in which nothing passes.
    pub outages: Option<Outages>,
    /// The bottleneck.
    pub rate: Option<Rate>,
}

/// Times in which nothing passes, at random moments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outages {
    /// Length of each.
    pub length: Duration,
    /// Mean time from the end of one to the start of the next; each wait is 0.5 to 1.5 times this.
    pub every: Duration,
}

/// A bottleneck: a token bucket without burst, in front of it a bounded queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Bytes that leave the queue in a second. 0 counts as 1.
    pub bytes_per_s: u32,
    /// Bytes that may wait. Datagrams beyond are dropped, a stream refuses more.
    pub queue_bytes_max: u32,
}

/// The name is none of [`Network::NAMES`]; its text lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownNetwork(String);

const fn figures(rtt_ms: u64, jitter_ms: u64, loss: f32) -> Network {
    Network {
        rtt: Duration::from_millis(rtt_ms),
        jitter: Duration::from_millis(jitter_ms),
        loss,
        burst_packets: 1,
        duplicates: 0.0,
        reorder: 0.0,
        outages: None,
        rate: None,
    }
}

impl Network {
    /// No delay, no loss.
    pub const PERFECT: Network = figures(0, 0, 0.0);

    /// A cable: RTT 1 ms.
    pub const LAN: Network = figures(1, 0, 0.0);

    /// A wired home: RTT 30 ms, jitter 3 ms, loss 0.1 %.
    pub const BROADBAND: Network = figures(30, 3, 0.001);

    /// A busy wireless home: RTT 40 ms, jitter 15 ms, loss 1 %.
    pub const WIFI: Network = figures(40, 15, 0.01);

    /// A phone: RTT 80 ms, jitter 30 ms, loss 2 % in bursts of 3.
    pub const MOBILE_4G: Network = Network {
        burst_packets: 3,
        ..figures(80, 30, 0.02)
    };

    /// A phone in a train: RTT 150 ms, jitter 60 ms, loss 5 %, outages of 300 ms.
    pub const TRAIN: Network = Network {
        outages: Some(Outages {
            length: Duration::from_millis(300),
            every: Duration::from_secs(10),
        }),
        ..figures(150, 60, 0.05)
    };

    /// A geostationary satellite: RTT 600 ms, jitter 20 ms, loss 1 %.
    pub const SATELLITE: Network = figures(600, 20, 0.01);

    /// RTT 200 ms, jitter 50 ms, loss 15 % in bursts of 3, 1 % duplicates, 3 % reordered.
    pub const BAD: Network = Network {
        burst_packets: 3,
        duplicates: 0.01,
        reorder: 0.03,
        ..figures(200, 50, 0.15)
    };

    /// Every name that parses, mildest first.
    pub const NAMES: [&'static str; 7] = [
        "lan",
        "broadband",
        "wifi",
        "4g",
        "train",
        "satellite",
        "bad",
    ];
}

impl FromStr for Network {
    type Err = UnknownNetwork;

    /// The preset of this name.
    ///
    /// # Errors
    /// [`UnknownNetwork`] for any other text.
    fn from_str(name: &str) -> Result<Network, UnknownNetwork> {
        Ok(match name {
            "lan" => Network::LAN,
            "broadband" => Network::BROADBAND,
            "wifi" => Network::WIFI,
            "4g" => Network::MOBILE_4G,
            "train" => Network::TRAIN,
            "satellite" => Network::SATELLITE,
            "bad" => Network::BAD,
            other => return Err(UnknownNetwork(other.chars().take(32).collect())),
        })
    }
}

impl fmt::Display for UnknownNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown network {:?}: use one of {}",
            self.0,
            Network::NAMES.join(", ")
        )
    }
}

impl core::error::Error for UnknownNetwork {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_own_figures() {
        let parsed: Vec<Network> = Network::NAMES
            .iter()
            .map(|name| name.parse().expect("a listed name"))
            .collect();
        for (at, network) in parsed.iter().enumerate() {
            assert!(
                !parsed[..at].contains(network),
                "{} repeats another",
                Network::NAMES[at]
            );
        }
        assert_eq!("bad".parse::<Network>().expect("listed").burst_packets, 3);
    }

    #[test]
    fn an_unknown_name_is_told_the_names() {
        let said = "dialup"
            .parse::<Network>()
            .expect_err("not listed")
            .to_string();
        assert!(said.contains("dialup"));
        assert!(
            Network::NAMES.iter().all(|name| said.contains(name)),
            "{said}"
        );
    }
}
