//! Discovery without a seed: announcements to a multicast group, and those of others.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::{Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;

use super::address::{interfaces_of, plain};
use super::udp::{Held, new_socket};
use crate::api::config::Settings;
use crate::limits;
use crate::log::logged;
use crate::shared::Shared;

/// The socket of one node in its group, on each interface on which the node listens.
pub(super) struct Multicast {
    socket: Held<UdpSocket>,
    group: SocketAddr,
    interfaces: Vec<(u32, IpAddr)>,
    loopback_only: bool,
    warned: AtomicBool,
}

impl Multicast {
    /// Joins the group; none, with one warning, where the network refuses: the node runs without.
    pub(super) fn join(settings: &Settings) -> Option<Self> {
        let group = SocketAddr::new(settings.multicast_group(), settings.multicast_port);
        let joined = Self::open(settings.listen_ip, group);
        if let Err(error) = &joined {
            warn(group, error);
        }
        joined.ok()
    }

    fn open(listen: IpAddr, group: SocketAddr) -> io::Result<Self> {
        let socket = new_socket(group.ip(), Type::DGRAM, Protocol::UDP)?;
        socket.set_reuse_address(true)?; // every node of this machine listens on the port
        #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
        socket.set_reuse_port(true)?;
        only_joined_groups(&socket, group.ip())?;
        socket.bind(&bind_address(group).into())?;
        let mut interfaces = interfaces_of(listen);
        let mut last = None;
        interfaces.retain(|interface| match join_on(&socket, group.ip(), *interface) {
            Ok(()) => true,
            Err(error) => {
                last = Some(error);
                false
            }
        });
        if interfaces.is_empty() {
            return Err(last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()));
        }
        Ok(Self {
            socket: Held::new(UdpSocket::from_std(socket.into())?),
            group,
            interfaces,
            loopback_only: listen.is_loopback(),
            warned: AtomicBool::new(false),
        })
    }

    /// Sends one announcement on every interface; one warning where none of them takes it.
    pub(super) async fn announce(&self, shared: &Shared, bytes: &[u8]) {
        let mut refused = None;
        let mut sent = false;
        for interface in &self.interfaces {
            match self.send_on(*interface, bytes).await {
                Ok(()) => sent = true,
                Err(error) => refused = Some(error),
            }
        }
        if sent {
            shared.counters.multicast_sent.one();
        } else if let Some(error) = refused
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            warn(self.group, &error);
        }
    }

    async fn send_on(&self, (number, ip): (u32, IpAddr), bytes: &[u8]) -> io::Result<()> {
        let options = SockRef::from(&*self.socket);
        let to = match (self.group.ip(), ip) {
            (IpAddr::V6(group), _) => {
                options.set_multicast_if_v6(number)?;
                SocketAddrV6::new(group, self.group.port(), 0, number).into()
            }
            (IpAddr::V4(_), IpAddr::V4(ip)) => {
                options.set_multicast_if_v4(&ip)?;
                self.group
            }
            (IpAddr::V4(_), IpAddr::V6(_)) => return Err(io::ErrorKind::InvalidInput.into()),
        };
        self.socket.send_to(bytes, to).await.map(drop)
    }

    /// Hands announcements to the engine for as long as the cluster lives.
    pub(super) async fn listen(self: Arc<Self>, shared: Arc<Shared>) {
        let mut buffer = vec![0; limits::DATAGRAM_BYTES];
        loop {
            // Errors of a datagram socket are about single datagrams: the next one may be fine.
            let Ok((length, from)) = self.socket.recv_from(&mut buffer).await else {
                tokio::task::yield_now().await;
                continue;
            };
            if self.loopback_only && !from.ip().is_loopback() {
                shared.counters.multicast_ignored.one();
                continue;
            }
            let bytes = buffer.get(..length).unwrap_or_default();
            shared.feed(|engine, now| engine.handle_announcement(now, plain(from), bytes));
        }
    }
}

fn warn(group: SocketAddr, error: &io::Error) {
    logged!(
        Warn,
        "no multicast on {group}: {error}; members are found by initial_hosts alone (set \
         multicast_enabled to false to do without this line)"
    );
}

/// Binding to the group keeps everything else away from the socket, where the system allows it.
fn bind_address(group: SocketAddr) -> SocketAddr {
    match group.ip() {
        IpAddr::V4(_) if cfg!(unix) => group,
        IpAddr::V4(_) => SocketAddr::new(std::net::Ipv4Addr::UNSPECIFIED.into(), group.port()),
        // A group of the link would have to be bound once for each interface.
        IpAddr::V6(_) => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), group.port()),
    }
}

fn join_on(socket: &Socket, group: IpAddr, (number, ip): (u32, IpAddr)) -> io::Result<()> {
    match (group, ip) {
        (IpAddr::V4(group), IpAddr::V4(ip)) => socket.join_multicast_v4(&group, &ip),
        (IpAddr::V6(group), _) => socket.join_multicast_v6(&group, number),
        (IpAddr::V4(_), IpAddr::V6(_)) => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Linux by default delivers what any process of the machine has joined, on any interface.
fn only_joined_groups(socket: &Socket, group: IpAddr) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    match group {
        IpAddr::V4(_) => socket.set_multicast_all_v4(false)?,
        IpAddr::V6(_) => socket.set_multicast_all_v6(false)?,
    }
    let _ = (socket, group);
    Ok(())
}
