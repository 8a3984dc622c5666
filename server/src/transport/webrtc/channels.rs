//! Two data channels over ICE, DTLS and SCTP, without a socket and without a clock.
//!
//! Never decides what a packet means or when a link ends: it says what was heard, and the
//! connection draws the conclusions. Every change is followed by [`Channels::poll`] until that says
//! how long to wait; the library underneath asks for it.
//!
//! | channel | id | lanes |
//! |---|---|---|
//! | `unreliable` | 0, unordered, never retransmitted | Snapshot out, Input in |
//! | `ordered` | 1, reliable | Ordered |

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::change::SdpOffer;
use str0m::channel::{ChannelConfig, ChannelData, ChannelId, Reliability};
use str0m::config::DtlsCert;
use str0m::crypto::{CryptoProvider, from_feature_flags};
use str0m::ice::{IceCreds, StunMessage};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};

use super::farewell;
use super::offer::Offer;
use crate::limits::{WEBRTC_DATAGRAM_BYTES, WEBRTC_SEND_BUFFER_BYTES};
use crate::transport::socket::TRANSACTION_BYTES;

/// A STUN message without content, up to its number: the library makes no numbers of given bytes.
const INDICATION: [u8; 8] = [0x00, 0x11, 0, 0, 0x21, 0x12, 0xA4, 0x42];

/// The priority that a question gives the path it takes: that of an address learnt from a request
/// (RFC 8445, section 5.1.2).
const QUESTION_PRIORITY: u32 = (110 << 24) + (65_535 << 8) + 255;

/// Bytes of a question at the most; the names in it have 128, and nothing else varies.
const QUESTION_BYTES_MAX: usize = 256;

/// Datagrams above this are reported in the log of the library; none should be.
const DATAGRAM_WARN_BYTES: usize = 1_280;

/// What every connection of a server has in common.
pub(super) struct Identity {
    crypto: Arc<CryptoProvider>,
    certificate: DtlsCert,
}

/// What a connection heard from its client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Both channels are open.
    Opened,
    /// A packet.
    Packet(Lane, Vec<u8>),
    /// The client did what it must not.
    Violation(CloseReason),
    /// The client is gone, or says goodbye.
    Ended(CloseReason),
}

/// What is to be done next.
pub(super) enum Polled {
    /// Send this.
    Transmit(SocketAddr, Vec<u8>),
    /// Take note of this.
    Heard(Heard),
    /// Nothing, until then.
    Wait(Instant),
}

/// Why a datagram was of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It cannot be read, and changed nothing.
    Unreadable,
    /// It was the last one: the handshake cannot go on after it.
    Fatal,
}

/// One of the two channels.
struct Channel {
    id: ChannelId,
    open: bool,
}

/// The state machine of one connection.
pub(super) struct Channels {
    rtc: Rtc,
    /// Where the client sends to, as the answer says it.
    candidate: SocketAddr,
    /// The client's fragment and password, by which it knows that a question is the server's.
    client: IceCreds,
    crypto: Arc<CryptoProvider>,
    unreliable: Channel,
    ordered: Channel,
}

impl Identity {
    /// A new certificate, good for as long as the process lives: an answer names its hash.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn new() -> Result<Identity, String> {
        let crypto = from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate();
        let certificate = certificate.ok_or("cannot make a certificate for WebRTC")?;
        Ok(Identity {
            crypto: Arc::new(crypto),
            certificate,
        })
    }
}

