//! Every kind of bad input, at every phase and lane of a link, through the engine as it stands.
//!
//! What must hold for each packet is asserted by the lobby's fuzz target: no panic, the link of a
//! stranger closes, nobody else notices. Sockets have their own tests.

use std::collections::BTreeSet;

use tickwire_shared::bits::BitWriter;
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::{Lane, LinkId, Tick};
use tickwire_shared::input::InputPacket;
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{ClientControl, HandshakeReply, Hello, Message, decode, encode};
use tickwire_tests::fuzz::mutate::splice;
use tickwire_tests::fuzz::{ack, input, lobby};
use tickwire_tests::games::sandbox::Sandbox;
use tickwire_tests::log::LogHash;
use tickwire_tests::oracles::ChatBook;
use tickwire_tests::route::Route;
use tickwire_tests::samples::{
    Named, client_control, client_talk, handshake, inputs, server_control,
};
use tickwire_tests::sim::{Peer, Plan, Sent, Server};
use tickwire_tests::stage::schema;

/// Choices of the lobby's target: two links by three lanes.
const CHOICES: u8 = 6;

/// Counts of random kinds: full in an optimised build.
fn count(full: u64) -> u64 {
    if cfg!(debug_assertions) {
        full / 50
    } else {
        full
    }
}

fn samples() -> Vec<Vec<u8>> {
    let all = [handshake(), client_control(), server_control(), inputs()];
    all.into_iter()
        .flatten()
        .map(|Named { bytes, .. }| bytes)
        .collect()
}

/// Tries a packet on both links and all lanes.
fn everywhere(packet: &[u8]) {
    for choice in 0..CHOICES {
        lobby::target(&[&[choice], packet].concat());
    }
}

/// Tries a packet on one link and lane, in turn.
fn somewhere(turn: u64, packet: &[u8]) {
    lobby::target(&[&[(turn % u64::from(CHOICES)) as u8], packet].concat());
}

#[test]
fn empty_and_one_byte() {
    everywhere(&[]);
    (0..=255).for_each(|byte| everywhere(&[byte]));
}

#[test]
fn truncated_at_each_offset() {
    for packet in samples() {
        (0..packet.len()).for_each(|end| everywhere(&packet[..end]));
    }
}

