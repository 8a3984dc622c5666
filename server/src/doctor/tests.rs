//! Each judgement by table, the reading of answers, and a look at ports of this machine.

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::PrivatePkcs8KeyDer;

use super::ask::{Buffers, Info, Pem, PortState, Server, parse};
use super::*;
use crate::transport::tls::Identity;

const NOW: WallTime = WallTime(1_800_000_000);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// One judgement: its grade, and a word that tells the person what to do.
#[track_caller]
fn check(finding: &Finding, grade: Grade, word: &str) {
    assert_eq!(finding.grade, grade, "{finding:?}");
    assert!(finding.text.contains(word), "{word} in {finding:?}");
}

fn server(info: Result<Info, String>) -> Server {
    Server {
        handshake: Some(Duration::from_millis(2)),
        certificate_sha256: Some("aa".to_owned()),
        info,
    }
}

/// A server that has QUIC and WebTransport switched off and speaks HTTP in the clear.
fn server_without_quic(info: Info) -> Server {
    Server {
        handshake: None,
        certificate_sha256: None,
        info: Ok(info),
    }
}

fn info() -> Info {
    Info {
        version: "0.1.0".to_owned(),
        quic_port: Some(7777),
        certificate_hashes: vec!["aa".to_owned(), "bb".to_owned()],
        date: Some(NOW),
    }
}

#[test]
fn ports() {
    let listen = "0.0.0.0:7777".parse().unwrap();
    let refused = PortState::Refused("UDP port 7777 is in use".to_owned());
    for (state, grade, word) in [
        (PortState::Free, Grade::Ok, "is free"),
        (PortState::Tickwire, Grade::Ok, "Tickwire server answers"),
        (refused, Grade::Fault, "in use"),
    ] {
        check(&judge::udp_port(listen, &state), grade, word);
        check(&judge::tcp_port(listen, &state), grade, word);
    }
    let any = "0.0.0.0:0".parse().unwrap();
    check(
        &judge::udp_port(any, &PortState::Free),
        Grade::Ok,
        "picks one",
    );
}

#[test]
fn buffers() {
    let asked = 8 * 1_024 * 1_024;
    for (receive, send, grade, word) in [
        (asked, asked, Grade::Ok, "8192 KiB"),
        (212_992, asked, Grade::Warning, "net.core.rmem_max=8388608"),
        (asked, 212_992, Grade::Warning, "net.core.wmem_max=8388608"),
        (asked / 2, asked / 2, Grade::Ok, "4096 KiB in"),
    ] {
        let granted = Ok(Buffers {
            asked,
            receive,
            send,
        });
        check(&judge::buffers(&granted), grade, word);
    }
    let failed = judge::buffers(&Err("no socket".to_owned()));
    check(&failed, Grade::Warning, "no socket");
}

#[test]
fn public_addresses() {
    // Where it listens, what --public-addr says, and where its own packets come from.
    for (case, grade, word) in [
        ("0.0.0.0 203.0.113.7 10.0.0.4", Grade::Ok, "--public-addr"),
        ("0.0.0.0 10.0.0.4 -", Grade::Warning, "players outside"),
        ("0.0.0.0 100.64.3.3 -", Grade::Warning, "players outside"),
        ("0.0.0.0 - 203.0.113.7", Grade::Ok, "guessed"),
        ("0.0.0.0 - 2600::7", Grade::Ok, "guessed"),
        ("0.0.0.0 - 192.168.1.9", Grade::Warning, "set --public-addr"),
        ("0.0.0.0 - 172.17.0.2", Grade::Warning, "forward the port"),
        ("0.0.0.0 - fd00::2", Grade::Warning, "set --public-addr"),
        ("0.0.0.0 - fe80::2", Grade::Warning, "set --public-addr"),
        ("0.0.0.0 - ::ffff:10.0.0.4", Grade::Warning, "set --public"),
        ("0.0.0.0 - -", Grade::Warning, "no way out"),
        ("127.0.0.1 - 203.0.113.7", Grade::Warning, "use [::]"),
        ("::1 - -", Grade::Warning, "--listen is ::1"),
    ] {
        let addresses: Vec<Option<IpAddr>> =
            case.split(' ').map(|text| text.parse().ok()).collect();
        let [Some(listen), set, outward] = addresses[..] else {
            panic!("{case}");
        };
        check(&judge::public_address(listen, set, outward), grade, word);
    }
}

