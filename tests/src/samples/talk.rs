//! One packet of every kind of chat.
//!
//! Values are chosen to fill every field, not to make sense together.

use tickwire_shared::id::{AccountId, LogId, Tick};
use tickwire_shared::wire::{
    Address, Ask, BoundedStr, BoundedVec, ChatCommand, ChatNews, ChatRefusal, ClientControl, Line,
    Manner, Member, Neighbour, Presence, Reaction, Receipt, Role, Sanction, Scope, ServerControl,
    Standing, Status, Whom, encode, encode_typing, encode_typist,
};

use super::{Named, named};

const LOG: LogId = LogId(0x1_0000_0001);
const ZOE: AccountId = AccountId(0x1234_5678);

fn cut<const N: usize>(text: &str) -> BoundedStr<N> {
    BoundedStr::cut(text)
}

fn whom() -> Whom {
    Whom::Name(cut("Zoë"))
}

/// What a client asks of chat.
#[must_use]
pub fn client_talk() -> Vec<Named> {
    let all = lines().into_iter().chain(requests()).chain(asks());
    all.map(|(name, command)| {
        let control = ClientControl::Talk(command);
        named(&format!("client_{name}"), encode(&control))
    })
    .collect()
}

fn lines() -> Vec<(&'static str, ChatCommand)> {
    let to = [
        ("say_room", Address::Room),
        ("say_team", Address::Team),
        ("say_near", Address::Near),
        ("say_whisper", Address::Whisper(whom())),
        ("say_account", Address::Whisper(Whom::Account(ZOE))),
        ("say_log", Address::Log(LOG)),
        ("say_server", Address::Server),
    ];
    let say = |(name, to)| {
        let say = ChatCommand::Say {
            client_id: 0x8765_4321_0000_000C,
            to,
            manner: Manner::Emote,
            text: cut("waves, wörld"),
        };
        (name, say)
    };
    to.into_iter().map(say).collect()
}