#[test]
fn every_single_bit_flipped() {
    for mut packet in samples() {
        for bit in 0..packet.len() * 8 {
            packet[bit / 8] ^= 1 << (bit % 8);
            everywhere(&packet);
            packet[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// A number as bincode's variable-length integers write it, in its widest form that fits.
fn varint(number: u64) -> Vec<u8> {
    match number {
        0..=250 => vec![number as u8],
        251..=0xFFFF => [&[251], &(number as u16).to_le_bytes()[..]].concat(),
        0x1_0000..=0xFFFF_FFFF => [&[252], &(number as u32).to_le_bytes()[..]].concat(),
        _ => [&[253], &number.to_le_bytes()[..]].concat(),
    }
}

#[test]
fn length_fields_of_every_size() {
    let lengths = [
        0,
        1,
        31,
        32,
        33,
        511,
        512,
        513,
        1 << 16,
        0xFFFF_FFFF,
        1 << 63,
        u64::MAX,
    ];
    for packet in samples() {
        for at in 0..packet.len() {
            for length in lengths {
                let bomb = [&packet[..at], &varint(length), &packet[at + 1..]].concat();
                everywhere(&bomb);
            }
        }
    }
}

#[test]
fn every_version_and_kind() {
    let hello = &handshake()[0].bytes;
    for number in 0..=u16::MAX {
        let mut other = hello.clone();
        other[0] = number as u8;
        other.splice(1..2, varint(u64::from(number)));
        somewhere(u64::from(number), &other);
    }
}

#[test]
fn oversize() {
    for length in (1_101..65_508).step_by(97) {
        for mut packet in samples() {
            packet.resize(length, 0);
            somewhere(length as u64, &packet);
        }
        everywhere(&vec![0x11; length]);
    }
}

#[test]
fn random_bytes() {
    for seed in 0..count(300_000) {
        let mut rng = Rng::of(seed, &[20]);
        let length = 1 + rng.below(1_500);
        let packet: Vec<u8> = (0..length).map(|_| rng.next_u32() as u8).collect();
        somewhere(seed, &packet);
    }
}

#[test]
fn two_packets_spliced() {
    let samples = samples();
    for seed in 0..count(200_000) {
        let mut rng = Rng::of(seed, &[21]);
        let mut pick = || &samples[rng.below(samples.len() as u32) as usize];
        let (left, right) = (pick(), pick());
        somewhere(seed, &splice(&mut rng, left, right));
    }
}

#[test]
fn hostile_texts() {
    let pieces: [&[u8]; 12] = [
        b"\0",
        b"\xFF",
        b"\xC0\x80",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        "\u{202E}".as_bytes(),
        "\u{200B}".as_bytes(),
        "\u{1F480}".as_bytes(),
        b"\x1b[2J",
        b"${jndi:x}",
        b"%n",
        b"a",
    ];
    let said = "waves, wörld".as_bytes();
    let lines = client_talk().into_iter().map(|sample| sample.bytes);
    let chat = lines
        .filter(|bytes| bytes.ends_with(said))
        .min_by_key(Vec::len)
        .expect("a line");
    let hello = &handshake()[0].bytes;
    let name_at = hello
        .windows(4)
        .position(|four| four == "Zoë".as_bytes())
        .expect("its name");
    let text_at = chat.len() - said.len();
    for seed in 0..count(50_000) {
        let mut rng = Rng::of(seed, &[22]);
        let pieces = (0..rng.below(9)).map(|_| pieces[rng.below(12) as usize]);
        let text: Vec<u8> = pieces.flatten().copied().collect();
        let length = varint(text.len() as u64);
        let name = [&hello[..name_at - 1], &length, &text, &hello[name_at + 4..]].concat();
        let line = [&chat[..text_at - 1], &length, &text].concat();
        everywhere(&name);
        everywhere(&line);
    }
}

#[test]
fn inputs_out_of_range() {
    let schema = schema::<Sandbox>();
    let good = InputPacket::decode(&inputs()[1].bytes, &schema.input).expect("a sample");
    let mut refused = 0;
    for (at, word) in (0..good.words.len()).map(|at| (at, at % schema.input.words.len())) {
        let spec = &schema.input.words[word];
        let most = ((1u64 << spec.bits) - 1) as u32;
        for bad in [spec.max.wrapping_add(1), most]
            .into_iter()
            .filter(|bad| *bad > spec.max)
        {
            let mut packet = good.clone();
            packet.words[at] = bad;
            let mut out = BitWriter::new();
            packet.encode(&schema.input, &mut out);
            let bytes = out.finish();
            refused += u32::from(InputPacket::decode(bytes, &schema.input).is_err());
            input::target(bytes);
            everywhere(bytes);
        }
    }
    assert!(
        refused > 0,
        "no field of the test input can be out of range"
    );
}

#[test]
fn ticks_and_acks_from_nowhere() {
    let schema = schema::<Sandbox>();
    let good = InputPacket::decode(&inputs()[1].bytes, &schema.input).expect("a sample");
    for seed in 0..count(200_000) {
        let mut rng = Rng::of(seed, &[23]);
        let mut packet = good.clone();
        packet.newest = Tick(rng.next_u32().max(u32::from(packet.count)));
        packet.ack.newest = Tick(rng.next_u32());
        packet.ack.complete = rng.next_u64();
        let mut out = BitWriter::new();
        packet.encode(&schema.input, &mut out);
        somewhere(1 + 2 * seed, out.finish());
        let mut lie = BitWriter::new();
        packet.ack.encode(&mut lie);
        ack::target(lie.finish());
    }
}

#[test]
fn a_packet_of_another_phase_is_named_so() {
    let reason = |packet: &[u8], live: bool| Siege::new(1).reason_for(packet, live);
    for Named { name, bytes } in client_control() {
        assert_eq!(
            reason(&bytes, false),
            Some(CloseReason::OutOfPhase),
            "{name} before a hello"
        );
    }
    let hello = &handshake()[0].bytes;
    assert_eq!(
        reason(hello, true),
        Some(CloseReason::OutOfPhase),
        "a second hello"
    );
    assert_eq!(
        reason(&[Hello::KIND; Hello::BYTES_MAX + 1], false),
        Some(CloseReason::Oversize)
    );
    assert_eq!(reason(&[], true), Some(CloseReason::Malformed));
    assert_eq!(
        reason(&encode(&ClientControl::Ping { nonce: 1 }), true),
        None
    );
}

/// A server with one honest player, and links that attack it.
struct Siege {
    server: Server<Sandbox>,
    honest: Peer<Sandbox>,
    chat: ChatBook,
    log: LogHash,
    now: Instant,
    links: u64,
    closed: BTreeSet<LinkId>,
    hashes: Vec<u64>,
}

impl Siege {
    fn new(seed: u64) -> Siege {
        let mut server = Server::new(seed, Plan::default());
        let route = Route::new(Network::LAN, seed);
        let honest = Peer::new(0, seed, route, Default::default(), Instant(0));
        server.opened(Instant(0), honest.link, &mut |_, sent| {
            panic!("closed at once: {sent:?}")
        });
        Siege {
            server,
            honest,
            chat: ChatBook::default(),
            log: LogHash::default(),
            now: Instant(0),
            links: 1_000,
            closed: BTreeSet::new(),
            hashes: Vec::new(),
        }
    }

    /// A sixtieth of a second of ordinary life.
    fn tick(&mut self) {
        self.now = self.now + core::time::Duration::from_micros(16_667);
        let (honest, closed, now) = (&mut self.honest, &mut self.closed, self.now);
        let mut sink = |link, sent: Sent<'_>| match sent {
            Sent::Packet(lane, bytes) if link == honest.link => {
                honest.route.send_down(now, lane, bytes.to_vec());
            }
            Sent::Close(reason) => {
                assert_ne!(link, honest.link, "the honest player was closed: {reason}");
                closed.insert(link);
            }
            Sent::Packet(..) => {}
        };
        if self.server.due().is_some_and(|due| due <= now) {
            self.server.tick(now, &mut sink);
        }
        while let Some((lane, bytes)) = self.honest.route.poll_up(now) {
            self.send(self.honest.link, lane, &bytes);
        }
        self.honest
            .receive(now, self.server.mirror(), &mut self.log);
        self.honest.frame(now, &mut self.chat, &mut self.log);
        self.hashes.push(self.server.mirror().hash());
    }

    fn open(&mut self) -> LinkId {
        self.links += 1;
        let link = LinkId(self.links);
        self.server.opened(self.now, link, &mut |_, _| {});
        link
    }

    /// Sends bytes on a link; what comes back to that link on the Ordered lane.
    fn send(&mut self, link: LinkId, lane: Lane, bytes: &[u8]) -> Vec<Vec<u8>> {
        let (honest, closed, now) = (&mut self.honest, &mut self.closed, self.now);
        let mut back = Vec::new();
        self.server
            .receive(now, link, lane, bytes, &mut |to, sent| match sent {
                Sent::Packet(lane, bytes) if to == honest.link => {
                    honest.route.send_down(now, lane, bytes.to_vec());
                }
                Sent::Packet(_, bytes) if to == link => back.push(bytes.to_vec()),
                Sent::Packet(..) => {}
                Sent::Close(reason) => {
                    assert_eq!(
                        to, link,
                        "a link was closed for what another sent: {reason}"
                    );
                    closed.insert(link);
                }
            });
        back
    }

    /// A new link that is in.
    fn join(&mut self) -> LinkId {
        let link = self.open();
        let back = self.send(link, Lane::Ordered, &handshake()[0].bytes);
        let welcomed = back.first().is_some_and(|bytes| {
            matches!(
                decode::<HandshakeReply>(bytes),
                Ok(HandshakeReply::Welcome(_))
            )
        });
        assert!(welcomed, "a good hello is welcome");
        link
    }

    /// Why the server closes a link that sends this; `None` when it does not.
    fn reason_for(&mut self, packet: &[u8], live: bool) -> Option<CloseReason> {
        let link = if live { self.join() } else { self.open() };
        let mut reason = None;
        self.server
            .receive(self.now, link, Lane::Ordered, packet, &mut |to, sent| {
                if let (true, Sent::Close(why)) = (to == link, sent) {
                    reason = Some(why);
                }
            });
        reason
    }
}

/// I11: strangers who never say a good hello leave the world as it would be without them.
#[test]
fn strangers_change_nothing() {
    const TICKS: u64 = 400;
    let (mut calm, mut siege) = (Siege::new(5), Siege::new(5));
    let samples = samples();
    let hello = handshake()[0].bytes.clone();
    let mut rng = Rng::new(24);
    for _ in 0..TICKS {
        calm.tick();
        siege.tick();
        for _ in 0..count(10_000) / TICKS + 1 {
            let packet = &samples[rng.below(samples.len() as u32) as usize];
            let mut packet = splice(&mut rng, packet, packet);
            if rng.chance(0.3) {
                packet.truncate(rng.below(packet.len().max(1) as u32) as usize);
            }
            if packet.starts_with(&[Hello::KIND]) && decode::<Hello>(&packet).is_ok() {
                continue;
            }
            let link = siege.open();
            siege.send(link, Lane::Ordered, &packet);
            assert!(
                siege.closed.remove(&link),
                "a stranger with {packet:?} was not closed"
            );
            let back = siege.send(link, Lane::Ordered, &hello);
            assert!(back.is_empty(), "a closed link was answered");
        }
    }
    assert_eq!(calm.hashes, siege.hashes, "I11: the world is another one");
    assert_eq!(
        siege.server.lobby().links(),
        1,
        "I10: links of strangers are left"
    );
    assert_eq!(siege.server.lobby().sessions(), 1);
    assert!(
        siege.honest.checked.rows > 1_000,
        "{:?}",
        siege.honest.checked
    );
}

/// T-G1 and replays: a player who floods is closed in the end; others keep their pace.
#[test]
fn a_flood_of_inputs_closes_only_the_flooder() {
    let mut siege = Siege::new(6);
    (0..60).for_each(|_| siege.tick());
    let flooder = siege.join();
    let replayed = &inputs()[1].bytes;
    let mut ticks = 0;
    while !siege.closed.contains(&flooder) && ticks < 60 * 30 {
        siege.tick();
        ticks += 1;
        for _ in 0..333 {
            siege.send(flooder, Lane::Input, replayed);
        }
    }
    assert!(
        siege.closed.contains(&flooder),
        "20,000 datagrams a second for 30 s"
    );
    (0..60).for_each(|_| siege.tick());
    let stats = siege.honest.client.stats();
    assert_eq!(stats.unexplained_mispredictions, 0);
    let newest = siege.honest.newest();
    assert!(
        siege.server.mirror().tick().since(newest) < 6,
        "the honest player is behind"
    );
}

/// A wrong or used token takes up nobody's session.
#[test]
fn guessed_tokens_take_nothing() {
    let mut siege = Siege::new(7);
    (0..60).for_each(|_| siege.tick());
    let mut hello: Hello = decode(&handshake()[2].bytes).expect("a sample");
    for seed in 0..count(5_000) {
        let mut rng = Rng::of(seed, &[25]);
        let resume = hello.resume.as_mut().expect("it resumes");
        resume.session.0 = u64::from(rng.below(4));
        resume.token.0 = std::array::from_fn(|_| rng.next_u32() as u8);
        let link = siege.open();
        siege.send(link, Lane::Ordered, &encode(&hello));
        assert!(siege.closed.contains(&link), "a guessed token was let in");
        if seed % 64 == 0 {
            siege.tick();
        }
    }
    assert_eq!(siege.server.counts().resumed, 0);
    assert_eq!(siege.server.lobby().sessions(), 1);
}
