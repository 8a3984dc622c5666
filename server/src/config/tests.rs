//! Layers over layers, and the one line for everything that can be wrong.

use std::ffi::OsString;

use super::keys::KEYS;
use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn layers(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Layers {
    Layers {
        file: Some(("t.toml".to_owned(), file.to_owned())),
        environment: pairs(environment),
        flags: pairs(flags),
    }
}

fn check_error(layers: &Layers, line: &str) {
    assert_eq!(
        load(layers).err().map(|error| error.0).as_deref(),
        Some(line)
    );
}

fn check_command_error(arguments: &[&str], line: &str) {
    let arguments = ["tickwire-server"].iter().chain(arguments);
    let outcome = from_command_line(arguments.map(OsString::from), Vec::new());
    assert_eq!(outcome.err().map(|error| error.0).as_deref(), Some(line));
}

fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let arguments = ["tickwire-server"].iter().chain(arguments);
    match from_command_line(arguments.map(OsString::from), pairs(environment)) {
        Ok(Action::Print(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn default_below_file_below_environment_below_flag() {
    let file = "[rooms]\nseats_max = 1\nworkers = 1\ndefault = \"arena\"\n";
    let environment = [
        ("TICKWIRE_ROOMS__SEATS_MAX", "2"),
        ("TICKWIRE_ROOMS__WORKERS", "2"),
    ];
    let flags = [("rooms-workers", "3")];
    let config = load(&layers(file, &environment, &flags)).unwrap().config;
    let rooms = RoomsConfig {
        default: "arena".to_owned(),
        seats_max: 2,
        workers: 3,
        ..Config::default().rooms
    };
    let expected = Config {
        rooms,
        ..Config::default()
    };
    assert_eq!(config, expected);
}

#[test]
fn unknown_names_get_one_line_and_a_suggestion() {
    check_error(
        &layers("[rooms]\nseat_max = 1", &[], &[]),
        "t.toml: unknown key rooms.seat_max; did you mean rooms.seats_max?",
    );
    check_error(
        &layers("", &[("TICKWIRE_LISTN", "x")], &[]),
        "unknown variable TICKWIRE_LISTN; did you mean TICKWIRE_LISTEN?",
    );
    check_error(
        &layers("zzz = 1", &[("HOME", "/")], &[]),
        "t.toml: unknown key zzz; `tickwire-server config doc` lists what there is",
    );
    check_command_error(
        &["--lisen", "x"],
        "unknown flag --lisen; did you mean --listen?",
    );
    check_command_error(&["confg"], "unknown command confg; did you mean config?");
}

#[test]
fn bad_values_get_one_line_and_the_rule() {
    check_error(
        &layers("", &[], &[("listen", "7777")]),
        "--listen must be an address and a port, such as 0.0.0.0:7777 or [::]:7777, not \"7777\"",
    );
    check_error(
        &layers("[rooms]\nseats_max = 0", &[], &[]),
        "t.toml: rooms.seats_max must be a number from 1 to 4096, not \"0\"",
    );
    check_error(
        &layers("[rooms]\nseats_max = [1]", &[], &[]),
        "t.toml: rooms.seats_max must not be a TOML array",
    );
    check_error(
        &layers("listen = \"0.0.0.0:1\"\nlisten", &[], &[]),
        "t.toml, line 2: key with no value, expected `=`",
    );
    check_error(
        &layers("[tls]\ncert = \"a.pem\"", &[], &[]),
        "tls.cert needs tls.key too",
    );
    check_error(
        &layers("", &[("TICKWIRE_LOG__LEVEL", "loud\u{1b}")], &[]),
        "TICKWIRE_LOG__LEVEL must be error, warn, info, debug, trace, or a list of target=level, \
         not \"loud\\u{1b}\"",
    );
    check_command_error(
        &["--config", "/nonexistent/t.toml"],
        "cannot read the configuration /nonexistent/t.toml: No such file or directory (os error 2)",
    );
}

#[test]
fn lists_are_arrays_in_the_file_and_commas_elsewhere() {
    let file = "transports = [\"quic\", \"websocket\"]\n[web]\norigins = []\n";
    let flags = [("web-origins", "https://a.example, http://localhost:8080")];
    let config = load(&layers(file, &[], &flags)).unwrap().config;
    assert_eq!(config.transports, [Transport::Quic, Transport::WebSocket]);
    assert!(config.has(Transport::Quic) && !config.has(Transport::WebRtc));
    let origins = config.web.origins.iter().map(ToString::to_string);
    let origins = origins.collect::<Vec<_>>();
    assert_eq!(origins, ["https://a.example", "http://localhost:8080"]);
    check_error(
        &layers("transports = [1]", &[], &[]),
        "t.toml: transports must be an array of strings",
    );
    check_error(
        &layers("", &[("TICKWIRE_TRANSPORTS", "quic,tcp")], &[]),
        "TICKWIRE_TRANSPORTS must be one or more of quic, webtransport, webrtc and websocket, not \
         \"quic,tcp\"",
    );
    check_error(
        &layers("transports = []", &[], &[]),
        "t.toml: transports must be one or more of quic, webtransport, webrtc and websocket, not \
         \"\"",
    );
    check_error(
        &layers("", &[], &[("web-origins", "https://a.example/")]),
        "--web-origins must be origins as browsers write them, such as \
         https://play.example.org, not \"https://a.example/\"",
    );
}

#[test]
fn a_public_address_is_one_with_or_without_a_port() {
    let port = |text: &str| {
        let flags = [("public-addr", text)];
        let config = load(&layers("", &[], &flags)).ok()?.config;
        let public = config.public_addr?;
        assert_eq!(public.to_string(), text);
        Some((public.ip.to_string(), config.public_port(config.listen)))
    };
    let check = |text, ip: &str, expected| {
        assert_eq!(port(text), Some((ip.to_owned(), expected)));
    };
    check("203.0.113.5", "203.0.113.5", 7_777);
    check("203.0.113.5:9000", "203.0.113.5", 9_000);
    check("2001:db8::1", "2001:db8::1", 7_777);
    check("[2001:db8::1]:9000", "2001:db8::1", 9_000);
    for bad in [
        "play.example.org",
        "0.0.0.0",
        "[::]:7777",
        "203.0.113.5:0",
        "",
    ] {
        assert_eq!(port(bad), None, "{bad}");
    }
}

#[test]
fn the_page_is_the_configured_folder_or_one_near_the_program() {
    let dir = std::env::temp_dir().join(format!("tickwire-web-{}", std::process::id()));
    let program = dir.join("release").join("tickwire-server");
    let (beside, above) = (dir.join("release/web"), dir.join("web"));
    let mut config = Config::default();
    for folder in [&above, &beside] {
        std::fs::create_dir_all(folder).unwrap();
        assert_ne!(config.web_dir(Some(&program)).as_ref(), Some(folder));
        std::fs::write(folder.join("index.html"), "").unwrap();
        assert_eq!(config.web_dir(Some(&program)).as_ref(), Some(folder));
    }
    assert_eq!(config.web_dir(None), None);
    config.web.dir = Some(PathBuf::from("elsewhere"));
    let elsewhere = Some(PathBuf::from("elsewhere"));
    assert_eq!(config.web_dir(Some(&program)), elsewhere);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn what_is_printed_can_be_read_back() {
    let environment = [
        ("TICKWIRE_DATA_DIR", "C:\\data"),
        ("TICKWIRE_SHUTDOWN__GRACE_S", "7"),
    ];
    let text = printed(
        &[
            "config",
            "print",
            "--listen",
            "127.0.0.1:0",
            "--web-origins",
            "https://a.example",
        ],
        &environment,
    );
    assert!(
        text.contains("listen = \"127.0.0.1:0\"  # --listen"),
        "{text}"
    );
    let config = load(&layers(&text, &[], &[])).unwrap().config;
    assert_eq!(config.listen.port(), 0);
    assert_eq!(config.web.origins, ["https://a.example".parse().unwrap()]);
    assert_eq!(config.transports, Transport::ALL);
    assert_eq!(config.data_dir, PathBuf::from("C:\\data"));
    assert_eq!(config.shutdown_grace, Duration::from_secs(7));
}

#[test]
fn the_document_names_every_key_in_every_form() {
    let text = printed(&["config", "doc"], &[]);
    for key in KEYS {
        assert_eq!(key.flag, key.path.replace(['.', '_'], "-"));
        for name in [
            key.path.to_owned(),
            key.variable(),
            format!("--{}", key.flag),
        ] {
            assert!(text.contains(&name), "{name}");
        }
        assert!((key.show)(&Config::default()).is_none_or(|value| text.contains(&value)));
    }
    assert_eq!(
        printed(&["config", "check"], &[]),
        "The configuration is good.\n"
    );
}

#[test]
fn admin_is_on_loopback_next_to_the_public_port() {
    let config = |listen: &str| Config {
        listen: listen.parse().unwrap(),
        ..Config::default()
    };
    let admin = |listen: &str, public: &str| {
        config(listen)
            .admin_address(public.parse().unwrap())
            .to_string()
    };
    assert_eq!(admin("0.0.0.0:7777", "0.0.0.0:7777"), "127.0.0.1:7778");
    assert_eq!(admin("[::]:7777", "[::]:7777"), "127.0.0.1:7778");
    assert_eq!(admin("[::]:0", "[::]:40000"), "127.0.0.1:0");
    assert_eq!(admin("[::1]:0", "[::1]:40000"), "[::1]:0");
    assert_eq!(admin("0.0.0.0:65535", "0.0.0.0:65535"), "127.0.0.1:0");
    assert_eq!(config("0.0.0.0:0").workers(1), 1);
    assert_eq!(config("0.0.0.0:0").workers(4), 3);
}
