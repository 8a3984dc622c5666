//! One valid packet of every kind, always the same: for goldens and as the start of fuzzing.
//!
//! Values are chosen to fill every field, not to make sense together.

mod talk;

use std::sync::Arc;

use tickwire_server::engine::replication::ReplicationConfig;
use tickwire_shared::ack::Ack;
use tickwire_shared::bits::BitWriter;
use tickwire_shared::close::CloseReason;
use tickwire_shared::conditioner::Network;
use tickwire_shared::delta::{EventRow, Tables, events::put_event};
use tickwire_shared::id::{AccountId, EntityId, KindId, LogId, PlayerId, SessionId, Tick};
use tickwire_shared::input::{InputPacket, Shown, store_row};
use tickwire_shared::limits::ROW_WORDS_MAX;
use tickwire_shared::schema::{Level, Schema};
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ClientControl, Credential, HandshakeReply, Hello, LogCursor, PROTOCOL,
    Refuse, Resume, Role, RoomRequest, RosterEntry, Sample, SampleResult, ServerControl, Token,
    Welcome, encode, encode_probe,
};

use crate::games::SimGame;
use crate::games::sandbox::{Intent, Sandbox};
use crate::shadow::Shadow;
use crate::stage::schema;

pub use talk::{client_talk, server_talk, typing};

/// A packet and what to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name, good for a file.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Snapshot packets that one client was sent, oldest first, with what decodes them.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The sandbox's schema.
    pub schema: Arc<Schema>,
    /// The code tables.
    pub tables: Arc<Tables>,
    /// Whose packets.
    pub seat: PlayerId,
    /// The packets.
    pub packets: Vec<Vec<u8>>,
}

fn named(name: &str, bytes: Vec<u8>) -> Named {
    Named {
        name: name.to_owned(),
        bytes,
    }
}

/// First packets of a link, both ways.
#[must_use]
pub fn handshake() -> Vec<Named> {
    let schema = schema::<Sandbox>();
    let resume = Resume {
        session: SessionId(7),
        token: Token([0xA5; 16]),
    };
    let hello = |room, resume| Hello {
        protocol: PROTOCOL,
        schema_hash: schema.hash,
        name: BoundedStr::cut("Zoë"),
        room,
        resume,
        who: Credential::Return {
            key: Token([0xC3; 16]),
        },
        cursors: BoundedVec::of_first([LogCursor {
            log: LogId(77),
            epoch: 3,
            next: 300,
        }]),
    };
    let refuse = Refuse {
        reason: CloseReason::SchemaMismatch.number(),
        detail: BoundedStr::cut("update the older one"),
        schema: BoundedStr::cut("schema 1\n"),
    };
    let named_room = RoomRequest::Named(BoundedStr::cut("main"));
    vec![
        named("hello_any", encode(&hello(RoomRequest::Any, None))),
        named("hello_named", encode(&hello(named_room, None))),
        named(
            "hello_resume",
            encode(&hello(RoomRequest::Any, Some(resume))),
        ),
        named(
            "welcome",
            encode(&HandshakeReply::Welcome(welcome(&schema))),
        ),
        named("refuse", encode(&HandshakeReply::Refuse(refuse))),
    ]
}

fn welcome(schema: &Schema) -> Welcome {
    let rules = Sandbox::rules(1);
    let mut words = Vec::new();
    store_row(&rules, &schema.rules[0], &mut words);
    Welcome {
        session: SessionId(9),
        resumed: false,
        player: PlayerId(2),
        name: BoundedStr::cut("Zoë 2"),
        room: BoundedStr::cut("main"),
        tick_hz: 60,
        snapshot_every: 1,
        tick: Tick(1_234),
        seed: 0x0123_4567_89AB_CDEF,
        rules_kind: 0,
        rules: BoundedVec::of_first(words),
        // The tables have a golden of their own.
        tables: BoundedVec::of_first([1, 2, 3]),
        token: Token([0x5A; 16]),
        grace_millis: 30_000,
        account: AccountId(0x1234_5678),
        role: Role::Moderator,
        return_key: Token([0x3C; 16]),
        pen: 0x8765_4321,
    }
}

/// What a live client says on the Ordered lane.
#[must_use]
pub fn client_control() -> Vec<Named> {
    let id = EntityId {
        slot: 33,
        generation: 5,
    };
    let sample = Sample::of(id, Tick(1_200), Level::Full, KindId(1), &[1, 2, 3]);
    let samples = BoundedVec::of_first([sample.clone(), sample]);
    vec![
        named("client_check", encode(&ClientControl::Check { samples })),
        named(
            "client_ping",
            encode(&ClientControl::Ping { nonce: 0xDEAD_BEEF }),
        ),
        named("client_leave", encode(&ClientControl::Leave)),
        named("client_away", encode(&ClientControl::Away { away: true })),
        named("client_back", encode(&ClientControl::Away { away: false })),
    ]
    .into_iter()
    .chain(client_talk())
    .collect()
}

