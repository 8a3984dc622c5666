//! Every bound of the core, and what happens when it is hit.
//!
//! A bound that belongs to the server alone stands in the server's own `limits`.

/// Ticks a second at the most. A larger rate does not compile (it is a constant of the game).
pub const TICK_RATE_MAX: u16 = 240;

/// Players in one room at the most. A join beyond is refused: "room full".
pub const SEATS_MAX: u16 = 4_096;

/// Kinds in a schema at the most. More fails the schema lint when the room starts.
pub const KINDS_MAX: usize = 64;

/// Words in one row at the most, hidden ones included. More fails the schema lint.
pub const ROW_WORDS_MAX: usize = 48;

/// Bits of one mirror word at the most. More fails the schema lint.
pub const WORD_BITS_MAX: u8 = 32;

/// Bytes of a schema's canonical text at the most. More fails the schema lint.
pub const SCHEMA_TEXT_BYTES_MAX: usize = 12 * 1_024;

/// Entities (slots) in one room at the most. A spawn beyond returns no entity and is counted.
pub const ENTITIES_MAX: u32 = 1 << 18;

/// Slots in a block, the unit of bookkeeping.
pub const BLOCK_SLOTS: usize = 32;

/// Ticks of mirror history a room keeps. An older baseline is forgotten: the rows enter again.
pub const HISTORY_TICKS: u32 = 64;

/// Entities in a session's prediction group at the most. Owned entities beyond are merely shown.
pub const PREDICTION_GROUP_MAX: usize = 32;

/// Bytes of one unreliable packet at the most: fits every transport. Decoders refuse longer ones.
pub const PACKET_BYTES_MAX: usize = 1_100;

/// Packets a tick to one session at the most. What does not fit waits for the next tick.
pub const PARTS_MAX: usize = 32;

/// Bytes of one packet on the Ordered lane at the most. A longer one closes the link.
pub const ORDERED_BYTES_MAX: usize = 16 * 1_024;

/// Unacked events on the Snapshot lane at the most; past it they go over Ordered.
pub const EVENTS_OUTSTANDING_MAX: usize = 64;

/// Inputs in one input batch at the most. A decoder refuses more.
pub const INPUT_BATCH_MAX: usize = 16;

/// How far ahead of the room's tick an input may be, in ticks. One further ahead is dropped.
pub const INPUT_AHEAD_TICKS_MAX: u32 = 64;

/// Ticks a missing input is replaced by the last known one before it becomes neutral.
pub const INPUT_REPEAT_TICKS_MAX: u32 = 12;

/// Bytes of a player's name in UTF-8. A longer one is refused at the handshake.
pub const NAME_BYTES_MAX: usize = 32;

/// Bytes of a room's name in UTF-8. A longer one is refused at the handshake.
pub const ROOM_NAME_BYTES_MAX: usize = 48;

/// Bytes of one chat message in UTF-8. A longer one is refused with a reason.
pub const CHAT_BYTES_MAX: usize = 512;

/// Chat messages of a room that are kept for late joiners and resumed sessions; the oldest go.
pub const CHAT_HISTORY_MAX: usize = 256;

/// Packets on their way in one direction of a conditioner at the most. A datagram beyond is
/// dropped, a stream gives the packet back.
pub const CONDITIONER_PACKETS_MAX: usize = 8_192;

/// Times a conditioner loses one stream packet in a row at the most; then it passes.
pub const CONDITIONER_RETRANSMISSIONS_MAX: u32 = 8;

/// Bytes that wait to be written on a client's Ordered lane at the most; a packet beyond is refused
/// and the client closes the link, because the server has stopped reading.
pub const LINK_ORDERED_QUEUE_BYTES_MAX: usize = 256 * 1_024;

/// Snapshot packets that wait unread in a client's inbox at the most; the oldest go. Eight ticks of
/// the most packets a tick may have.
pub const LINK_SNAPSHOT_INBOX_MAX: usize = 256;

