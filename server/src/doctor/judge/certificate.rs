//! Findings about the certificate: its dates, who vouches for it, whether it is the one in use.

use crate::doctor::ask::{Pem, Server};
use crate::doctor::finding::Finding;
use crate::limits::CERTIFICATE_WARN_TIME;
use crate::runtime::clock::WallTime;
use crate::transport::tls::Identity;

/// Seconds of a day.
const DAY: u64 = 24 * 3_600;

pub(in crate::doctor) fn certificate(
    pem: &Pem,
    server: Option<&Server>,
    now: WallTime,
) -> Vec<Finding> {
    let subject = "certificate";
    match pem {
        Pem::None => vec![Finding::warning(
            subject,
            "none is set, so they are made for development: pages that other machines load have \
             WebRTC and WebSocket, but no WebTransport; for that set --tls-cert and --tls-key",
        )],
        Pem::Bad(sentence) => vec![Finding::fault(subject, sentence)],
        Pem::Good(identity, vouched) => {
            let mut findings = vec![dates(identity, now), chain(identity, vouched)];
            findings.extend(server.and_then(|server| in_use(identity, server)));
            findings
        }
    }
}

fn dates(identity: &Identity, now: WallTime) -> Finding {
    let subject = "certificate";
    let names = match identity.names() {
        [] => return Finding::fault(subject, "it names no host: clients refuse it; renew it"),
        names => names.join(", "),
    };
    let (from, end) = (identity.not_before(), identity.not_after());
    let left = end.since(now);
    if now < from {
        return Finding::fault(subject, format!("for {names}: not valid before {from}"));
    }
    if left.is_zero() {
        let text = format!("for {names}: expired at {end}; renew it and replace the files");
        return Finding::fault(subject, text);
    }
    let days = left.as_secs() / DAY;
    let text = format!("for {names}: {days} days left, until {end}");
    match left < CERTIFICATE_WARN_TIME {
        true => Finding::warning(
            subject,
            format!("{text}; renew it, the server reads new files"),
        ),
        false => Finding::ok(subject, text),
    }
}

fn chain(identity: &Identity, vouched: &Result<(), String>) -> Finding {
    let subject = "certificate chain";
    let count = identity.chain().len();
    match vouched {
        Ok(()) => Finding::ok(
            subject,
            format!("complete ({count}), and browsers know its root"),
        ),
        Err(why) if identity.is_self_signed() => Finding::warning(
            subject,
            format!(
                "nobody but itself vouches for it ({why}): browsers refuse it until players \
                 install it; get one from an authority"
            ),
        ),
        Err(why) if count == 1 => Finding::warning(
            subject,
            format!(
                "the file holds the server's own certificate alone, and clients do not trust it \
                 so ({why}): append the authority's intermediate certificates"
            ),
        ),
        Err(why) => Finding::warning(
            subject,
            format!(
                "browsers do not trust it ({why}): look at the order (own first) and at the \
                 authority; one of your own must be installed where players play"
            ),
        ),
    }
}

fn in_use(identity: &Identity, server: &Server) -> Option<Finding> {
    let shown = server.certificate_sha256.as_ref()?;
    (shown != identity.sha256()).then(|| {
        Finding::warning(
            "certificate used",
            "the server that runs shows another certificate than the files hold: it reads them \
             within seconds; if it did not, its log says why, and SIGHUP makes it try at once",
        )
    })
}