/// What the server says to a live client on the Ordered lane.
#[must_use]
pub fn server_control() -> Vec<Named> {
    let all = people().into_iter().chain(figures());
    all.map(|(name, control)| named(&format!("server_{name}"), encode(&control)))
        .chain(server_talk())
        .collect()
}

/// The roster.
fn people() -> [(&'static str, ServerControl); 3] {
    let entry = RosterEntry {
        player: PlayerId(2),
        name: BoundedStr::cut("Zoë"),
        account: AccountId(0x1234_5678),
        role: Role::Moderator,
    };
    let players = BoundedVec::of_first([entry.clone()]);
    let (player, more) = (PlayerId(3), false);
    [
        ("roster", ServerControl::Roster { players, more }),
        ("joined", ServerControl::Joined(entry)),
        ("left", ServerControl::Left { player }),
    ]
}

/// Checks, events, pings and ends.
fn figures() -> [(&'static str, ServerControl); 5] {
    let field = BoundedStr::cut("Walker.pos");
    let differs = SampleResult::Differs { field };
    let results = BoundedVec::of_first([SampleResult::Equal, differs, SampleResult::Unknown]);
    let bytes = BoundedVec::of_first(late_events());
    let (nonce, tick) = (0xDEAD_BEEF, Tick(1_260));
    let (millis, reason) = (10_000, CloseReason::Draining.number());
    [
        ("checked", ServerControl::Checked { results }),
        ("events", ServerControl::Events { bytes }),
        ("pong", ServerControl::Pong { nonce, tick }),
        ("draining", ServerControl::Draining { millis }),
        ("bye", ServerControl::Bye { reason }),
    ]
}

/// Events as they travel on the Ordered lane.
#[must_use]
pub fn late_events() -> Vec<u8> {
    let schema = schema::<Sandbox>();
    let mut out = BitWriter::new();
    out.put(1_240, 32);
    for (sequence, kind) in [(65_535u16, 0u8), (0, 1)] {
        let mut words = [0; ROW_WORDS_MAX];
        words[0] = 3;
        let own = (kind == 0).then_some(1);
        let event = EventRow {
            tick: Tick(1_200),
            kind: KindId(kind),
            words,
            own,
        };
        let spec = &schema.events[usize::from(kind)];
        out.put_bool(true);
        put_event(&mut out, spec, Tick(1_240), sequence, &event);
    }
    out.put_bool(false);
    out.finish().to_vec()
}

/// Probes, from the shortest to the longest.
#[must_use]
pub fn probes() -> Vec<Named> {
    let lengths = [(0, "short"), (300, "usual"), (usize::MAX, "long")];
    let probe = |(bytes, name)| named(&format!("probe_{name}"), encode_probe(0xDEAD_BEEF, bytes));
    lengths.into_iter().map(probe).collect()
}

/// Input packets: one input, and a batch with equal neighbours and a holed ack.
#[must_use]
pub fn inputs() -> Vec<Named> {
    let schema = schema::<Sandbox>();
    let row = |stamp| {
        let mut words = Vec::new();
        let walk = tickwire_shared::glam::Vec2::new(0.5, -1.0);
        let intent = Intent {
            walk,
            aim: 1.0,
            fire: stamp == 2,
            dash: false,
            stamp,
        };
        store_row(&intent, &schema.input, &mut words);
        words
    };
    let packet = |ack, shown, rows: &[u8]| {
        let words = rows.iter().flat_map(|stamp| row(*stamp)).collect();
        let count = rows.len() as u8;
        let packet = InputPacket {
            ack,
            shown,
            newest: Tick(1_300),
            count,
            words,
        };
        let mut out = BitWriter::new();
        packet.encode(&schema.input, &mut out);
        out.finish().to_vec()
    };
    let holed = Ack {
        newest: Tick(1_290),
        complete: !0b101,
        parts: [0b10, 0, 0b1, 0],
    };
    let shown = Some(Shown {
        tick: Tick(1_280),
        fraction_256: 77,
    });
    vec![
        named("input_one", packet(Ack::default(), None, &[1])),
        named("input_batch", packet(holed, shown, &[3, 3, 2, 1])),
    ]
}

/// What the first of three clients is sent in the first `ticks` ticks of a sandbox.
#[must_use]
pub fn snapshots(ticks: u32) -> Recording {
    let seat = PlayerId(0);
    let config = ReplicationConfig {
        packet_bytes_max: 400,
        ..ReplicationConfig::default()
    };
    let (schema, networks) = (schema::<Sandbox>(), [Network::LAN; 3]);
    let tables = Arc::new(Tables::default_for(&schema));
    let (ours, theirs) = (Arc::clone(&schema), Arc::clone(&tables));
    let mut shadow = Shadow::<Sandbox>::with(ours, theirs, 11, &networks, config);
    shadow.recorded = Some((seat, Vec::new()));
    shadow.run(ticks);
    let packets = shadow
        .recorded
        .map(|recorded| recorded.1)
        .unwrap_or_default();
    Recording {
        schema,
        tables,
        seat,
        packets,
    }
}
