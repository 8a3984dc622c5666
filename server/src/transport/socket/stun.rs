//! What must be read of a STUN message: which user a request is for, and which request an answer
//! answers.
//!
//! Never believes it: the connection checks the integrity of a request, and the number of an
//! answer.
//!
//! ```text
//! message:   | type u16 | length u16 | cookie 0x2112A442 | transaction 12 bytes | attributes |
//! attribute: | type u16 | length u16 | value, padded to 4 bytes |
//! USERNAME:  the answerer's fragment, ':', the offerer's fragment
//! ```

const HEAD_BYTES: usize = 20;
const ATTRIBUTE_HEAD_BYTES: usize = 4;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const USERNAME: [u8; 2] = [0x00, 0x06];

/// A request of the binding method: all that a client of an ICE-lite server sends unasked.
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];

/// The answer to one: what a client says to a question of this server.
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];

/// Bytes of the number that a request and its answer have in common.
pub(in crate::transport) const TRANSACTION_BYTES: usize = 12;

/// Attributes that are looked through at the most. ICE sends USERNAME among the first.
const ATTRIBUTES_MAX: usize = 16;

/// The fragment that names one of this server's connections; `None` for anything that is not a
/// binding request with a user.
pub(super) fn user_of(message: &[u8]) -> Option<&[u8]> {
    if message.get(..2)? != BINDING_REQUEST || message.get(4..8)? != COOKIE {
        return None;
    }
    let mut rest = message.get(HEAD_BYTES..)?;
    for _ in 0..ATTRIBUTES_MAX {
        let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        let value = rest.get(ATTRIBUTE_HEAD_BYTES..ATTRIBUTE_HEAD_BYTES + length)?;
        if rest.get(..2)? == USERNAME {
            let colon = value.iter().position(|byte| *byte == b':')?;
            return value.get(..colon);
        }
        rest = rest.get(ATTRIBUTE_HEAD_BYTES + length.next_multiple_of(4)..)?;
    }
    None
}

/// The number of the request that a message answers; `None` for anything that is no success.
pub(in crate::transport) fn transaction_answered(message: &[u8]) -> Option<&[u8]> {
    if message.get(..2)? != BINDING_SUCCESS || message.get(4..8)? != COOKIE {
        return None;
    }
    message.get(8..HEAD_BYTES)
}

#[cfg(test)]
pub(in crate::transport) mod tests {
    use super::*;

    /// What says that a request with this number arrived.
    pub(in crate::transport) fn response(transaction: &[u8; TRANSACTION_BYTES]) -> Vec<u8> {
        [&BINDING_SUCCESS[..], &[0, 0], &COOKIE, transaction].concat()
    }

    #[test]
    fn an_answer_has_the_number_of_its_request() {
        let good = response(&[9; TRANSACTION_BYTES]);
        assert_eq!(
            transaction_answered(&good),
            Some(&[9; TRANSACTION_BYTES][..])
        );
        for end in 0..good.len() {
            assert_eq!(transaction_answered(&good[..end]), None);
        }
        assert_eq!(transaction_answered(&request("mine:theirs")), None);
    }

    /// A binding request with one attribute before the user's name.
    pub(in crate::transport) fn request(user: &str) -> Vec<u8> {
        let mut attributes = vec![0x80, 0x22, 0, 3, b'a', b'b', b'c', 0];
        attributes.extend_from_slice(&USERNAME);
        attributes.extend_from_slice(&(user.len() as u16).to_be_bytes());
        attributes.extend_from_slice(user.as_bytes());
        attributes.resize(attributes.len().next_multiple_of(4), 0);
        let mut message = BINDING_REQUEST.to_vec();
        message.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
        message.extend_from_slice(&COOKIE);
        message.extend_from_slice(&[7; 12]);
        message.extend_from_slice(&attributes);
        message
    }

    #[test]
    fn finds_the_answerers_fragment() {
        assert_eq!(user_of(&request("mine:theirs")), Some(&b"mine"[..]));
        assert_eq!(user_of(&request(":theirs")), Some(&b""[..]));
        assert_eq!(user_of(&request("nocolon")), None);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_borne() {
        let good = request("mine:theirs");
        for end in 0..good.len() {
            let _ = user_of(good.get(..end).unwrap());
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let _ = user_of(&bad);
        }
        let mut many = request("mine:theirs");
        many.truncate(HEAD_BYTES);
        many.extend([0; 8 * ATTRIBUTES_MAX]);
        assert_eq!(user_of(&many), None);
    }

    #[test]
    fn responses_and_indications_have_no_user() {
        for kind in [[0x01, 0x01], [0x01, 0x11], [0x00, 0x11], [0x00, 0x03]] {
            let mut message = request("mine:theirs");
            message[..2].copy_from_slice(&kind);
            assert_eq!(user_of(&message), None);
        }
    }
}
