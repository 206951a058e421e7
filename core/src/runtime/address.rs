//! The addresses of this machine, and which of them to use.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

use if_addrs::{Interface, get_if_addrs};

use crate::api::error::{Error, ErrorCode, Result};

/// How far an address reaches; the further, the better for others to be told of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Reach {
    Global,
    Private,
    LinkLocal,
    Loopback,
}

impl Reach {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Loopback => "loopback",
        }
    }

    fn of(ip: IpAddr) -> Self {
        let (loopback, link_local, private) = match ip {
            IpAddr::V4(ip) => (ip.is_loopback(), ip.is_link_local(), is_private(ip)),
            IpAddr::V6(ip) => (ip.is_loopback(), ip.is_unicast_link_local(), ip.is_unique_local()),
        };
        match () {
            () if loopback => Self::Loopback,
            () if link_local => Self::LinkLocal,
            () if private => Self::Private,
            () => Self::Global,
        }
    }
}

/// RFC 1918, and the space that carriers share among customers (RFC 6598).
fn is_private(ip: Ipv4Addr) -> bool {
    ip.is_private() || (ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64)
}

fn interfaces() -> Result<Vec<Interface>> {
    get_if_addrs().map_err(|error| {
        let text = format!("the system does not tell its interfaces: {error}");
        Error::new(ErrorCode::Internal, text)
    })
}

/// Best first: reach, then IPv6 before IPv4, then the system's order.
fn best(candidates: impl Iterator<Item = IpAddr>) -> Option<IpAddr> {
    candidates.min_by_key(|ip| (Reach::of(*ip), ip.is_ipv4()))
}

/// This machine's address; none where there is only loopback.
pub(crate) fn local_ip() -> Result<Option<IpAddr>> {
    let all = interfaces()?.into_iter().map(|interface| interface.ip());
    Ok(best(all.filter(|ip| !ip.is_loopback())))
}

/// The address to advertise by a node that listens on all of one family, and how far it reaches.
pub(super) fn advertised(listen: IpAddr) -> Result<(IpAddr, Reach)> {
    let all = interfaces()?.into_iter().map(|interface| interface.ip());
    let family = all.filter(|ip| ip.is_ipv4() == listen.is_ipv4());
    let ip = best(family).ok_or_else(|| {
        let text = format!(
            "listen_ip = {listen}: this machine has no address of that family to advertise; set \
             advertise_address"
        );
        Error::new(ErrorCode::InvalidAddress, text)
    })?;
    Ok((ip, Reach::of(ip)))
}

/// The interface's number that a link-local address needs to be used at all; 0 for any other.
pub(super) fn scope_of(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => {
            let all = interfaces().unwrap_or_default().into_iter();
            let owner = all.filter(|one| one.ip() == ip).find_map(|one| one.index);
            owner.unwrap_or(0)
        }
        IpAddr::V4(_) | IpAddr::V6(_) => 0,
    }
}

/// The interfaces on which a node that listens on `listen` is to be found, each with its number and
/// an address: that of the listen address; for an unspecified one all of its family but loopback,
/// or loopback where there is nothing else.
pub(super) fn interfaces_of(listen: IpAddr) -> Vec<(u32, IpAddr)> {
    let mut all = interfaces().unwrap_or_default();
    all.retain(|one| one.ip().is_ipv4() == listen.is_ipv4());
    let numbered = |wanted: &dyn Fn(&Interface) -> bool| {
        let mut found: Vec<(u32, IpAddr)> = all
            .iter()
            .filter(|one| wanted(one))
            .filter_map(|one| Some((one.index?, one.ip())))
            .collect();
        found.sort_unstable();
        found.dedup_by_key(|(number, _)| *number);
        found
    };
    let mut found = if listen.is_unspecified() {
        numbered(&|one| !one.is_loopback())
    } else {
        numbered(&|one| one.ip() == listen)
    };
    // All of 127.0.0.0/8 is loopback's, although the system lists one address of it.
    if found.is_empty() && (listen.is_unspecified() || listen.is_loopback()) {
        found = numbered(&Interface::is_loopback);
    }
    if !listen.is_unspecified() {
        found.truncate(1);
        found.iter_mut().for_each(|(_, ip)| *ip = listen);
    }
    found
}

/// Whether it is an address of this machine.
pub(super) fn is_local(ip: IpAddr) -> bool {
    interfaces().is_ok_and(|all| all.iter().any(|one| one.ip() == ip))
}

/// The address without its interface's number and flow label: those mean something on one machine
/// alone, and two spellings of one peer must not be two peers.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// The address as this machine's kernel takes it.
pub(super) fn scoped(address: SocketAddr, scope: u32) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) if scope != 0 && v6.ip().is_unicast_link_local() => {
            SocketAddrV6::new(*v6.ip(), v6.port(), 0, scope).into()
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, best, plain, scoped};
    use std::net::{IpAddr, SocketAddr};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn reach_comes_before_family() {
        let of = |texts: &[&str]| best(texts.iter().map(|text| ip(text)));
        assert_eq!(of(&["fe80::1", "10.0.0.1"]), Some(ip("10.0.0.1")));
        assert_eq!(of(&["10.0.0.1", "fd00::1"]), Some(ip("fd00::1")));
        assert_eq!(of(&["fd00::1", "192.0.2.1"]), Some(ip("192.0.2.1")));
        assert_eq!(of(&["192.0.2.1", "2001:db8::1"]), Some(ip("2001:db8::1")));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn every_kind_of_address_is_known() {
        for (text, reach) in [
            ("127.0.0.2", Reach::Loopback),
            ("::1", Reach::Loopback),
            ("169.254.1.1", Reach::LinkLocal),
            ("fe80::1", Reach::LinkLocal),
            ("172.16.0.1", Reach::Private),
            ("100.64.0.1", Reach::Private),
            ("fd00::1", Reach::Private),
            ("100.128.0.1", Reach::Global),
            ("2001:db8::1", Reach::Global),
        ] {
            assert_eq!(Reach::of(ip(text)), reach, "{text}");
        }
    }

    #[test]
    fn numbers_of_interfaces_stay_on_this_machine() {
        let heard: SocketAddr = "[fe80::1%3]:9999".parse().expect("an address");
        let told: SocketAddr = "[fe80::1]:9999".parse().expect("an address");
        assert_eq!(plain(heard), told);
        assert_eq!(scoped(told, 3), heard);
        let global: SocketAddr = "[2001:db8::1]:9999".parse().expect("an address");
        assert_eq!(scoped(global, 3), global);
    }
}
