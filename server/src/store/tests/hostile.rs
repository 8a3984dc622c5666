//! Text that is meant to be taken for something else comes back as it was.

use std::fs;
use std::path::Path;

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Role, Sanction, Standing};

use super::{LOG, Scratch, commit_one, sqlite};
use crate::engine::storage::{
    Account, Found, Held, LogKey, Membership, Millis, NewLine, Query, Write, Written,
};
use crate::store::Store;

const NOW: Millis = Millis(1);

/// What ends a string or a statement, or means something to SQLite, a shell, a log or a page.
const SEEDS: [&str; 25] = [
    "'",
    "''",
    "\"",
    "`",
    "\\'",
    "'; DROP TABLE a; --",
    "' OR '1'='1",
    "1; ATTACH 'x' AS y",
    "/*",
    "--",
    "?1",
    ":x",
    "@x",
    "$x",
    "%s%n",
    "\0",
    "a\0b",
    "\u{1b}[2J",
    "\u{202e}txt",
    "\u{200b}",
    "\u{feff}",
    "\u{1F469}\u{200d}\u{1F680}",
    "${jndi:x}",
    "<script>",
    "\r\n",
];

/// 500 texts of at most 32 bytes, so that each fits every field.
fn payloads() -> Vec<String> {
    let pairs = SEEDS
        .iter()
        .flat_map(|one| SEEDS.map(|other| format!("{one}|{other}")));
    let fitting = pairs.filter(|text| text.len() <= 32);
    let payloads: Vec<String> = fitting.take(500).collect();
    assert_eq!(payloads.len(), 500);
    payloads
}

#[test]
fn five_hundred_payloads_come_back_from_every_field() {
    let scratch = Scratch::new("hostile");
    let mut store = sqlite(&scratch);
    for (number, text) in (1..).zip(payloads()) {
        let account = AccountId(number);
        write_everywhere(&mut store, account, &text);
        let found = everything(&mut store, account, &text);
        assert_eq!(found, vec![text.clone(); found.len()], "payload {number}");
    }
}

fn write_everywhere(store: &mut dyn Store, account: AccountId, text: &str) {
    let mut writes = writes_of_logs(account, text);
    writes.extend(writes_of_accounts(account, text));
    let written = store.commit(NOW, &writes).expect("it commits");
    let stored = !(written.iter()).any(|one| matches!(one, Written::Taken | Written::Missing));
    assert!(stored, "{written:?}");
}

fn writes_of_logs(account: AccountId, text: &str) -> Vec<Write> {
    let text = || text.to_owned();
    let log = tickwire_shared::id::LogId(account.0);
    vec![
        Write::Open {
            key: LogKey::Room(text()),
            log,
            epoch: 1,
            name: text(),
        },
        Write::Line(NewLine {
            logs: vec![log],
            from: account,
            name: text(),
            text: text(),
            ..NewLine::default()
        }),
        Write::Member {
            log,
            member: Membership {
                account,
                name: text(),
                standing: Standing::Owner,
                since: 0,
                until: u64::MAX,
                delivered: 0,
                read: 0,
            },
        },
        Write::React {
            log,
            offset: 0,
            account,
            sign: text(),
            on: true,
        },
    ]
}

fn writes_of_accounts(account: AccountId, text: &str) -> Vec<Write> {
    let text = || text.to_owned();
    let log = tickwire_shared::id::LogId(account.0);
    let guest = AccountId(AccountId::GUEST | account.0);
    vec![
        Write::Register(Account {
            account,
            name: text(),
            skeleton: text(),
            role: Role::Player,
            password: text(),
            subject: text(),
        }),
        Write::UseToken {
            id: text(),
            until: NOW,
        },
        Write::Key {
            digest: digest_of(account),
            account,
            room: Some(text()),
            until: Millis(2),
        },
        Write::Hold(Held {
            account,
            sanction: Sanction::Mute,
            until: Millis(2),
            by: account,
            why: text(),
        }),
        Write::Block {
            account,
            other: guest,
            name: text(),
            on: true,
        },
        Write::Follow {
            account,
            other: guest,
            name: text(),
            on: true,
        },
        Write::Report {
            by: account,
            log,
            offset: 0,
            why: text(),
        },
        Write::Audit {
            by: account,
            what: text(),
        },
    ]
}

fn digest_of(account: AccountId) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&account.0.to_le_bytes());
    digest
}

