//! Where a server is, as a person writes it: `host:port`.
//!
//! Never connects; resolving asks the system's resolver.

use core::fmt;

/// A server's address as written: host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or number of the host, without brackets.
    pub host: String,
    /// The public port.
    pub port: u16,
}

/// The text is not `host:port`, or the host has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAddress(String);

impl Address {
    /// Reads `host:port`; an IPv6 number stands in brackets.
    ///
    /// # Errors
    /// [`BadAddress`] says what is missing.
    pub fn parse(text: &str) -> Result<Address, BadAddress> {
        let shown: String = text.chars().take(80).collect();
        let bad = |why: &str| BadAddress(format!("{shown:?} is no server address: {why}"));
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| bad("write it as host:port, such as 127.0.0.1:7777"))?;
        let port = match port.parse() {
            Ok(0) | Err(_) => return Err(bad("the port is a number from 1 to 65535")),
            Ok(port) => port,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(bad("the host is missing"));
        }
        Ok(Address {
            host: host.to_owned(),
            port,
        })
    }

    /// The same host with another port.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Address {
        Address {
            host: self.host.clone(),
            port,
        }
    }

    /// Asks the resolver; IPv4 first, because `localhost` often names both and servers listen
    /// there by default.
    ///
    /// # Errors
    /// [`BadAddress`] when the host has no address.
    #[cfg(not(target_arch = "wasm32"))]
    pub async fn resolve(&self) -> Result<std::net::SocketAddr, BadAddress> {
        use std::net::SocketAddr;

        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let mut all: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
        all.sort_by_key(SocketAddr::is_ipv6);
        all.first()
            .copied()
            .ok_or_else(|| BadAddress(format!("no host is called {:?}", self.host)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for BadAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_numbers() {
        for text in ["game.example:7777", "10.0.0.1:1", "[::1]:65535"] {
            let address = Address::parse(text).expect("a good address");
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn says_what_is_missing() {
        for (text, part) in [
            ("localhost", "host:port"),
            ("localhost:", "number from 1"),
            ("localhost:0", "number from 1"),
            ("localhost:70000", "number from 1"),
            (":7777", "host is missing"),
        ] {
            let said = Address::parse(text).expect_err("a bad address").to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
