//! Offers as browsers make them, and offers nobody should make.

use super::*;

/// An offer as Chromium makes it, shortened.
pub(in crate::transport::webrtc) const GOOD: &str = "v=0\r\n\
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n\
s=-\r\n\
t=0 0\r\n\
a=group:BUNDLE 0\r\n\
a=extmap-allow-mixed\r\n\
a=msid-semantic: WMS\r\n\
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
c=IN IP4 0.0.0.0\r\n\
a=candidate:1 1 udp 2113937151 11111111-2222-4333-8444-555555555555.local 50000 typ host\r\n\
a=ice-ufrag:4Ym+\r\n\
a=ice-pwd:nTa4f1E2mPBoeD2cQxY9vKbL\r\n\
a=ice-options:trickle\r\n\
a=fingerprint:sha-256 \
00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\r\n\
a=setup:actpass\r\n\
a=mid:0\r\n\
a=sctp-port:5000\r\n\
a=max-message-size:262144\r\n";

#[test]
fn a_browsers_offer_is_read_and_written_anew() {
    let offer = Offer::parse(GOOD).unwrap();
    assert_eq!(offer.mid, "0");
    assert_eq!(offer.ufrag, "4Ym+");
    assert_eq!(offer.message_bytes_max, 262_144);
    let anew = offer.to_sdp();
    assert!(!anew.contains("candidate"));
    assert_eq!(Offer::parse(&anew), Ok(offer));
    // Bare line ends are fine.
    assert!(Offer::parse(&GOOD.replace("\r\n", "\n")).is_ok());
}

/// What is said of a good offer in which `from` became `to`.
fn said(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    Offer::parse(&GOOD.replace(from, to)).unwrap_err()
}

#[test]
fn each_missing_or_bad_line_is_named() {
    for (from, to, words) in [
        ("v=0", "<html>", "v=0"),
        ("m=application", "x=application", "no media line"),
        ("m=application", "m=audio", "one media line"),
        ("a=ice-ufrag:4Ym+", "a=x", "ice-ufrag"),
        ("4Ym+", "4Y+", "ice-ufrag"),
        ("4Ym+", "4Ym ", "ice-ufrag"),
        ("nTa4f1E2mPBoeD2cQxY9vKbL", "short", "ice-pwd"),
        ("sha-256", "sha-1", "fingerprint"),
        ("00:11:22", "00:11:2", "fingerprint"),
        ("00:11:22:", "00:11:222", "fingerprint"),
        ("00:11:22", "00:11:2g", "fingerprint"),
        ("a=setup:actpass", "a=setup:passive", "setup"),
        ("a=setup:actpass", "a=x", "setup"),
        ("a=mid:0", "a=mid:", "mid"),
        ("a=mid:0", "a=mid:0123456789abcdefg", "mid"),
        ("a=mid:0", "a=mid:0\u{e9}", "mid"),
        ("262144", "many", "max-message-size"),
        ("262144", "99999999999", "max-message-size"),
        ("a=extmap-allow-mixed", "a=ice-lite", "ice-lite"),
    ] {
        let said = said(from, to);
        assert!(said.contains(words), "{from} -> {to}: {said}");
    }
}

#[test]
fn a_second_media_line_is_refused() {
    let two = format!("{GOOD}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n");
    assert!(Offer::parse(&two).unwrap_err().contains("one media line"));
}

#[test]
fn a_crowd_of_candidates_and_an_endless_offer_are_refused() {
    let candidate = "a=candidate:1 1 udp 1 1.1.1.1 1 typ host\r\n";
    let many = format!("{GOOD}{}", candidate.repeat(OFFER_CANDIDATES_MAX));
    assert!(many.len() < OFFER_BYTES_MAX);
    assert!(Offer::parse(&many).unwrap_err().contains("candidates"));
    let thousand = format!("{GOOD}{}", candidate.repeat(1_000));
    assert!(Offer::parse(&thousand).unwrap_err().contains("longer"));
}

#[test]
fn every_cut_is_borne() {
    for end in 0..GOOD.len() {
        // Only the last line may be missing.
        if Offer::parse(&GOOD[..end]).is_ok() {
            assert!(end > GOOD.find("a=mid:0").unwrap(), "{end}");
        }
    }
}

#[test]
fn every_flipped_bit_is_borne_and_what_is_accepted_reads_back() {
    for bit in 0..GOOD.len() * 8 {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        if let Ok(offer) = Offer::parse(&text) {
            assert_eq!(Offer::parse(&offer.to_sdp()), Ok(offer));
        }
    }
}