#[test]
fn a_server_and_what_it_says() {
    let judged = |info| judge::agreement(7777, &server(info));
    check(&judged(Ok(info())), Grade::Ok, "/connect-info agrees");
    check(&judged(Err("refused".to_owned())), Grade::Fault, "TCP port");
    let forwarded = Info {
        quic_port: Some(443),
        ..info()
    };
    check(&judged(Ok(forwarded)), Grade::Ok, "must lead to 7777");
    let vouched = Info {
        certificate_hashes: Vec::new(),
        ..info()
    };
    check(&judged(Ok(vouched)), Grade::Ok, "agrees");
    let other = Info {
        certificate_hashes: vec!["cc".to_owned()],
        ..info()
    };
    check(&judged(Ok(other)), Grade::Fault, "two servers");
    let without_quic = judge::agreement(7777, &server_without_quic(info()));
    check(&without_quic, Grade::Ok, "QUIC is switched off");
}

#[test]
fn clocks() {
    let begins = |from: WallTime| Some((from, from.after(90 * DAY)));
    let said = |date| {
        let date = Some(date);
        Some(server(Ok(Info { date, ..info() })))
    };
    let five = Duration::from_secs(5);
    for (now, valid, server, grade, word) in [
        (NOW, None, None, Grade::Ok, "2027-01-15 08:00 UTC"),
        (NOW, begins(NOW.before(DAY)), None, Grade::Ok, "2027"),
        (
            NOW,
            begins(NOW.after(DAY)),
            None,
            Grade::Fault,
            "before the certificate",
        ),
        (WallTime(0), None, None, Grade::Fault, "NTP"),
        (
            WallTime(1_735_689_599),
            None,
            None,
            Grade::Fault,
            "2024-12-31",
        ),
        (WallTime(4_102_444_801), None, None, Grade::Fault, "2100"),
        (NOW, None, said(NOW.after(five)), Grade::Ok, "2027"),
        (NOW, None, said(NOW.before(five)), Grade::Ok, "2027"),
        (
            NOW,
            None,
            said(NOW.after(five * 2)),
            Grade::Warning,
            "08:00",
        ),
        (
            NOW,
            None,
            said(NOW.before(five * 2)),
            Grade::Warning,
            "07:59",
        ),
    ] {
        check(&judge::clock(now, valid, server.as_ref()), grade, word);
    }
}

#[test]
fn open_files_and_the_data_directory() {
    check(&judge::open_files(None), Grade::Ok, "does not say");
    check(
        &judge::open_files(Some(1_024)),
        Grade::Warning,
        "LimitNOFILE",
    );
    check(&judge::open_files(Some(65_536)), Grade::Ok, "65536");
    let path = Path::new("data");
    check(&judge::data_dir(path, Ok(())), Grade::Ok, "data");
    let sentence = Err("make it writable".to_owned());
    check(&judge::data_dir(path, sentence), Grade::Fault, "writable");
    let lost = judge::datagram(&Err("nothing for 3 s".to_owned()));
    check(&lost, Grade::Fault, "firewall");
    let passed = judge::datagram(&Ok(Duration::from_micros(80)));
    check(&passed, Grade::Ok, "80 µs");
}

/// A certificate of these names that is valid from then on for so long.
fn identity(names: &[&str], from: WallTime, span: Duration) -> Arc<Identity> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    params.not_before = epoch + from.since_epoch();
    params.not_after = epoch + from.after(span).since_epoch();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Arc::new(Identity::new(vec![certificate.der().clone()], key.into()).unwrap())
}

