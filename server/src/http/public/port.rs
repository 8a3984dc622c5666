//! The TCP half of the public port.
//!
//! Never takes a picked number that UDP does not have free too.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::http::{listen_error, usable};
use crate::limits::{PORT_TRIES_MAX, TCP_BACKLOG};

/// Binds the port; port 0 picks a number that is free for UDP too.
pub(super) fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let listen = usable(listen);
    let in_words = |error: io::Error| listen_error("TCP", "--listen", listen, &error);
    let mut tries = 0;
    loop {
        tries += 1;
        let listener = listener(listen).map_err(in_words)?;
        let address = listener.local_addr().map_err(in_words)?;
        let free = listen.port() != 0 || UdpSocket::bind(address).is_ok();
        if free || tries >= PORT_TRIES_MAX {
            return Ok((listener, address));
        }
    }
}

/// An IPv6 wildcard takes IPv4 too, whatever the system's own default.
fn listener(listen: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(listen);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // So that a restarted server gets its port back while old connections fade. On Windows the
    // option would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    socket.listen(TCP_BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picked_number_is_free_for_udp() {
        for listen in ["127.0.0.1:0", "[::]:0"] {
            let (_tcp, address) = bind(listen.parse().unwrap()).unwrap();
            assert!(UdpSocket::bind(address).is_ok());
        }
    }

    #[test]
    fn a_port_in_use_is_said_in_words() {
        let (_tcp, address) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let told = bind(address).unwrap_err();
        assert!(
            told.starts_with("TCP port") && told.contains("--listen"),
            "{told}"
        );
    }
}
