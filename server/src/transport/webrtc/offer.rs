//! Reading an offer: the few lines that matter, each checked, and nothing else kept.
//!
//! Never hands a client's text on. The library that makes the answer is given an offer written here
//! from the checked values, so that its parser never sees a stranger's bytes. Candidates are
//! counted and dropped: an ICE-lite server learns addresses from the checks that reach it.

use std::fmt::Write;

use str0m::IceCreds;

use crate::limits::{OFFER_BYTES_MAX, OFFER_CANDIDATES_MAX};

/// Bytes of a SHA-256 in hex with colons.
const FINGERPRINT_CHARS: usize = 32 * 3 - 1;

/// Characters of an offerer's fragment at the most; browsers take 4 to 8. Together with the
/// server's own it must fit the 128 that the library writes of a name.
const FRAGMENT_CHARS_MAX: usize = 96;

/// What is taken over from an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// Name of the one media line, which the answer repeats.
    mid: String,
    /// The offerer's user fragment.
    ufrag: String,
    /// The offerer's password.
    password: String,
    /// SHA-256 of the offerer's certificate, in hex with colons.
    fingerprint: String,
    /// Bytes of a message the offerer takes; 0 for any number.
    message_bytes_max: u32,
}

/// What an offer that says nothing takes, by RFC 8841.
const MESSAGE_BYTES_DEFAULT: u32 = 64 * 1_024;

/// Lines collected so far.
#[derive(Default)]
struct Lines<'a> {
    media: usize,
    candidates: usize,
    mid: Option<&'a str>,
    ufrag: Option<&'a str>,
    password: Option<&'a str>,
    fingerprint: Option<&'a str>,
    setup: Option<&'a str>,
    message_bytes_max: Option<&'a str>,
}

impl Offer {
    /// Reads an offer of data channels.
    ///
    /// # Errors
    /// What is wrong with it, in words for who wrote the client.
    pub(super) fn parse(text: &str) -> Result<Offer, String> {
        if text.len() > OFFER_BYTES_MAX {
            return Err(format!("the offer is longer than {OFFER_BYTES_MAX} bytes"));
        }
        if !text.starts_with("v=0") {
            return Err("this is no SDP: it must start with v=0".to_owned());
        }
        let mut lines = Lines::default();
        for line in text.lines() {
            lines.take(line.trim_end())?;
        }
        lines.finish()
    }

    /// What the offerer's checks are known by.
    pub(super) fn credentials(&self) -> IceCreds {
        IceCreds {
            ufrag: self.ufrag.clone(),
            pass: self.password.clone(),
        }
    }

    /// The offer in SDP, written anew.
    pub(super) fn to_sdp(&self) -> String {
        let mut sdp = String::with_capacity(512);
        // Writing to a string cannot fail.
        let _ = write!(
            sdp,
            "v=0\r\n\
             o=- 1 1 IN IP4 127.0.0.1\r\n\
             s=-\r\n\
             t=0 0\r\n\
             a=group:BUNDLE {mid}\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
             c=IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:{ufrag}\r\n\
             a=ice-pwd:{password}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\n\
             a=setup:actpass\r\n\
             a=mid:{mid}\r\n\
             a=sctp-port:5000\r\n\
             a=max-message-size:{max}\r\n",
            mid = self.mid,
            ufrag = self.ufrag,
            password = self.password,
            fingerprint = self.fingerprint,
            max = self.message_bytes_max,
        );
        sdp
    }
}

impl<'a> Lines<'a> {
    fn take(&mut self, line: &'a str) -> Result<(), String> {
        if let Some(media) = line.strip_prefix("m=") {
            return self.take_media(media);
        }
        let Some(attribute) = line.strip_prefix("a=") else {
            return Ok(());
        };
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        match name {
            "ice-lite" => {
                return Err("the offer says a=ice-lite, and so does the server: \
                            one side must send checks"
                    .to_owned());
            }
            "candidate" => return self.take_candidate(),
            "mid" => self.mid = Some(value),
            "ice-ufrag" => self.ufrag = Some(value),
            "ice-pwd" => self.password = Some(value),
            "setup" => self.setup = Some(value),
            "max-message-size" => self.message_bytes_max = Some(value),
            "fingerprint" => {
                // A client may name several; one the server can check is enough.
                if let Some((hash, hex)) = value.split_once(' ')
                    && hash.eq_ignore_ascii_case("sha-256")
                {
                    self.fingerprint = Some(hex);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_media(&mut self, media: &str) -> Result<(), String> {
        self.media += 1;
        let mut words = media.split(' ');
        let kind = words.next().unwrap_or_default();
        let protocol = words.nth(1).unwrap_or_default();
        let channels = kind == "application" && matches!(protocol, "UDP/DTLS/SCTP" | "DTLS/SCTP");
        if self.media > 1 || !channels {
            return Err(
                "the offer must have one media line, that of data channels: \
                        make it from a connection with data channels alone"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn take_candidate(&mut self) -> Result<(), String> {
        self.candidates += 1;
        if self.candidates > OFFER_CANDIDATES_MAX {
            return Err(format!(
                "the offer has more than {OFFER_CANDIDATES_MAX} candidates: send none, \
                 the server does not need them"
            ));
        }
        Ok(())
    }

    fn finish(self) -> Result<Offer, String> {
        if self.media == 0 {
            return Err("the offer has no media line: make the data channels before it".to_owned());
        }
        if !matches!(self.setup, Some("actpass" | "active")) {
            return Err("the offer must say a=setup:actpass or a=setup:active: \
                        the server waits for the client's handshake"
                .to_owned());
        }
        let mid = valid("mid", self.mid, 1..=16, is_token)?;
        let ufrag = valid("ice-ufrag", self.ufrag, 4..=FRAGMENT_CHARS_MAX, is_ice)?;
        let password = valid("ice-pwd", self.password, 22..=256, is_ice)?;
        let hex = FINGERPRINT_CHARS..=FINGERPRINT_CHARS;
        let fingerprint = valid("fingerprint:sha-256", self.fingerprint, hex, is_hex)?;
        let colons = fingerprint.bytes().skip(2).step_by(3);
        if fingerprint.matches(':').count() != 31 || colons.into_iter().any(|byte| byte != b':') {
            return Err("a=fingerprint must be pairs of hex digits with colons".to_owned());
        }
        let message_bytes_max = match self.message_bytes_max {
            None => MESSAGE_BYTES_DEFAULT,
            Some(text) => text
                .parse()
                .map_err(|_| "a=max-message-size must be a number of bytes".to_owned())?,
        };
        Ok(Offer {
            mid,
            ufrag,
            password,
            fingerprint,
            message_bytes_max,
        })
    }
}

fn valid(
    name: &str,
    value: Option<&str>,
    chars: std::ops::RangeInclusive<usize>,
    allowed: fn(u8) -> bool,
) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("the offer has no a={name} line"))?;
    if chars.contains(&value.len()) && value.bytes().all(allowed) {
        return Ok(value.to_owned());
    }
    Err(format!(
        "a={name} must have {} to {} characters of its alphabet",
        chars.start(),
        chars.end()
    ))
}

/// A character of an ICE fragment or password, by RFC 8839.
fn is_ice(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// A character of an identification tag that every implementation uses.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+')
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':'
}

#[cfg(test)]
pub(super) mod tests;
