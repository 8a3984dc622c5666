//! What a link may say in its phase: bytes become packets here, once, or a reason to close.
//!
//! Never acts on a packet and never panics on bytes. Each phase is a type with its own packets: a
//! packet that is illegal in a phase has no value there.
//!
//! ```text
//! link opens -> Handshake --Hello of a guest, or a resume--------> Live --anything bad, silence,
//!               |   |   |                                           ^    Leave--> closed
//!               +---+   +--another Hello--> Admitting --admitted----+
//!               probe   |                   |       |
//!                       |                   +-probe-+--anything else, or 5 s--> closed
//!                       +--anything else, or 5 s--> closed
//! ```

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LogId, SessionId};
use tickwire_shared::input::{InputError, InputPacket};
use tickwire_shared::schema::Kind;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    ClientControl, Hello, Message, PROTOCOL, WireError, decode, decode_probe, decode_typing,
    protocol_of_hello,
};

use super::limiter::{Allowance, Limiter};
use crate::limits::{ADMISSION_TIME_MAX, HANDSHAKE_TIME_MAX, PROBE_ECHOES_MAX};

/// A link that has not said hello.
#[derive(Clone, Debug)]
pub struct Handshake {
    until: Instant,
    echoes_left: u8,
}

/// What a link said before it was live.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "one a packet, used at once; a box would save nothing"
)]
pub enum Greeting {
    /// Hello.
    Hello(Hello),
    /// A probe, to be sent back as it is.
    Probe,
    /// One probe too many.
    Nothing,
}

impl Handshake {
    /// A link that opened at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Handshake {
        Handshake {
            until: now + HANDSHAKE_TIME_MAX,
            echoes_left: PROBE_ECHOES_MAX,
        }
    }

    /// The hello or a probe, or why the link is closed.
    ///
    /// # Errors
    /// Anything else than a probe or a Hello of this protocol version.
    pub fn receive(&mut self, lane: Lane, bytes: &[u8]) -> Result<Greeting, CloseReason> {
        if lane == Lane::Input && decode_probe(bytes).is_some() {
            return Ok(self.probed());
        }
        if lane != Lane::Ordered {
            return Err(CloseReason::OutOfPhase);
        }
        match protocol_of_hello(bytes) {
            Some(protocol) if protocol != PROTOCOL => Err(CloseReason::ProtocolVersion),
            _ => decode(bytes).map(Greeting::Hello).map_err(reason_of),
        }
    }

    fn probed(&mut self) -> Greeting {
        let Some(left) = self.echoes_left.checked_sub(1) else {
            return Greeting::Nothing;
        };
        self.echoes_left = left;
        Greeting::Probe
    }

    /// Whether the hello took too long.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}

/// A link that said hello, and whose player is being looked up.
#[derive(Clone, Debug)]
pub struct Admitting {
    until: Instant,
    /// What it said.
    pub hello: Hello,
}

impl Admitting {
    /// The link said hello at `now`.
    #[must_use]
    pub fn new(now: Instant, hello: Hello) -> Admitting {
        Admitting {
            until: now + ADMISSION_TIME_MAX,
            hello,
        }
    }

    /// A probe may come late and is dropped.
    ///
    /// # Errors
    /// For anything else the link is closed: nothing may be said before the Welcome.
    pub fn receive(&self, lane: Lane, bytes: &[u8]) -> Result<(), CloseReason> {
        let probe = lane == Lane::Input && decode_probe(bytes).is_some();
        probe.then_some(()).ok_or(CloseReason::OutOfPhase)
    }

    /// Whether the answer took too long.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}

/// What a live link said.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Acks and inputs.
    Input(InputPacket),
    /// Something else.
    Control(ClientControl),
    /// The player writes a line in this log.
    Typing(LogId),
    /// Too much, or a probe that came late: dropped, and no sign of life.
    Nothing,
}

/// A link that carries a session.
#[derive(Clone, Debug)]
pub struct Live {
    /// The session.
    pub session: SessionId,
    limiter: Limiter,
    heard: Instant,
}

impl Live {
    /// The link said hello at `now` and got this session.
    #[must_use]
    pub fn new(session: SessionId, tick_hz: u16, now: Instant) -> Live {
        Live {
            session,
            limiter: Limiter::new(tick_hz, now),
            heard: now,
        }
    }

