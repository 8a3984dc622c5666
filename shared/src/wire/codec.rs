//! Bytes to packets and back, with the checks that bincode alone does not make.
//!
//! Never takes bytes that it would not write: after decoding the packet is encoded again and
//! compared, so that long varints, trailing bytes and the like are refused.

use core::fmt;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use bincode::{BorrowDecode, Decode, Encode};

use crate::id::{AccountId, EntityId, LogId, PlayerId, SessionId, Tick};
use crate::limits::ORDERED_BYTES_MAX;

/// The one configuration: no packet of the Ordered lane is longer than the lane allows.
const CONFIG: Configuration<LittleEndian, Varint, Limit<ORDERED_BYTES_MAX>> =
    bincode::config::standard().with_limit::<ORDERED_BYTES_MAX>();

/// A packet of the Ordered lane.
pub trait Message: Encode + Decode<()> {
    /// Its first byte.
    const KIND: u8;
    /// The most bytes it can have, its first included. Longer ones are not even looked at.
    const BYTES_MAX: usize;
}

/// Why bytes are not the packet that is allowed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// No bytes at all.
    Empty,
    /// The first byte, given here, names a packet that is not allowed here, or none at all.
    Kind(u8),
    /// Longer than such a packet can be.
    TooLong,
    /// A field ends early, is out of range or longer than its bound.
    Malformed,
    /// Not the one encoding of its packet, or bytes follow it.
    NotCanonical,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Empty => write!(f, "a packet without bytes"),
            WireError::Kind(kind) => write!(f, "a packet of kind {kind} is not allowed here"),
            WireError::TooLong => write!(f, "longer than a packet of this kind can be"),
            WireError::Malformed => write!(f, "a field is missing or out of range"),
            WireError::NotCanonical => write!(f, "not the one encoding of this packet"),
        }
    }
}

impl core::error::Error for WireError {}

/// The bytes of a packet, its kind first.
///
/// # Panics
/// Never: the bounds of every field keep each packet below [`ORDERED_BYTES_MAX`] (tested).
#[must_use]
pub fn encode<M: Message>(message: &M) -> Vec<u8> {
    let mut out = Bytes(vec![M::KIND]);
    bincode::encode_into_writer(message, &mut out, CONFIG)
        .expect("writing to memory cannot fail, and no field refuses to be written");
    debug_assert!(out.0.len() <= M::BYTES_MAX, "{} bytes", out.0.len());
    out.0
}

/// The packet these bytes are.
///
/// # Errors
/// [`WireError`] when they are not exactly what [`encode`] writes for some `M`.
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, WireError> {
    let (&kind, body) = bytes.split_first().ok_or(WireError::Empty)?;
    if kind != M::KIND {
        return Err(WireError::Kind(kind));
    }
    if bytes.len() > M::BYTES_MAX {
        return Err(WireError::TooLong);
    }
    let (message, consumed) =
        bincode::decode_from_slice::<M, _>(body, CONFIG).map_err(|_| WireError::Malformed)?;
    if consumed != body.len() {
        return Err(WireError::NotCanonical);
    }
    let mut rest = Rest(body);
    bincode::encode_into_writer(&message, &mut rest, CONFIG)
        .map_err(|_| WireError::NotCanonical)?;
    if rest.0.is_empty() {
        Ok(message)
    } else {
        Err(WireError::NotCanonical)
    }
}

/// The protocol version in bytes that claim to be a [`super::Hello`] of any version.
#[must_use]
pub fn protocol_of_hello(bytes: &[u8]) -> Option<u16> {
    let (&kind, body) = bytes.split_first()?;
    let (protocol, _) = bincode::decode_from_slice::<u16, _>(body, CONFIG).ok()?;
    (kind == super::Hello::KIND).then_some(protocol)
}

struct Bytes(Vec<u8>);

impl Writer for Bytes {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Compares instead of writing: what is left of the bytes that were decoded.
struct Rest<'a>(&'a [u8]);

impl Writer for Rest<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0 = self
            .0
            .strip_prefix(bytes)
            .ok_or(EncodeError::Other("differs"))?;
        Ok(())
    }
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        impl Encode for $name {
            fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
                self.0.encode(e)
            }
        }

        impl<C> Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(
                d: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                Ok($name(Decode::decode(d)?))
            }
        }

        impl<'de, C> BorrowDecode<'de, C> for $name {
            fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
                d: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                Decode::decode(d)
            }
        }
    )*};
}

numbers! { Tick PlayerId SessionId AccountId LogId }

impl Encode for EntityId {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        self.slot.encode(e)?;
        self.generation.encode(e)
    }
}

impl<C> Decode<C> for EntityId {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        d: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        Ok(EntityId {
            slot: Decode::decode(d)?,
            generation: Decode::decode(d)?,
        })
    }
}

impl<'de, C> BorrowDecode<'de, C> for EntityId {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        d: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        Decode::decode(d)
    }
}