/// Bytes of Ordered packets that wait unread in a client's inbox at the most; at the bound the link
/// is closed, because none may be dropped.
pub const LINK_ORDERED_INBOX_BYTES_MAX: usize = 1_024 * 1_024;

/// Input packets that wait to be sent at the most; the oldest go, since a newer one repeats them.
pub const LINK_INPUT_QUEUE_MAX: usize = 32;

/// Bytes of Input packets that the network below a link has not taken at the most; a further packet
/// is dropped, since a newer one repeats it.
pub const LINK_INPUT_UNSENT_BYTES_MAX: usize = 4 * 1_024;

/// Orders to dial that wait for the thread of native links at the most; a further one fails. Each
/// replaces the one before it, so that none waits for long.
pub const DIAL_ORDERS_MAX: usize = 16;

/// Hashes of one server's certificates that a client reads at the most: a server has two. Where
/// more are told a native client takes the answer for none, and a page takes the first.
pub const CERTIFICATE_HASHES_MAX: usize = 8;

/// Bytes of an HTTP answer a client reads at the most (an SDP answer, what a server says of
/// itself); a longer one is no answer.
pub const HTTP_ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Rows of one entity a client keeps at the least, so that it can draw between them.
pub const VERSIONS_KEPT: usize = 16;

/// Rows of one entity a client keeps at the most; the oldest go.
pub const VERSIONS_MAX: usize = 96;

/// Measurements of one quantity a client's clock keeps; the oldest go.
pub const CLOCK_SAMPLES_MAX: usize = 128;

/// Predicted ticks a client remembers, and how far it predicts past the confirmed tick at the most.
/// Further ahead it waits for the server.
pub const PREDICT_TICKS_MAX: u32 = 128;

/// Ticks a client steps in one frame at the most. Further behind, as after a pause, it jumps.
pub const FRAME_TICKS_MAX: u32 = 32;

/// Packets a program with frames takes from its link in one frame; the others wait for the next.
pub const PILOT_PACKETS_MAX: usize = 512;

/// Notices of a client about its links that nobody took yet; the oldest go.
pub const NOTICES_MAX: usize = 16;

/// Shown entities a predicted step ended by mistake that are remembered; the oldest go.
pub const GHOSTS_MAX: usize = 64;

/// Predicted events that wait for the server's word; further ones are not predicted.
pub const PREDICTED_EVENTS_MAX: usize = 64;

/// Confirmed ticks after which a predicted event that the server did not tell is rejected.
pub const EVENT_REJECT_TICKS: u32 = 40;

/// Ticks a shown entity is drawn past its newest row at the most; then it stands.
pub const EXTRAPOLATE_TICKS_MAX: u32 = 12;

/// What a client keeps for its caller at the most (events to poll, packets to send); the oldest go.
pub const CLIENT_QUEUE_MAX: usize = 1_024;

/// Bytes of snapshot code tables in the Welcome at the most. A schema that needs more is refused
/// when the server starts.
pub const TABLES_BYTES_MAX: usize = 12 * 1_024;

/// Bytes of the words that go with a refused handshake. Longer ones are cut.
pub const REFUSE_DETAIL_BYTES_MAX: usize = 200;

/// Players in one roster packet at the most. More go into further packets.
pub const ROSTER_BATCH_MAX: usize = 128;

/// Bytes of overflowing events in one Ordered packet at the most. More go into further packets.
pub const EVENTS_BYTES_MAX: usize = 15 * 1_024;

/// Chat lines a client has sent and the server has not acked at the most; further ones are refused.
pub const CHAT_UNACKED_MAX: usize = 64;

/// Ticks between two desync checks of a client.
pub const CHECK_EVERY_TICKS: u32 = 30;

/// Rows in one desync check of a client at the most.
pub const CHECK_ROWS_MAX: usize = 8;

/// Milliseconds after which a client that has no new input sends its last ones again, for the acks.
pub const CLIENT_IDLE_MILLIS: u64 = 50;

