//! The table of keys: name, flag, what it takes, what it is for, how to set and show it.
//!
//! Never sets anything half: a value that does not parse leaves the configuration as it was.

use tickwire_shared::limits::SEATS_MAX;

use super::Config;
use super::parse::{
    address, filter, issuers, list, log_format, number, path, public_address, quoted, quoted_list,
    room_name, seconds, shown_format, shown_path, truth, web_url,
};
use super::store::{place, shown_place};

/// One thing an operator may choose.
pub(super) struct Key {
    /// Name in the file, with the section before the dot.
    pub(super) path: &'static str,
    /// Name as a flag, without the dashes.
    pub(super) flag: &'static str,
    /// What the value is, for the usage.
    pub(super) value: &'static str,
    /// One sentence for the usage and the document.
    pub(super) help: &'static str,
    /// Sets it, or says what a good value is.
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
    /// Its value in the file's syntax; `None` when it is not set.
    pub(super) show: fn(&Config) -> Option<String>,
}

impl Key {
    /// Whether its value is a list: in the file an array, elsewhere with commas between.
    pub(super) fn is_list(&self) -> bool {
        self.value.ends_with(",...")
    }

    /// Name in the environment.
    pub(super) fn variable(&self) -> String {
        format!("TICKWIRE_{}", self.path.to_uppercase().replace('.', "__"))
    }
}

