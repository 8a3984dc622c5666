//! A client's side of ICE, DTLS and SCTP as an attacker has it in hand, without a way to send.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use str0m::crypto::dtls::{DtlsInstance, DtlsOutput, DtlsVersion};
use str0m::ice::{StunMessage, TransId};

use super::super::*;
use super::sctp;
use crate::transport::webrtc::offer::tests::GOOD;

/// The tag the client chose for packets to it, and the number of its first chunk.
const TAG: u32 = 7;
const FIRST_TSN: u32 = 1_000;

/// The fragment and the password in [`GOOD`].
const FRAGMENT: &str = "4Ym+";
const PASSWORD: &str = "nTa4f1E2mPBoeD2cQxY9vKbL";

pub(in crate::transport::webrtc) struct Client {
    dtls: Box<dyn DtlsInstance>,
    crypto: CryptoProvider,
    /// What it offers.
    pub(in crate::transport::webrtc) offer: String,
    /// User and password for STUN, once there is an answer.
    user: String,
    password: String,
    /// What the server sent, out of DTLS.
    arrived: VecDeque<Vec<u8>>,
    connected: bool,
    /// The server's tag.
    tag: u32,
    tsn: u32,
    /// The number of the next message of each stream.
    numbers: BTreeMap<u16, u16>,
}

impl Client {
    pub(in crate::transport::webrtc) fn new(now: Instant) -> Client {
        let crypto = from_feature_flags();
        let certificate = crypto.dtls_provider.generate_certificate().unwrap();
        let digest = crypto.sha256_provider.sha256(&certificate.certificate);
        let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        let start = GOOD.find("sha-256 ").unwrap() + 8;
        let offer = format!("{}{}{}", &GOOD[..start], hex.join(":"), &GOOD[start + 95..]);
        let provider = crypto.dtls_provider;
        let dtls = provider.new_dtls(&certificate, now, DtlsVersion::Dtls12, None);
        Client {
            dtls: dtls.unwrap(),
            offer,
            user: String::new(),
            password: String::new(),
            arrived: VecDeque::new(),
            connected: false,
            tag: 0,
            tsn: FIRST_TSN,
            numbers: BTreeMap::new(),
            crypto,
        }
    }

    pub(in crate::transport::webrtc) fn take_answer(&mut self, answer: &str) {
        let value = |name: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        self.user = format!("{}:{FRAGMENT}", value("a=ice-ufrag:"));
        self.password = value("a=ice-pwd:");
    }

    /// The number of the next chunk of data.
    pub(in crate::transport::webrtc) fn tsn(&self) -> u32 {
        self.tsn
    }

    /// Whether DTLS is through.
    pub(in crate::transport::webrtc) fn is_connected(&self) -> bool {
        self.connected
    }

    /// The newest packet of SCTP that came, once.
    pub(in crate::transport::webrtc) fn last_arrived(&mut self) -> Option<Vec<u8>> {
        self.arrived.pop_back()
    }

    /// Begins DTLS; the records of it are ready then.
    pub(in crate::transport::webrtc) fn begin(&mut self, now: Instant) {
        self.dtls.set_active(true);
        self.dtls.handle_timeout(now).unwrap();
        let _ = self.dtls.handle_packet(&[]);
    }

    pub(in crate::transport::webrtc) fn let_time_pass(&mut self, now: Instant) {
        let _ = self.dtls.handle_timeout(now);
    }

    /// Takes a datagram of the server in.
    pub(in crate::transport::webrtc) fn take(&mut self, bytes: &[u8]) {
        if matches!(bytes.first(), Some(20..=63)) {
            let _ = self.dtls.handle_packet(bytes);
        }
    }

    pub(in crate::transport::webrtc) fn init() -> Vec<u8> {
        sctp::init(TAG, FIRST_TSN)
    }

    /// The chunk that repeats the cookie of the server's INIT ACK.
    pub(in crate::transport::webrtc) fn echo(&mut self, init_ack: &[u8]) -> Vec<u8> {
        let ack = init_ack.get(12..).unwrap();
        self.tag = u32::from_be_bytes(ack[4..8].try_into().unwrap());
        let cookie = sctp::parameter(ack, 7).unwrap();
        sctp::chunk_of(10, 0, cookie)
    }