/// The same while the player is away: just enough to keep baselines young.
pub const CLIENT_AWAY_MILLIS: u64 = 1_000;

/// Snapshot packets a client decodes between two frames at the most. Further ones wait for the next
/// frame, the newest [`BACKLOG_PACKETS_MAX`] of them.
pub const FRAME_PACKETS_MAX: usize = 64;

/// Snapshot packets that wait for a client's next frame at the most; the oldest go, unread.
pub const BACKLOG_PACKETS_MAX: usize = 32;

/// Chat lines in one packet of history at the most. More go into further packets.
pub const HISTORY_BATCH_MAX: usize = 24;

/// Bytes of an admission token at the most. A longer one is refused at the handshake.
pub const ADMISSION_BYTES_MAX: usize = 2_048;

/// Logs a client may say where it stands in when it comes back, the ones it used last. For others
/// it starts at their tail.
pub const CURSORS_MAX: usize = 64;

/// Bytes of a group's name in UTF-8. A longer one is refused.
pub const GROUP_NAME_BYTES_MAX: usize = 48;

/// Bytes of one reaction in UTF-8: one sign with what belongs to it. A longer one is refused.
pub const REACTION_BYTES_MAX: usize = 40;

/// Different reactions to one line at the most. A further one is refused.
pub const REACTIONS_MAX: usize = 16;

/// Bytes of the reason of a report or of a sanction in UTF-8. A longer one is refused.
pub const REASON_BYTES_MAX: usize = 200;

/// Receipts, members, presences or neighbours in one packet at the most. More go into further
/// packets.
pub const PEOPLE_BATCH_MAX: usize = 64;

/// Lines of a client on their way to the server at the most; further ones wait for an answer.
pub const CHAT_FLYING_MAX: usize = 10;

/// Events that one packet of chat may bring at the most. A client whose queue has no room for so
/// many ends its link before it uses the packet, and gets it again on the next one.
pub const TALK_EVENTS_MAX: usize = 2 * HISTORY_BATCH_MAX + 16;

/// Lines that were not taken and that a client keeps to say them again; the oldest go.
pub const CHAT_REFUSED_MAX: usize = 16;

/// Logs a client knows at the most; the one that was used least lately goes, an open one last.
pub const TALK_LOGS_MAX: usize = 1_024;

/// Members, receipts, invitations, players seen present, and players blocked or followed that a
/// client knows at the most, in each list; further ones are not noted.
pub const TALK_PEOPLE_MAX: usize = 1_024;

/// Own lines, and those of players who are blocked, after the last one read that a client tells
/// from others in a log; the oldest go, and count as unread.
pub const TALK_OWN_MAX: usize = 256;

/// Questions of a client to chat that wait for an answer at the most; a further one is not asked.
pub const ASKS_MAX: usize = 64;

/// Milliseconds between two marks of a client in one log.
pub const MARK_MILLIS: u64 = 1_000;

/// Pulls and marks of a client a second, of all logs together. What is more waits: a server closes
/// the link of a client that says more than it takes, however short the way to it is.
pub const TALK_PACE_PER_SECOND: u32 = 20;

/// The same at once.
pub const TALK_PACE_BURST: u32 = 40;

/// Milliseconds for which a client keeps a line back on a new link until its log is open; then the
/// server shall judge it.
pub const REOPEN_MILLIS: u64 = 3_000;

/// Milliseconds between two packets that say that a player writes in one log.
pub const TYPING_MILLIS: u64 = 2_000;

/// Milliseconds for which somebody is shown to write after such a packet.
pub const TYPIST_MILLIS: u64 = 5_000;

/// Players shown to write at the same time, over all logs; a further one is not shown.
pub const TYPISTS_MAX: usize = 256;

/// Packets about writing that wait to be sent at the most; a further one is not sent.
pub const TYPING_QUEUE_MAX: usize = 8;

/// Links of one line that are shown as such at the most. Further ones are plain text.
pub const LINKS_SHOWN_MAX: usize = 8;