/// Every key, in the order of the document.
pub(super) static KEYS: &[Key] = &[
    Key {
        path: "listen",
        flag: "listen",
        value: "ADDRESS",
        help: "Where players dial (UDP and TCP); port 0 picks one and prints it.",
        set: |config, text| set(&mut config.listen, address(text)),
        show: |config| Some(quoted(config.listen)),
    },
    Key {
        path: "admin_listen",
        flag: "admin-listen",
        value: "ADDRESS",
        help: "Where operators ask for health and metrics (TCP); without it loopback, next port.",
        set: |config, text| set(&mut config.admin_listen, address(text).map(Some)),
        show: |config| config.admin_listen.map(quoted),
    },
    Key {
        path: "public_addr",
        flag: "public-addr",
        value: "ADDRESS",
        help: "How players reach this server behind NAT: an IP address, or one with a port.",
        set: |config, text| set(&mut config.public_addr, public_address(text).map(Some)),
        show: |config| config.public_addr.map(quoted),
    },
    Key {
        path: "transports",
        flag: "transports",
        value: "NAME,...",
        help: "What players may come over: quic, webtransport, webrtc, websocket.",
        set: |config, text| {
            let rule = "must be one or more of quic, webtransport, webrtc and websocket";
            set(&mut config.transports, list(text, 1, rule))
        },
        show: |config| Some(quoted_list(config.transports.iter().map(|t| t.name()))),
    },
    Key {
        path: "data_dir",
        flag: "data-dir",
        value: "DIR",
        help: "Directory for what must survive a restart; made when it is missing.",
        set: |config, text| set(&mut config.data_dir, path(text)),
        show: |config| Some(shown_path(&config.data_dir)),
    },
    Key {
        path: "store.path",
        flag: "store-path",
        value: "FILE",
        help: "Where chat and accounts are kept: a file, or memory; else in the data directory.",
        set: |config, text| set(&mut config.store.path, place(text).map(Some)),
        show: |config| config.store.path.as_ref().map(shown_place).map(shown_path),
    },
    Key {
        path: "chat.keep_lines",
        flag: "chat-keep-lines",
        value: "COUNT",
        help: "Lines that are kept of each room, whisper, party and group; older ones go.",
        set: |config, text| set(&mut config.chat.keep_lines, number(text, 1..=1_000_000_000)),
        show: |config| Some(config.chat.keep_lines.to_string()),
    },
    Key {
        path: "chat.keep_days",
        flag: "chat-keep-days",
        value: "DAYS",
        help: "Days until a line goes; 0 keeps it however old it is.",
        set: |config, text| set(&mut config.chat.keep_days, number(text, 0..=36_500)),
        show: |config| Some(config.chat.keep_days.to_string()),
    },
    Key {
        path: "chat.lines_per_s",
        flag: "chat-lines-per-s",
        value: "COUNT",
        help: "Chat lines of one player a second, ten at once; 0 for as many as it likes.",
        set: |config, text| set(&mut config.chat.lines_per_s, number(text, 0..=1_000)),
        show: |config| Some(config.chat.lines_per_s.to_string()),
    },
    Key {
        path: "chat.mask_words",
        flag: "chat-mask-words",
        value: "FILE",
        help: "Words that chat shows as stars, in place of those built in; again on SIGHUP.",
        set: |config, text| set(&mut config.chat.mask_words, path(text).map(Some)),
        show: |config| config.chat.mask_words.as_deref().map(shown_path),
    },
    Key {
        path: "chat.block_words",
        flag: "chat-block-words",
        value: "FILE",
        help: "Words for which a line is refused, in place of those built in; again on SIGHUP.",
        set: |config, text| set(&mut config.chat.block_words, path(text).map(Some)),
        show: |config| config.chat.block_words.as_deref().map(shown_path),
    },
    Key {
        path: "tls.cert",
        flag: "tls-cert",
        value: "FILE",
        help: "Certificate chain in PEM; without it one is made for development.",
        set: |config, text| set(&mut config.tls.cert, path(text).map(Some)),
        show: |config| config.tls.cert.as_deref().map(shown_path),
    },
    Key {
        path: "tls.key",
        flag: "tls-key",
        value: "FILE",
        help: "Private key in PEM that belongs to tls.cert.",
        set: |config, text| set(&mut config.tls.key, path(text).map(Some)),
        show: |config| config.tls.key.as_deref().map(shown_path),
    },
    Key {
        path: "web.dir",
        flag: "web-dir",
        value: "DIR",
        help: "Folder of the page; without it one named web near the program, if there is one.",
        set: |config, text| set(&mut config.web.dir, path(text).map(Some)),
        show: |config| config.web.dir.as_deref().map(shown_path),
    },
    Key {
        path: "web.origins",
        flag: "web-origins",
        value: "ORIGIN,...",
        help: "Pages elsewhere that may use this server, such as https://play.example.org.",
        set: |config, text| {
            let rule = "must be origins as browsers write them, such as https://play.example.org";
            set(&mut config.web.origins, list(text, 0, rule))
        },
        show: |config| Some(quoted_list(config.web.origins.iter())),
    },
    Key {
        path: "web.connections_max",
        flag: "web-connections-max",
        value: "COUNT",
        help: "HTTP connections of players at a time, WebSockets not counted.",
        set: |config, text| set(&mut config.web.connections_max, number(text, 1..=65_536)),
        show: |config| Some(config.web.connections_max.to_string()),
    },
    Key {
        path: "web.connections_per_address_max",
        flag: "web-connections-per-address-max",
        value: "COUNT",
        help: "HTTP connections from one address; loopback is exempt.",
        set: |config, text| {
            let count = number(text, 1..=65_536);
            set(&mut config.web.connections_per_address_max, count)
        },
        show: |config| Some(config.web.connections_per_address_max.to_string()),
    },
    Key {
        path: "web.requests_per_address_per_s",
        flag: "web-requests-per-address-per-s",
        value: "COUNT",
        help: "HTTP requests a second from one address, 20 times that at once; loopback is exempt.",
        set: |config, text| {
            let count = number(text, 1..=65_536);
            set(&mut config.web.requests_per_address_per_s, count)
        },
        show: |config| Some(config.web.requests_per_address_per_s.to_string()),
    },
    Key {
        path: "rooms.default",
        flag: "rooms-default",
        value: "NAME",
        help: "Name of the first room that is made for players who ask for any.",
        set: |config, text| set(&mut config.rooms.default, room_name(text)),
        show: |config| Some(quoted(&config.rooms.default)),
    },
    Key {
        path: "rooms.seats_max",
        flag: "rooms-seats-max",
        value: "COUNT",
        help: "Seats in a room.",
        set: |config, text| set(&mut config.rooms.seats_max, number(text, 1..=SEATS_MAX)),
        show: |config| Some(config.rooms.seats_max.to_string()),
    },
    Key {
        path: "rooms.count_max",
        flag: "rooms-count-max",
        value: "COUNT",
        help: "Rooms at a time.",
        set: |config, text| set(&mut config.rooms.count_max, number(text, 1..=4_096)),
        show: |config| Some(config.rooms.count_max.to_string()),
    },
    Key {
        path: "rooms.create",
        flag: "rooms-create",
        value: "BOOL",
        help: "Whether a player who asks for an unknown name gets a new room.",
        set: |config, text| set(&mut config.rooms.create, truth(text)),
        show: |config| Some(config.rooms.create.to_string()),
    },
    Key {
        path: "rooms.workers",
        flag: "rooms-workers",
        value: "COUNT",
        help: "Threads that tick rooms; 0 is one less than processors.",
        set: |config, text| set(&mut config.rooms.workers, number(text, 0..=256)),
        show: |config| Some(config.rooms.workers.to_string()),
    },
    Key {
        path: "session.budget_bytes_per_s",
        flag: "session-budget-bytes-per-s",
        value: "BYTES",
        help: "Snapshot bytes a second to one player.",
        set: |config, text| {
            let budget = number(text, 4_096..=16_777_216);
            set(&mut config.session.budget_bytes_per_s, budget)
        },
        show: |config| Some(config.session.budget_bytes_per_s.to_string()),
    },
    Key {
        path: "session.grace_s",
        flag: "session-grace-s",
        value: "SECONDS",
        help: "How long a player who lost the link keeps the seat.",
        set: |config, text| set(&mut config.session.grace, seconds(text)),
        show: |config| Some(config.session.grace.as_secs().to_string()),
    },
    Key {
        path: "session.away_s",
        flag: "session-away-s",
        value: "SECONDS",
        help: "How long a player who is away, as in a hidden tab, may be silent.",
        set: |config, text| set(&mut config.session.away, seconds(text)),
        show: |config| Some(config.session.away.as_secs().to_string()),
    },
    Key {
        path: "session.links_per_address_max",
        flag: "session-links-per-address-max",
        value: "COUNT",
        help: "Links from one address; loopback is exempt.",
        set: |config, text| {
            let count = number(text, 1..=65_536);
            set(&mut config.session.links_per_address_max, count)
        },
        show: |config| Some(config.session.links_per_address_max.to_string()),
    },
    Key {
        path: "auth.guests",
        flag: "auth-guests",
        value: "BOOL",
        help: "Whether players may come who did not log in.",
        set: |config, text| set(&mut config.auth.guests, truth(text)),
        show: |config| Some(config.auth.guests.to_string()),
    },
    Key {
        path: "auth.register",
        flag: "auth-register",
        value: "BOOL",
        help: "Whether players may register by themselves.",
        set: |config, text| set(&mut config.auth.register, truth(text)),
        show: |config| Some(config.auth.register.to_string()),
    },
    Key {
        path: "auth.issuers",
        flag: "auth-issuers",
        value: "ISSUER,...",
        help: "Others whose tokens count: name=, kind=, audience=, key=FILE, role=, rooms= each.",
        set: |config, text| set(&mut config.auth.issuers, issuers(text)),
        show: |config| Some(quoted_list(config.auth.issuers.iter())),
    },
    Key {
        path: "auth.reserved_names",
        flag: "auth-reserved-names",
        value: "FILE",
        help: "Names nobody may have beside the usual ones, one a line.",
        set: |config, text| set(&mut config.auth.reserved_names, path(text).map(Some)),
        show: |config| config.auth.reserved_names.as_deref().map(shown_path),
    },
    Key {
        path: "webhook.url",
        flag: "webhook-url",
        value: "URL",
        help: "Who is told of whispers to those who are offline: an http or https URL.",
        set: |config, text| set(&mut config.webhook.url, web_url(text).map(Some)),
        show: |config| config.webhook.url.as_ref().map(quoted),
    },
    Key {
        path: "webhook.secret_file",
        flag: "webhook-secret-file",
        value: "FILE",
        help: "The secret that messages to webhook.url are signed with, 16 bytes or more.",
        set: |config, text| set(&mut config.webhook.secret_file, path(text).map(Some)),
        show: |config| config.webhook.secret_file.as_deref().map(shown_path),
    },
    Key {
        path: "log.level",
        flag: "log-level",
        value: "LEVEL",
        help: "error, warn, info, debug, trace, or a filter such as info,tickwire_server=debug.",
        set: |config, text| set(&mut config.log.level, filter(text)),
        show: |config| Some(quoted(&config.log.level)),
    },
    Key {
        path: "log.format",
        flag: "log-format",
        value: "FORMAT",
        help: "text for people, json for programs.",
        set: |config, text| set(&mut config.log.format, log_format(text)),
        show: |config| Some(quoted(shown_format(config.log.format))),
    },
    Key {
        path: "shutdown.grace_s",
        flag: "shutdown-grace-s",
        value: "SECONDS",
        help: "How long players may finish after SIGTERM; a second signal stops at once.",
        set: |config, text| set(&mut config.shutdown_grace, seconds(text)),
        show: |config| Some(config.shutdown_grace.as_secs().to_string()),
    },
];

/// The key with this name in the file.
pub(super) fn by_path(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

fn set<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}
