//! What is counted of the public HTTP listener.
//!
//! Never counts by path: a stranger chooses it.

use super::Counter;

/// Why a connection or a request got nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// All connections of the server are taken.
    Full,
    /// All connections of the address are taken.
    Address,
    /// The address asks too often.
    Rate,
    /// A page of another origin asked.
    Origin,
    /// The TLS handshake failed or took too long.
    Tls,
    /// The head or the body took too long, or the answer was not read.
    Slow,
    /// The body was too long.
    TooLong,
    /// A login that could not be counted: too many others try.
    Logins,
}

impl Rejection {
    /// Every cause with its label.
    pub(super) const ALL: [(Rejection, &'static str); 8] = [
        (Rejection::Full, "full"),
        (Rejection::Address, "address"),
        (Rejection::Rate, "rate"),
        (Rejection::Origin, "origin"),
        (Rejection::Tls, "tls"),
        (Rejection::Slow, "slow"),
        (Rejection::TooLong, "too_long"),
        (Rejection::Logins, "logins"),
    ];
}

/// Figures of the public HTTP listener.
#[derive(Debug, Default)]
pub struct HttpMetrics {
    /// Answers by the first digit of their status, from 1 on.
    classes: [Counter; 5],
    rejections: [Counter; Rejection::ALL.len()],
}

impl HttpMetrics {
    /// The classes with their labels.
    pub(super) const CLASSES: [(u16, &'static str); 5] =
        [(1, "1xx"), (2, "2xx"), (3, "3xx"), (4, "4xx"), (5, "5xx")];

    /// Answers with a status of this class: its first digit.
    #[must_use]
    pub fn of_class(&self, class: u16) -> &Counter {
        let [one, two, three, four, five] = &self.classes;
        match class {
            1 => one,
            2 => two,
            3 => three,
            4 => four,
            _ => five,
        }
    }

    /// What was refused for this cause.
    #[must_use]
    pub fn rejected(&self, cause: Rejection) -> &Counter {
        let [full, address, rate, origin, tls, slow, too_long, logins] = &self.rejections;
        match cause {
            Rejection::Full => full,
            Rejection::Address => address,
            Rejection::Rate => rate,
            Rejection::Origin => origin,
            Rejection::Tls => tls,
            Rejection::Slow => slow,
            Rejection::TooLong => too_long,
            Rejection::Logins => logins,
        }
    }
}
