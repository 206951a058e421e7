//! The two sockets on one port: UDP for datagrams, TCP for whole tables.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use super::address::{plain, scope_of, scoped};
use crate::api::error::{Error, ErrorCode, Result};
use crate::fork::{Descriptor, Inherited, inherited};

/// Connections that wait to be accepted: more than ever come at once, so that a cluster which
/// starts together joins at the first try.
const BACKLOG: i32 = 1024;
/// What the kernel should hold for an engine that is late; it gives less where its limit is lower.
const BUFFER_BYTES: usize = 1 << 20;
/// Free ports to try until one is free for both protocols.
const PORT_TRIES: usize = 64;

/// A socket that a forked child closes.
pub(super) struct Held<T> {
    // Before the socket, so that it is dropped first.
    _inherited: Inherited,
    socket: T,
}

impl<T: Descriptor> Held<T> {
    pub(super) fn new(socket: T) -> Self {
        Self { _inherited: inherited(&socket), socket }
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.socket
    }
}

/// What one node listens on. Dropping both frees the port at once.
pub(super) struct Sockets {
    pub(super) udp: Held<UdpSocket>,
    pub(super) tcp: Held<TcpListener>,
    /// Without the interface's number.
    pub(super) listen: SocketAddr,
    /// The interface's number of a link-local listen address, or 0.
    pub(super) scope: u32,
}

/// Binds both sockets on `port`, or on one that is free for both where it is 0. Must be called
/// on the engine's thread.
pub(super) fn bind(ip: IpAddr, port: u16) -> Result<Sockets> {
    let scope = scope_of(ip);
    let address = |port: u16| scoped(SocketAddr::new(ip, port), scope);
    if port != 0 {
        let udp = bind_udp(address(port)).map_err(|error| refused(&error, ip, port, "UDP"))?;
        let tcp = bind_tcp(address(port)).map_err(|error| refused(&error, ip, port, "TCP"))?;
        return assemble(udp, tcp, scope).map_err(|error| refused(&error, ip, port, "UDP"));
    }
    let mut last = None;
    for _ in 0..PORT_TRIES {
        let bound = bind_udp(address(0)).and_then(|udp| {
            let port = udp.local_addr()?.as_socket().map_or(0, |bound| bound.port());
            Ok((udp, bind_tcp(address(port))?))
        });
        match bound.and_then(|(udp, tcp)| assemble(udp, tcp, scope)) {
            Ok(sockets) => return Ok(sockets),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            Err(error) => return Err(refused(&error, ip, 0, "UDP and TCP")),
        }
    }
    let error = last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
    Err(refused(&error, ip, 0, "UDP and TCP"))
}

fn assemble(udp: Socket, tcp: Socket, scope: u32) -> io::Result<Sockets> {
    let udp = UdpSocket::from_std(udp.into())?;
    let tcp = TcpListener::from_std(tcp.into())?;
    Ok(Sockets {
        listen: plain(udp.local_addr()?),
        udp: Held::new(udp),
        tcp: Held::new(tcp),
        scope,
    })
}

/// A socket that a program started by the host does not inherit, of one family alone.
pub(super) fn new_socket(ip: IpAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(SocketAddr::new(ip, 0)), kind, Some(protocol))?;
    if ip.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn bind_udp(address: SocketAddr) -> io::Result<Socket> {
    let socket = new_socket(address.ip(), Type::DGRAM, Protocol::UDP)?;
    // Smaller buffers are no reason not to run: what is lost is sent again.
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_BYTES);
    socket.bind(&address.into())?;
    Ok(socket)
}

fn bind_tcp(address: SocketAddr) -> io::Result<Socket> {
    let socket = new_socket(address.ip(), Type::STREAM, Protocol::TCP)?;
    // Connections of a former run that linger must not keep a restart off its port. Elsewhere than
    // on Unix the option would let two processes share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds of errors of the system are not ours: most mean the same here"
)]
fn refused(error: &io::Error, ip: IpAddr, port: u16, protocol: &str) -> Error {
    let at = SocketAddr::new(ip, port);
    let (code, why) = match error.kind() {
        io::ErrorKind::AddrInUse if port == 0 => {
            (ErrorCode::AddressInUse, format!("no port of {ip} is free for both UDP and TCP"))
        }
        io::ErrorKind::AddrInUse => (
            ErrorCode::AddressInUse,
            format!(
                "another socket holds {at} ({protocol}): set another listen_port, or 0 for any \
                 free one"
            ),
        ),
        io::ErrorKind::AddrNotAvailable => {
            (ErrorCode::InvalidAddress, format!("listen_ip = {ip} is no address of this machine"))
        }
        io::ErrorKind::PermissionDenied => {
            (ErrorCode::InvalidAddress, format!("this process may not listen on {at} ({protocol})"))
        }
        _ if is_exhausted(error) => (
            ErrorCode::Busy,
            format!("no more sockets for this process or system ({protocol} {at}): {error}"),
        ),
        _ => (
            ErrorCode::InvalidAddress,
            format!("the system cannot listen on {at} ({protocol}): {error}"),
        ),
    };
    Error::new(code, format!("{why}; nothing was started"))
}

/// Whether the process or the system has no more descriptors or memory for a socket.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    #[cfg(unix)]
    let codes = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    #[cfg(not(unix))]
    let codes = [10024, 10055]; // WSAEMFILE, WSAENOBUFS
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}