impl Channels {
    /// Takes an offer; returns the answer too, which names `candidate` as the address to dial.
    ///
    /// # Errors
    /// What is wrong with the offer or the candidate.
    pub(super) fn answer(
        offer: &Offer,
        candidate: SocketAddr,
        identity: &Identity,
        now: Instant,
    ) -> Result<(Channels, String), String> {
        let mut rtc = Rtc::builder()
            .set_crypto_provider(Arc::clone(&identity.crypto))
            .set_dtls_cert(identity.certificate.clone())
            .set_ice_lite(true)
            .clear_codecs()
            .set_mtu(WEBRTC_DATAGRAM_BYTES..=DATAGRAM_WARN_BYTES)
            .set_sctp_max_message_size(ORDERED_BYTES_MAX as u32)
            .set_sctp_max_buffered_amount(WEBRTC_SEND_BUFFER_BYTES)
            .build(now);
        let host = Candidate::host(candidate, "udp").map_err(|error| {
            format!("the server's address {candidate} is no candidate: {error}")
        })?;
        rtc.add_local_candidate(host);
        let client = offer.credentials();
        let offer =
            SdpOffer::from_sdp_string(&offer.to_sdp()).map_err(|error| error.to_string())?;
        let answer = rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|error| error.to_string())?.to_sdp_string();
        let unreliable = negotiated(&mut rtc, "unreliable", 0, false);
        let ordered = negotiated(&mut rtc, "ordered", 1, true);
        let channels = Channels {
            rtc,
            candidate,
            client,
            crypto: Arc::clone(&identity.crypto),
            unreliable,
            ordered,
        };
        Ok((channels, answer))
    }

    /// The fragment that STUN for this connection names.
    pub(super) fn user(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether a STUN message proves that its sender knows what offer and answer said.
    pub(super) fn proves(&self, from: SocketAddr, bytes: &[u8], now: Instant) -> bool {
        let received = Receive::new(Protocol::Udp, from, self.candidate, bytes);
        received.is_ok_and(|received| self.rtc.accepts(&Input::Receive(now, received)))
    }

    /// A STUN request of the server's own with this number; `None` when there is no such.
    pub(super) fn question(&mut self, transaction: &[u8; TRANSACTION_BYTES]) -> Option<Vec<u8>> {
        let head = [&INDICATION[..], transaction].concat();
        let id = StunMessage::parse(&head).ok()?.trans_id();
        let (mine, theirs) = (self.user(), &self.client.ufrag);
        let user = format!("{theirs}:{mine}");
        let message = StunMessage::binding_request(&user, id, false, 0, QUESTION_PRIORITY, false);
        let mut bytes = vec![0; QUESTION_BYTES_MAX];
        let hmac =
            |key: &[u8], parts: &[&[u8]]| self.crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        let password = self.client.pass.as_bytes();
        let length = message.to_bytes(Some(password), &mut bytes, hmac).ok()?;
        bytes.truncate(length);
        Some(bytes)
    }

    /// Whether an answer to a question is the client's own. Servers of STUN answer anybody, and
    /// know no passwords.
    pub(super) fn answers(&self, bytes: &[u8]) -> bool {
        let hmac =
            |key: &[u8], parts: &[&[u8]]| self.crypto.sha1_hmac_provider.sha1_hmac(key, parts);
        StunMessage::parse(bytes).is_ok_and(|message| {
            let password = self.client.pass.as_bytes();
            message.is_successful_binding_response() && message.verify(password, hmac)
        })
    }

    /// Takes a datagram in.
    pub(super) fn receive(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), Unusable> {
        let received = Receive::new(Protocol::Udp, from, self.candidate, bytes);
        let received = received.map_err(|_| Unusable::Unreadable)?;
        let taken = self.rtc.handle_input(Input::Receive(now, received));
        taken.map_err(|error| {
            tracing::debug!(%error, "a connection of WebRTC got what it cannot bear");
            Unusable::Fatal
        })
    }

    /// Lets time pass. False when the connection cannot go on.
    pub(super) fn pass_time(&mut self, now: Instant) -> bool {
        self.rtc.handle_input(Input::Timeout(now)).is_ok()
    }

    /// What is to be done next; an error that cannot be mended counts as the end.
    pub(super) fn poll(&mut self) -> Polled {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    return Polled::Transmit(transmit.destination, transmit.contents.into());
                }
                Ok(Output::Event(event)) => {
                    if let Some(heard) = self.hear(event) {
                        return Polled::Heard(heard);
                    }
                }
                Ok(Output::Timeout(at)) => return Polled::Wait(at),
                Err(error) => {
                    tracing::debug!(%error, "a connection of WebRTC broke");
                    self.rtc.disconnect();
                    return Polled::Heard(Heard::Ended(CloseReason::LinkLost));
                }
            }
        }
    }

    /// Hands a packet over. False when there is no room for it now.
    pub(super) fn write(&mut self, lane: Lane, bytes: &[u8]) -> bool {
        let id = self.id_of(lane);
        let channel = self.rtc.channel(id);
        channel.is_some_and(|mut channel| channel.write(true, bytes).unwrap_or(false))
    }

    /// Hands over a text on the ordered channel. False when there is no room for it now.
    pub(super) fn write_text(&mut self, text: &str) -> bool {
        let channel = self.rtc.channel(self.ordered.id);
        channel.is_some_and(|mut channel| channel.write(false, text.as_bytes()).unwrap_or(false))
    }

    /// Bytes of a lane that were handed over and are not known to have arrived.
    pub(super) fn unacked_bytes(&mut self, lane: Lane) -> usize {
        let id = self.id_of(lane);
        let channel = self.rtc.channel(id);
        channel.map_or(0, |mut channel| channel.buffered_amount())
    }

    /// Tells the other side's library that this is the end.
    pub(super) fn close(&mut self) {
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
    }

    fn id_of(&self, lane: Lane) -> ChannelId {
        match lane {
            Lane::Snapshot | Lane::Input => self.unreliable.id,
            Lane::Ordered => self.ordered.id,
        }
    }

    fn hear(&mut self, event: Event) -> Option<Heard> {
        match event {
            Event::ChannelOpen(id, _) => self.hear_open(id),
            Event::ChannelData(data) => Some(self.hear_data(data)),
            // Whoever makes further channels, or ends one of the two, is no client of ours.
            Event::ChannelClose(_) => Some(Heard::Violation(CloseReason::OutOfPhase)),
            Event::Closed => Some(Heard::Ended(CloseReason::Bye)),
            // Before that another of the client's addresses may still work.
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self
                .are_open()
                .then_some(Heard::Ended(CloseReason::LinkLost)),
            _ => None,
        }
    }

    fn hear_open(&mut self, id: ChannelId) -> Option<Heard> {
        let [unreliable, ordered] = [&mut self.unreliable, &mut self.ordered];
        if id == unreliable.id {
            unreliable.open = true;
        } else if id == ordered.id {
            ordered.open = true;
        } else {
            return Some(Heard::Violation(CloseReason::OutOfPhase));
        }
        self.are_open().then_some(Heard::Opened)
    }

    fn are_open(&self) -> bool {
        self.unreliable.open && self.ordered.open
    }

    fn hear_data(&self, message: ChannelData) -> Heard {
        let ChannelData { id, binary, data } = message;
        let (lane, bytes_max) = if id == self.unreliable.id {
            (Lane::Input, PACKET_BYTES_MAX)
        } else if id == self.ordered.id {
            (Lane::Ordered, ORDERED_BYTES_MAX)
        } else {
            return Heard::Violation(CloseReason::OutOfPhase);
        };
        match (binary, lane) {
            (false, Lane::Ordered) => match farewell::reason_of(&data) {
                Some(reason) => Heard::Ended(reason),
                None => Heard::Violation(CloseReason::Malformed),
            },
            (false, _) => Heard::Violation(CloseReason::OutOfPhase),
            (true, _) if data.is_empty() => Heard::Violation(CloseReason::Malformed),
            (true, _) if data.len() > bytes_max => Heard::Violation(CloseReason::Oversize),
            (true, _) => Heard::Packet(lane, data),
        }
    }
}

fn negotiated(rtc: &mut Rtc, label: &str, stream: u16, reliable: bool) -> Channel {
    let reliability = if reliable {
        Reliability::Reliable
    } else {
        Reliability::MaxRetransmits { retransmits: 0 }
    };
    let id = rtc.direct_api().create_data_channel(ChannelConfig {
        label: label.to_owned(),
        ordered: reliable,
        reliability,
        negotiated: Some(stream),
        protocol: String::new(),
    });
    Channel { id, open: false }
}

#[cfg(test)]
pub(super) mod tests;