    /// What these bytes say. `input` is the schema's input kind.
    ///
    /// # Errors
    /// The reason to close the link.
    pub fn receive(
        &mut self,
        now: Instant,
        lane: Lane,
        bytes: &[u8],
        input: &Kind,
    ) -> Result<Heard, CloseReason> {
        let allowance = match lane {
            Lane::Input => self.limiter.input(now, bytes.len()),
            Lane::Ordered => self.limiter.ordered(now),
            Lane::Snapshot => return Err(CloseReason::OutOfPhase),
        };
        match allowance {
            Allowance::Close => return Err(CloseReason::TooManyPackets),
            Allowance::Drop => return Ok(Heard::Nothing),
            Allowance::Use => {}
        }
        if lane == Lane::Input && decode_probe(bytes).is_some() {
            return Ok(Heard::Nothing);
        }
        let typing = decode_typing(bytes).filter(|_| lane == Lane::Input);
        if let Some(log) = typing {
            self.heard = now;
            return Ok(Heard::Typing(log));
        }
        let heard = match lane {
            Lane::Input => InputPacket::decode(bytes, input)
                .map(Heard::Input)
                .map_err(reason_of_input)?,
            _ => decode(bytes).map(Heard::Control).map_err(reason_of)?,
        };
        self.heard = now;
        Ok(heard)
    }

    /// When the client was last heard.
    #[must_use]
    pub fn heard(&self) -> Instant {
        self.heard
    }
}

fn reason_of(error: WireError) -> CloseReason {
    const KNOWN: [u8; 2] = [Hello::KIND, ClientControl::KIND];
    match error {
        WireError::TooLong => CloseReason::Oversize,
        WireError::Kind(kind) if KNOWN.contains(&kind) => CloseReason::OutOfPhase,
        WireError::Kind(_) | WireError::Empty => CloseReason::Malformed,
        WireError::Malformed | WireError::NotCanonical => CloseReason::Malformed,
    }
}

fn reason_of_input(error: InputError) -> CloseReason {
    match error {
        InputError::Long => CloseReason::Oversize,
        InputError::WrongKind | InputError::Short => CloseReason::Malformed,
        InputError::Range | InputError::NotCanonical => CloseReason::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_shared::wire::{
        BoundedStr, BoundedVec, Credential, RoomRequest, encode, encode_probe,
    };

    fn hello(protocol: u16) -> Vec<u8> {
        encode(&Hello {
            protocol,
            schema_hash: 1,
            name: BoundedStr::cut("Ann"),
            room: RoomRequest::Any,
            resume: None,
            who: Credential::New,
            cursors: BoundedVec::default(),
        })
    }

    fn refused(lane: Lane, bytes: &[u8]) -> Option<CloseReason> {
        Handshake::new(Instant(0)).receive(lane, bytes).err()
    }

    #[test]
    fn so_many_probes_are_sent_back_and_no_more() {
        let (mut handshake, probe) = (Handshake::new(Instant(0)), encode_probe(7, 1_100));
        for _ in 0..PROBE_ECHOES_MAX {
            assert_eq!(handshake.receive(Lane::Input, &probe), Ok(Greeting::Probe));
        }
        let more = handshake.receive(Lane::Input, &probe);
        assert_eq!(more, Ok(Greeting::Nothing));
        let hello = handshake.receive(Lane::Ordered, &hello(PROTOCOL));
        assert!(matches!(hello, Ok(Greeting::Hello(_))));
        let mut dirty = encode_probe(7, 20);
        dirty[19] = 1;
        assert_eq!(refused(Lane::Input, &dirty), Some(CloseReason::OutOfPhase));
        assert_eq!(refused(Lane::Ordered, &probe), Some(CloseReason::Malformed));
    }

    #[test]
    fn only_a_hello_passes_the_handshake() {
        assert_eq!(refused(Lane::Ordered, &hello(PROTOCOL)), None);
        assert_eq!(
            refused(Lane::Input, &hello(PROTOCOL)),
            Some(CloseReason::OutOfPhase)
        );
        assert_eq!(refused(Lane::Ordered, &[]), Some(CloseReason::Malformed));
        assert_eq!(refused(Lane::Ordered, &[99]), Some(CloseReason::Malformed));
        assert_eq!(
            refused(Lane::Ordered, &[1; 5_000]),
            Some(CloseReason::Oversize)
        );
        let early = encode(&ClientControl::Leave);
        assert_eq!(
            refused(Lane::Ordered, &early),
            Some(CloseReason::OutOfPhase)
        );
    }

    #[test]
    fn another_version_is_named_even_when_the_rest_does_not_decode() {
        let other = hello(PROTOCOL + 1);
        assert_eq!(
            refused(Lane::Ordered, &other),
            Some(CloseReason::ProtocolVersion)
        );
        assert_eq!(
            refused(Lane::Ordered, &other[..3]),
            Some(CloseReason::ProtocolVersion)
        );
    }

    #[test]
    fn a_handshake_has_five_seconds() {
        let handshake = Handshake::new(Instant::from_millis(100));
        assert!(!handshake.is_over(Instant::from_millis(5_099)));
        assert!(handshake.is_over(Instant::from_millis(5_100)));
    }
}
