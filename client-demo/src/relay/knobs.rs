//! What a relay does to packets, and the orders that change it.
//!
//! Moves nothing itself.

use core::fmt;
use core::str::FromStr;

use tickwire_shared::conditioner::Network;

use crate::flags::Net;

/// What a relay does to packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs {
    /// Figures of both directions.
    pub network: Network,
    /// Nothing passes: datagrams are lost, streams stall.
    pub is_blocked: bool,
    /// Whether datagrams pass at all, as firewalls know it.
    pub passes_udp: bool,
}

/// What a relay may be told, one a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// `net PRESET`: other figures from now on; `net none` for a perfect network.
    Net(Net),
    /// `block`: nothing passes.
    Block,
    /// `unblock`: packets pass again; streams go on.
    Unblock,
    /// `udp off`, `udp on`.
    Udp(bool),
    /// `quit`: the relay ends.
    Quit,
}

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            network: Network::PERFECT,
            is_blocked: false,
            passes_udp: true,
        }
    }
}

impl Knobs {
    /// Does what the order says.
    pub fn turn(&mut self, order: &Order) {
        match order {
            Order::Net(net) => self.network = net.network,
            Order::Block => self.is_blocked = true,
            Order::Unblock => self.is_blocked = false,
            Order::Udp(passes) => self.passes_udp = *passes,
            Order::Quit => {}
        }
    }
}

impl FromStr for Order {
    type Err = String;

    /// # Errors
    /// One sentence that lists the orders, or the presets.
    fn from_str(line: &str) -> Result<Order, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["net", name] => preset(name).map(Order::Net),
            ["block"] => Ok(Order::Block),
            ["unblock"] => Ok(Order::Unblock),
            ["udp", "on"] => Ok(Order::Udp(true)),
            ["udp", "off"] => Ok(Order::Udp(false)),
            ["quit"] => Ok(Order::Quit),
            _ => {
                Err("the orders are: net PRESET, block, unblock, udp on, udp off, quit".to_owned())
            }
        }
    }
}

/// A preset by name; `none` is a perfect network.
///
/// # Errors
/// One sentence that lists the presets.
pub fn preset(name: &str) -> Result<Net, String> {
    match name {
        "none" => Ok(Net {
            name: name.to_owned(),
            network: Network::PERFECT,
        }),
        _ => name.parse(),
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Net(net) => write!(f, "net {}", net.name),
            Order::Block => f.write_str("blocked"),
            Order::Unblock => f.write_str("unblocked"),
            Order::Udp(true) => f.write_str("udp on"),
            Order::Udp(false) => f.write_str("udp off"),
            Order::Quit => f.write_str("bye"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_turn_the_knobs() {
        let mut knobs = Knobs::default();
        let mut tell = |line: &str| {
            knobs.turn(&line.parse().expect(line));
            knobs
        };
        assert_eq!(tell(" net  bad ").network, Network::BAD);
        assert!(tell("block").is_blocked && !tell("unblock").is_blocked);
        assert!(!tell("udp off").passes_udp && tell("udp on").passes_udp);
        assert_eq!(tell("net none"), Knobs::default());
    }

    #[test]
    fn anything_else_is_told_what_there_is() {
        for (line, part) in [
            ("", "unblock"),
            ("udp", "udp on"),
            ("net dialup", "satellite"),
        ] {
            let said = line.parse::<Order>().expect_err(line);
            assert!(said.contains(part), "{line:?}: {said}");
        }
    }
}