fn requests() -> [(&'static str, ChatCommand); 4] {
    let (log, offset, before) = (LOG, 1_001, 900);
    let (delivered, read) = (1_002, 1_000);
    let (sign, on) = (cut("👍"), true);
    [
        ("pull", ChatCommand::Pull { log }),
        ("page", ChatCommand::Page { log, before }),
        (
            "mark",
            ChatCommand::Mark {
                log,
                delivered,
                read,
            },
        ),
        (
            "react",
            ChatCommand::React {
                log,
                offset,
                sign,
                on,
            },
        ),
    ]
}

fn asks() -> Vec<(&'static str, ChatCommand)> {
    let (log, whom, on) = (LOG, whom(), true);
    let (offset, why) = (1_001, cut("spam"));
    let mute = Ask::Sanction {
        whom: whom.clone(),
        sanction: Sanction::Mute,
        seconds: 600,
        why: cut("spam"),
    };
    let invite = Ask::Invite {
        log,
        whom: whom.clone(),
    };
    let block = Ask::Block {
        whom: whom.clone(),
        on,
    };
    let all = vec![
        ("ask_party", Ask::Party),
        ("ask_group", Ask::Group { name: cut("owls") }),
        ("ask_invite", invite),
        ("ask_accept", Ask::Accept { log }),
        ("ask_leave", Ask::Leave { log }),
        ("ask_block", block),
        ("ask_follow", Ask::Follow { whom, on }),
        ("ask_report", Ask::Report { log, offset, why }),
        ("ask_sanction", mute),
        ("ask_slow", Ask::SlowMode { log, seconds: 30 }),
    ];
    let ask = |(name, what)| (name, ChatCommand::Ask { ask: 7, what });
    all.into_iter().map(ask).collect()
}

/// What a client is told of chat.
#[must_use]
pub fn server_talk() -> Vec<Named> {
    let all = opened().into_iter().chain(told()).chain(people());
    let all = all.chain(neighbours());
    all.map(|(name, news)| {
        let control = ServerControl::Talk(news);
        named(&format!("server_{name}"), encode(&control))
    })
    .collect()
}

fn opened() -> Vec<(&'static str, ChatNews)> {
    let scopes = [
        ("opened_room", Scope::Room { name: cut("main") }),
        ("opened_team", Scope::Team { number: 2 }),
        ("opened_near", Scope::Near),
        (
            "opened_whisper",
            Scope::Whisper {
                with: ZOE,
                name: cut("Zoë"),
            },
        ),
        ("opened_party", Scope::Party),
        ("opened_group", Scope::Group { name: cut("owls") }),
        ("opened_server", Scope::Server),
    ];
    let open = |(name, scope)| {
        let opened = ChatNews::Opened {
            log: LOG,
            scope,
            epoch: 3,
            first: 1_000,
            next: 1_002,
            read: 999,
        };
        (name, opened)
    };
    scopes.into_iter().map(open).collect()
}

fn told() -> Vec<(&'static str, ChatNews)> {
    let line = Line {
        offset: 1_000,
        from: ZOE,
        name: cut("Zoë"),
        role: Role::Moderator,
        at: 1_764_000_000_000,
        tick: Tick(1_250),
        manner: Manner::Said,
        text: cut("hi"),
    };
    let second = Line {
        offset: 1_001,
        text: cut("@Zoë 2: hello"),
        manner: Manner::Emote,
        ..line.clone()
    };
    let (log, offset, client_id) = (LOG, 1_001, 0x8765_4321_0000_000C);
    let lines = BoundedVec::of_first([line.clone(), second]);
    let more = true;
    let older = ChatNews::Older {
        log,
        lines: BoundedVec::of_first([line]),
        more,
    };
    let refused = ChatNews::Refused {
        client_id,
        reason: ChatRefusal::SlowMode,
        seconds: 30,
    };
    vec![
        ("lines", ChatNews::Lines { log, lines, more }),
        ("older", older),
        (
            "acked",
            ChatNews::Acked {
                client_id,
                log,
                offset,
            },
        ),
        ("refused", refused),
        ("closed", ChatNews::Closed { log }),
    ]
}

fn people() -> Vec<(&'static str, ChatNews)> {
    let (log, offset, account, name) = (LOG, 1_001, ZOE, cut("Zoë"));
    let receipt = Receipt {
        account,
        delivered: 1_002,
        read: 1_001,
    };
    let reaction = Reaction {
        sign: cut("👍"),
        count: 3,
        mine: true,
    };
    let member = Member {
        account,
        name: name.clone(),
        standing: Standing::Owner,
    };
    let presence = Presence {
        account,
        name: cut("Zoë"),
        status: Status::Away,
        room: cut("main"),
    };
    let (receipts, members) = (BoundedVec::of_first([receipt]), [member]);
    let members = BoundedVec::of_first(members);
    let reactions = BoundedVec::of_first([reaction]);
    let changes = BoundedVec::of_first([presence]);
    let invited = ChatNews::Invited {
        log,
        scope: Scope::Group { name: cut("owls") },
        by: account,
        name,
    };
    let refused = Some(ChatRefusal::TooMany);
    vec![
        ("receipts", ChatNews::Receipts { log, receipts }),
        (
            "reactions",
            ChatNews::Reactions {
                log,
                offset,
                reactions,
            },
        ),
        ("members", ChatNews::Members { log, members }),
        ("invited", invited),
        ("presence", ChatNews::Presence { changes }),
        (
            "answer",
            ChatNews::Answer {
                ask: 7,
                log,
                refused,
            },
        ),
    ]
}

fn neighbours() -> Vec<(&'static str, ChatNews)> {
    let neighbour = Neighbour {
        account: ZOE,
        name: cut("Zoë"),
        blocked: true,
        followed: false,
    };
    let people = BoundedVec::of_first([neighbour]);
    let anew = true;
    vec![("neighbours", ChatNews::Neighbours { anew, people })]
}

/// That somebody writes, up and down.
#[must_use]
pub fn typing() -> Vec<Named> {
    vec![
        named("typing_up", encode_typing(LOG)),
        named("typing_down", encode_typist(LOG, ZOE)),
    ]
}