#[test]
fn certificates() {
    let one = |pem: &Pem| judge::certificate(pem, None, NOW);
    check(&one(&Pem::None)[0], Grade::Warning, "--tls-cert");
    let bad = Pem::Bad("cannot read tls.key".to_owned());
    check(&one(&bad)[0], Grade::Fault, "tls.key");

    let name = ["play.example.org", "192.0.2.7"];
    for (names, from, span, grade, word) in [
        (
            &name[..],
            NOW.before(DAY),
            90 * DAY,
            Grade::Ok,
            "192.0.2.7: 89 days left",
        ),
        (
            &name[..],
            NOW.before(DAY),
            11 * DAY,
            Grade::Warning,
            "10 days left",
        ),
        (
            &name[..],
            NOW.before(9 * DAY),
            8 * DAY,
            Grade::Fault,
            "expired at 2027-01-14",
        ),
        (
            &name[..],
            NOW.after(DAY),
            90 * DAY,
            Grade::Fault,
            "not valid before",
        ),
        (
            &[],
            NOW.before(DAY),
            90 * DAY,
            Grade::Fault,
            "names no host",
        ),
    ] {
        let good = Pem::Good(identity(names, from, span), Ok(()));
        let findings = one(&good);
        check(&findings[0], grade, word);
        check(&findings[1], Grade::Ok, "browsers know its root");
    }

    let good = identity(&name, NOW.before(DAY), 90 * DAY);
    let unknown = Err("unknown issuer".to_owned());
    let own = Pem::Good(Arc::clone(&good), unknown);
    check(&one(&own)[1], Grade::Warning, "nobody but itself");
    let findings = judge::certificate(&own, Some(&server(Ok(info()))), NOW);
    check(&findings[2], Grade::Warning, "SIGHUP");
    let same = Server {
        certificate_sha256: Some(good.sha256().to_owned()),
        ..server(Ok(info()))
    };
    assert_eq!(judge::certificate(&own, Some(&same), NOW).len(), 2);
}

#[test]
fn answers_are_read_or_refused() {
    let answer = "HTTP/1.1 200 OK\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\n\r\n\
        {\"server\": \"0.1.0\", \"transports\": {\"quic\": {\"port\": 7777}, \"webtransport\": \
        {\"certificate_hashes\": [\"aa\", \"bb\"]}}}";
    assert_eq!(parse(answer), Ok(info()));
    for (answer, why) in [
        ("", "no answer"),
        ("SSH-2.0-x\r\n", "no answer"),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "status 404"),
        ("HTTP/1.1 200 OK\r\n\r\n<html>", "no JSON"),
        ("HTTP/1.1 200 OK\r\n\r\n{}", "another program"),
        (
            "HTTP/1.1 200 OK\r\n\r\n{\"server\": \"nginx\"}",
            "another program",
        ),
    ] {
        assert!(parse(answer).unwrap_err().contains(why), "{answer}");
    }
    let least = "{\"server\": \"0.1.0\", \"transports\": {}}";
    let least = parse(&format!("HTTP/1.1 200 OK\r\nDate: soon\r\n\r\n{least}")).unwrap();
    assert_eq!((least.date, least.quic_port), (None, None));
}

#[test]
fn a_report_has_one_line_each_and_a_sum() {
    let findings = [
        Finding::ok("clock", "fine"),
        Finding::warning("open files", "few"),
        Finding::fault("UDP port", "in use"),
    ];
    let (text, good) = report(&findings);
    assert!(!good);
    assert_eq!(text.lines().count(), 4);
    assert!(text.contains("FAULT    UDP port") && text.ends_with("faults: 1, warnings: 1\n"));
    assert!(report(&findings[..2]).1);
    assert_eq!(report(&findings[..1]).0.lines().last(), Some("all is well"));
}

fn examined(listen: std::net::SocketAddr) -> Vec<Finding> {
    let config = Config {
        listen,
        data_dir: std::env::temp_dir(),
        ..Config::default()
    };
    examine(&config).unwrap()
}

fn about<'a>(findings: &'a [Finding], subject: &str) -> &'a Finding {
    let found = findings.iter().find(|one| one.subject == subject);
    found.unwrap_or_else(|| panic!("nothing about {subject}"))
}

#[test]
fn free_ports_are_seen_and_a_datagram_passes() {
    let findings = examined("127.0.0.1:0".parse().unwrap());
    for subject in [
        "UDP port",
        "TCP port",
        "UDP passes",
        "clock",
        "data directory",
    ] {
        check(about(&findings, subject), Grade::Ok, "");
    }
    check(
        about(&findings, "public address"),
        Grade::Warning,
        "127.0.0.1",
    );
}

#[test]
fn ports_of_other_programs_are_faults() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(address).unwrap();
    let findings = examined(address);
    check(about(&findings, "UDP port"), Grade::Fault, "--listen");
    check(about(&findings, "TCP port"), Grade::Fault, "--listen");
    check(about(&findings, "UDP passes"), Grade::Ok, "loopback");
    drop(tcp);
}