/// The text as every way to find it gives it back.
fn everything(store: &mut dyn Store, account: AccountId, text: &str) -> Vec<String> {
    let log = tickwire_shared::id::LogId(account.0);
    let mut texts = Vec::new();
    let reopened = Write::Open {
        key: LogKey::Room(text.to_owned()),
        log: LOG,
        epoch: 2,
        name: String::new(),
    };
    let used = Write::UseToken {
        id: text.to_owned(),
        until: NOW,
    };
    assert_eq!(commit_one(store, NOW, used), Written::Taken);
    let Written::Log(head) = commit_one(store, NOW, reopened) else {
        panic!("the log is found");
    };
    assert_eq!((head.log, head.key), (log, LogKey::Room(text.to_owned())));
    texts.push(head.name);
    for query in [
        Query::Lines {
            log,
            from: 0,
            below: 9,
            count: 9,
            newest: true,
        },
        Query::Reactions {
            log,
            from: 0,
            below: 9,
        },
        Query::Members(log),
        Query::Skeleton(text.to_owned()),
        Query::Subject(text.to_owned()),
        Query::Key(digest_of(account), NOW),
        Query::Desk(account),
        Query::Names,
        Query::Held(NOW),
        Query::Reports {
            below: u64::MAX,
            count: 1,
        },
        Query::Audit {
            below: u64::MAX,
            count: 1,
        },
    ] {
        texts.extend(texts_of(store.find(&query).expect("it is found"), account));
    }
    assert_eq!(texts.len(), 23, "a field was not looked at");
    texts
}

fn texts_of(found: Found, account: AccountId) -> Vec<String> {
    match found {
        Found::Desk {
            logs,
            blocked,
            followed,
            ..
        } => {
            let logs = logs.into_iter();
            let names = logs.flat_map(|(head, member)| [head.name, member.name]);
            let neighbours = blocked.into_iter().chain(followed);
            names.chain(neighbours.map(|(_, name)| name)).collect()
        }
        Found::Lines(lines) => {
            let lines = lines.iter();
            lines
                .flat_map(|line| [line.name.to_string(), line.text.to_string()])
                .collect()
        }
        Found::Reactions(lines) => {
            let signs = lines.into_iter().flat_map(|line| line.signs);
            signs.map(|(sign, _)| sign).collect()
        }
        Found::Members(members) => members.into_iter().map(|member| member.name).collect(),
        Found::Account(account) => {
            let account = account.expect("it is there");
            vec![
                account.name,
                account.skeleton,
                account.password,
                account.subject,
            ]
        }
        Found::Key(owner) => owner.and_then(|owner| owner.room).into_iter().collect(),
        Found::Names(names) => {
            let own = names.into_iter().filter(|(_, whose)| *whose == account);
            own.map(|(skeleton, _)| skeleton).collect()
        }
        Found::Held(held) => {
            let held = held.into_iter().filter(|held| held.account == account);
            held.map(|held| held.why).collect()
        }
        Found::Texts(texts) => texts.iter().flat_map(|(_, text)| from_json(text)).collect(),
        Found::Stored(_) => panic!("nothing that was written"),
    }
}

/// What a report or an entry of the audit log says.
fn from_json(text: &str) -> Vec<String> {
    assert!(!text.bytes().any(|byte| byte < 0x20), "{text:?}");
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let said = ["why", "what"]
        .iter()
        .filter_map(|name| value[name].as_str());
    let mut said: Vec<String> = said.map(str::to_owned).collect();
    let reported = value["lines"][0]["text"].as_str();
    said.extend(reported.map(str::to_owned));
    said
}

/// Every statement is a constant: nothing but [`statement`](crate::store::sqlite) and the opening
/// of the file hands one to SQLite, and no text is put together there.
#[test]
fn no_statement_is_put_together() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut statements = 0;
    for (path, text) in sources(&folder) {
        let in_sqlite = path.contains("store/sqlite");
        for (number, code) in text.lines().enumerate() {
            let place = format!("{path}:{}: {code}", number + 1);
            statements += usize::from(code.contains("&'static str"));
            assert!(
                in_sqlite || !names_sql(code),
                "SQL stands elsewhere: {place}"
            );
            let may_format = !in_sqlite || path.ends_with("problem.rs");
            assert!(
                may_format || !puts_together(code),
                "a text is put together: {place}"
            );
            let may_prepare = path.ends_with("statement.rs") || !code.contains(".prepare");
            assert!(!in_sqlite || may_prepare, "another door: {place}");
        }
    }
    assert!(statements > 0, "the sources were not found");
    // The test sees what it is for.
    assert!(puts_together("let sql = format!(\"SELECT {name}\");"));
    assert!(names_sql("let sql = \"SELECT name FROM accounts\";"));
}

fn names_sql(code: &str) -> bool {
    let words = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "UPDATE logs"];
    words.iter().any(|word| code.contains(word)) || code.contains("rusqlite::")
}

fn puts_together(code: &str) -> bool {
    let ways = [
        "format!",
        "write!",
        "push_str",
        ".join(",
        ".concat(",
        "to_owned() +",
        "replace(",
    ];
    ways.iter().any(|way| code.contains(way))
}

/// The sources below a folder, tests left out.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let shown = path.display().to_string();
        if path.is_dir() && !shown.ends_with("tests") {
            sources.extend(self::sources(&path));
        } else if shown.ends_with(".rs") && !shown.ends_with("tests.rs") {
            sources.push((shown, fs::read_to_string(&path).expect("a source")));
        }
    }
    sources
}
