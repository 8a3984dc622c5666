//! How a person joins the demo: links, a code for phones, the command of the window.
//!
//! Never sends anything: it asks the system which of its addresses others see.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// Black on white, whatever the colours of the terminal; and back.
const PAPER: &str = "\x1b[30;107m";
const RESET: &str = "\x1b[0m";

/// Everything a person needs to join a server at this port; `page` says whether it has one.
pub fn invite(port: u16, page: Result<(), &str>) -> String {
    let mut text = String::new();
    match page {
        Ok(()) => write_links(&mut text, port),
        Err(why) => {
            let _ = writeln!(text, "No page for browsers: {why}.");
        }
    }
    let _ = writeln!(
        text,
        "In a window of its own, from another terminal:\n\n    \
         cargo run --release -p tickwire-client-demo -- --server 127.0.0.1:{port}\n"
    );
    text
}

fn write_links(text: &mut String, port: u16) {
    let _ = writeln!(
        text,
        "Open it in a browser on this machine:\n\n    http://localhost:{port}/\n"
    );
    let Some(address) = lan_address() else {
        return;
    };
    let link = format!("http://{}/", SocketAddr::new(address, port));
    let _ = writeln!(text, "Or on a phone in the same network:\n\n    {link}\n");
    if let Some(code) = code(&link, std::io::stdout().is_terminal()) {
        let _ = writeln!(text, "{code}\n");
    }
}

/// The address of this machine that others in its network see, if it has one.
fn lan_address() -> Option<IpAddr> {
    // Connecting a UDP socket sends nothing; it only chooses the way out. The address is one that
    // documents use.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// The link as a QR code of half blocks; `None` when it is too long for one.
fn code(link: &str, colours: bool) -> Option<String> {
    let code = QrCode::new(link).ok()?;
    let mut image = code.render::<Dense1x2>();
    // Without colours a terminal is taken to be dark: what is drawn is light.
    if !colours {
        image
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark);
    }
    let lines = image.build();
    let dress = |line: &str| match colours {
        true => format!("    {PAPER}{line}{RESET}"),
        false => format!("    {line}"),
    };
    Some(lines.lines().map(dress).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_a_square_and_the_two_looks_are_opposites() {
        let plain = code("http://192.0.2.7:7777/", false).expect("it is short");
        let dressed = code("http://192.0.2.7:7777/", true).expect("it is short");
        assert_eq!(plain.lines().count(), dressed.lines().count());
        let width = plain.lines().map(|line| line.chars().count());
        assert!(width.clone().all(|one| Some(one) == width.clone().next()));
        assert!(
            plain.contains("\u{2588}\u{2588}\u{2588}\u{2588}"),
            "a light edge"
        );
        assert!(
            dressed
                .lines()
                .all(|line| line.trim_start().starts_with(PAPER))
        );
        assert_eq!(code(&"x".repeat(8_000), false), None);
    }

    #[test]
    fn who_has_no_page_is_told_why() {
        let text = invite(7777, Err("the wasm32 target is missing"));
        assert!(text.contains("wasm32 target is missing"), "{text}");
        assert!(!text.contains("http://"), "{text}");
        let text = invite(7777, Ok(()));
        assert!(text.contains("http://localhost:7777/"), "{text}");
    }
}