    /// Makes a packet of chunks; its record is ready then.
    pub(in crate::transport::webrtc) fn push_chunks(&mut self, chunks: &[u8]) {
        let packet = sctp::packet(self.tag, chunks);
        // Too much for one record, or closed by the other side: then it is not sent.
        let _ = self.dtls.send_application_data(&packet);
    }

    /// One message in one chunk.
    pub(in crate::transport::webrtc) fn data(
        &mut self,
        stream: u16,
        kind: u32,
        bytes: &[u8],
    ) -> Vec<u8> {
        let number = self.numbers.entry(stream).or_insert(0);
        let chunk = sctp::data(self.tsn, stream, *number, kind, bytes);
        *number = number.wrapping_add(1);
        self.tsn += 1;
        chunk
    }

    /// A request of STUN that proves itself.
    pub(in crate::transport::webrtc) fn stun(
        &self,
        controlling: bool,
        breaker: u64,
        priority: u32,
        nominate: bool,
    ) -> Vec<u8> {
        let id = TransId::new();
        let user = &self.user;
        let message =
            StunMessage::binding_request(user, id, controlling, breaker, priority, nominate);
        let mut bytes = vec![0; 512];
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let provider = self.crypto.sha1_hmac_provider;
            provider.sha1_hmac(key, parts)
        };
        let password = Some(self.password.as_bytes());
        let len = message.to_bytes(password, &mut bytes, hmac).unwrap();
        bytes.truncate(len);
        bytes
    }

    /// The answer to a question of the server, signed if it is the client's own.
    pub(in crate::transport::webrtc) fn reply(&self, question: &[u8], signed: bool) -> Vec<u8> {
        let id = StunMessage::parse(question).unwrap().trans_id();
        let message = StunMessage::binding_reply(id, "127.0.0.1:7777".parse().unwrap());
        let mut bytes = vec![0; 512];
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let provider = self.crypto.sha1_hmac_provider;
            provider.sha1_hmac(key, parts)
        };
        let password = signed.then_some(PASSWORD.as_bytes());
        let len = message.to_bytes(password, &mut bytes, hmac).unwrap();
        bytes.truncate(len);
        bytes
    }

    /// Records that are ready, once each.
    pub(in crate::transport::webrtc) fn poll_records(&mut self) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        let mut buffer = vec![0; 4_096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                DtlsOutput::Packet(record) => records.push(record.to_vec()),
                DtlsOutput::ApplicationData(data) => self.arrived.push_back(data.to_vec()),
                DtlsOutput::Connected => self.connected = true,
                DtlsOutput::Timeout(_) | DtlsOutput::CloseNotify => return records,
                _ => {}
            }
        }
    }
}

/// How long a question is that this client of a server is asked, at the most.
#[test]
fn the_longest_question_fits() {
    let mut client = Client::new(crate::runtime::clock::instant());
    let long = "f".repeat(96);
    client.offer = (client.offer).replace("a=ice-ufrag:4Ym+", &format!("a=ice-ufrag:{long}"));
    let identity = Identity::new().unwrap();
    let offer = Offer::parse(&client.offer).unwrap();
    let candidate = "127.0.0.1:7777".parse().unwrap();
    let now = crate::runtime::clock::instant();
    let (mut channels, _) = Channels::answer(&offer, candidate, &identity, now).unwrap();
    let number = [0xA5; TRANSACTION_BYTES];
    let question = channels.question(&number).unwrap();
    assert_eq!(question.get(8..20), Some(&number[..]));
    let message = StunMessage::parse(&question).unwrap();
    let hmac = |key: &[u8], parts: &[&[u8]]| client.crypto.sha1_hmac_provider.sha1_hmac(key, parts);
    assert!(message.is_binding_request());
    assert!(message.verify(PASSWORD.as_bytes(), hmac));
    let (receiver, sender) = message.split_username().unwrap();
    assert_eq!((receiver, sender), (&long[..], &channels.user()[..]));
}
