//! Host names: those of seeds, looked up again and again, and those that the host names.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::address::plain;
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::node::Node;
use crate::api::value::split_host;
use crate::limits;
use crate::log::logged;
use crate::pending::{Pending, pending};
use crate::proto::{Engine, Time};
use crate::shared::Shared;

/// The first pause between two tries; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause, and the one between two looks at a seed that is a member.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// So many tries without an answer make a warning: the first ones may well be too early.
const PATIENCE: u32 = 4;

/// A host and its port, as somebody wrote them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    host: String,
    port: u16,
}

impl Target {
    pub(super) fn parse(text: &str, default_port: u16) -> Option<Self> {
        let (host, port) = split_host(text.trim())?;
        Some(Self { host: host.to_owned(), port: port.unwrap_or(default_port) })
    }

    /// The address where it is one already, without asking anybody.
    fn literal(&self) -> Option<SocketAddr> {
        let ip: IpAddr = self.host.parse().ok()?;
        Some(SocketAddr::new(ip, self.port))
    }

    /// One spelling for each target: the name of a node that was added by address.
    fn text(&self) -> String {
        match self.literal() {
            Some(address) => address.to_string(),
            None if self.host.contains(':') => format!("[{}]:{}", self.host, self.port),
            None => format!("{}:{}", self.host, self.port),
        }
    }

    /// All addresses of the family, as many as are taken from one answer.
    pub(super) async fn look_up(&self, ipv4: bool) -> io::Result<Vec<SocketAddr>> {
        let mut found: Vec<SocketAddr> = match self.literal() {
            Some(address) => vec![address],
            None => {
                let all = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
                all.map(plain).collect()
            }
        };
        found.retain(|address| address.is_ipv4() == ipv4);
        found.truncate(limits::ADDRESSES_PER_HOST);
        if found.is_empty() {
            let family = if ipv4 { "IPv4" } else { "IPv6" };
            return Err(io::Error::other(format!("it has no {family} address")));
        }
        Ok(found)
    }
}

/// Contacts one seed for ever: the name may point elsewhere tomorrow, and a seed that died may be
/// the only way back together after a partition.
pub(super) async fn follow_seed(shared: Arc<Shared>, text: String, listen: SocketAddr) {
    let Some(target) = Target::parse(&text, shared.default_port) else {
        return; // refused when the configuration was checked
    };
    let mut trouble = Trouble::default();
    let mut pause = FIRST_PAUSE;
    while !shared.waiters.leaves() {
        match target.look_up(listen.is_ipv4()).await {
            Ok(addresses) => {
                let own = addresses.iter().all(|address| is_own(&shared, listen, *address));
                let known = || shared.feed(|engine, now| engine.contact(now, &addresses));
                if own || known() == Some(true) {
                    trouble.over(&text);
                    pause = LONGEST_PAUSE;
                } else {
                    trouble.silent(&text);
                }
            }
            Err(error) => {
                shared.counters.resolve_failures.one();
                trouble.unresolved(&text, &error);
            }
        }
        tokio::time::sleep(pause).await;
        pause = match pause {
            LONGEST_PAUSE if trouble.tries == 0 => FIRST_PAUSE,
            _ => (pause * 2).min(LONGEST_PAUSE),
        };
    }
}

fn is_own(shared: &Shared, listen: SocketAddr, address: SocketAddr) -> bool {
    address == shared.advertised()
        || (address.port() == listen.port()
            && (address.ip() == listen.ip()
                || listen.ip().is_unspecified() && super::address::is_local(address.ip())))
}

/// What was said of one seed, so that it is said once.
#[derive(Default)]
struct Trouble {
    tries: u32,
    warned: bool,
}

impl Trouble {
    fn over(&mut self, seed: &str) {
        if self.warned {
            logged!(Info, "seed {seed} answers");
        }
        *self = Self::default();
    }

    fn silent(&mut self, seed: &str) {
        self.tries += 1;
        if self.tries >= PATIENCE && !self.warned {
            self.warned = true;
            logged!(Warn, "seed {seed} does not answer; it is tried again for ever");
        }
    }

    fn unresolved(&mut self, seed: &str, error: &io::Error) {
        self.tries += 1;
        if !self.warned {
            self.warned = true;
            logged!(Warn, "seed {seed} does not resolve: {error}; it is tried again for ever");
        }
    }
}

impl Shared {
    /// Adds a node by its address; a host name is looked up in the background, for as long as it
    /// takes.
    pub(crate) fn add_node(self: &Arc<Self>, address: &str) -> Result<Arc<Node>> {
        self.check()?;
        let target = self.target(address)?;
        let literal = target.literal();
        self.check_family(address, literal)?;
        let text = target.text();
        let node = self.with_engine(|engine, now| engine.add_node(now, &text, literal))?;
        if literal.is_none() {
            let shared = Arc::clone(self);
            let task = async move { shared.resolve_added(&target, &text).await };
            self.tasks.spawn(super::guarded(self, task));
        }
        Ok(Arc::new(node))
    }

    async fn resolve_added(&self, target: &Target, text: &str) {
        let mut pause = FIRST_PAUSE;
        let mut trouble = Trouble::default();
        let waits = || {
            let node = self.view.read().find(text, self.now());
            node.is_some_and(|node| node.ip.is_none())
        };
        while waits() {
            match target.look_up(self.advertised().is_ipv4()).await {
                Ok(addresses) if waits() => {
                    let first = addresses.first().copied();
                    self.feed(|engine, now| drop(engine.add_node(now, text, first)));
                    return;
                }
                Ok(_) => return,
                Err(error) => {
                    self.counters.resolve_failures.one();
                    trouble.unresolved(text, &error);
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Pings a node, by its name or address, or any address.
    pub(crate) fn ping_node(self: &Arc<Self>, node: &str) -> Pending<f64> {
        let target = match self.check().and_then(|()| self.reachable(node)) {
            Ok(target) => target,
            Err(error) => return Pending::ready(Err(error)),
        };
        let (promise, pending) = pending();
        let ticket = self.next_ticket();
        self.waiters.add_pong(ticket, node.into(), promise).deliver();
        self.with_address(ticket, target, move |engine, now, to| {
            engine.ping(now, to, ticket, limits::PING_TIME)
        });
        pending
    }

    pub(crate) fn send(self: &Arc<Self>, node: &str, bytes: &[u8]) -> Pending<()> {
        let target = match self.check().and_then(|()| self.reachable(node)) {
            Ok(target) => target,
            Err(error) => return Pending::ready(Err(error)),
        };
        let (promise, pending) = pending();
        let ticket = self.next_ticket();
        let bytes: Arc<[u8]> = bytes.into();
        self.waiters.add_send(ticket, node.into(), promise).deliver();
        self.with_address(ticket, target, move |engine, now, to| {
            engine.send(now, to, &bytes, ticket)
        });
        pending
    }

    /// Gives the engine a command with the address of a target, at once or when its name was looked
    /// up; where that fails, whoever waits under `ticket` is told.
    fn with_address(
        self: &Arc<Self>,
        ticket: u64,
        target: Target,
        command: impl FnOnce(&mut Engine, Time, SocketAddr) -> Result<()> + Send + 'static,
    ) {
        let begin = move |shared: &Self, to| {
            if let Err(error) = shared.with_engine(|engine, now| command(engine, now, to)) {
                shared.waiters.fail_ticket(ticket, error).deliver();
            }
        };
        if let Some(address) = target.literal() {
            begin(self, address);
            return;
        }
        let Ok(place) = Arc::clone(&self.lookups).try_acquire_owned() else {
            let text =
                format!("{} host names are being looked up, which is the limit", limits::LOOKUPS);
            let busy = Error::new(ErrorCode::Busy, text);
            self.waiters.fail_ticket(ticket, busy).deliver();
            return;
        };
        let shared = Arc::clone(self);
        let task = async move {
            let found = target.look_up(shared.advertised().is_ipv4()).await;
            drop(place);
            let error = match found.map(|addresses| addresses.first().copied()) {
                Ok(Some(address)) => return begin(&shared, address),
                Ok(None) => "no address of the family of listen_ip".to_owned(),
                Err(error) => error.to_string(),
            };
            shared.counters.resolve_failures.one();
            let text = format!("{} does not resolve: {error}", target.host);
            let failed = Error::new(ErrorCode::ResolveFailed, text);
            shared.waiters.fail_ticket(ticket, failed).deliver();
        };
        self.tasks.spawn(super::guarded(self, task));
    }

    /// A member's address, or what is an address by itself. A bare word that is no member's name is
    /// more likely a mistyped name than a host without a port.
    fn reachable(&self, node: &str) -> Result<Target> {
        let member = self.view.read().find(node, self.now());
        if let Some(member) = member {
            return match member.ip {
                Some(ip) => Ok(Target { host: ip.to_string(), port: member.port }),
                None => self.target(&member.address),
            };
        }
        let port_given = split_host(node.trim()).is_some_and(|(_, port)| port.is_some());
        let target = self.target(node).ok();
        let literal = target.as_ref().and_then(Target::literal);
        match target {
            Some(target) if port_given || literal.is_some() => {
                self.check_family(node, literal)?;
                Ok(target)
            }
            Some(_) | None => Err(Error::new(
                ErrorCode::UnknownNode,
                format!("no node has the name or address {:?}", short(node)),
            )),
        }
    }

    fn target(&self, text: &str) -> Result<Target> {
        Target::parse(text, self.default_port).ok_or_else(|| {
            let text = format!(
                "{:?} is no address: it takes host, host:port, ip:port or [ipv6]:port",
                short(text)
            );
            Error::new(ErrorCode::InvalidAddress, text)
        })
    }

    fn check_family(&self, text: &str, literal: Option<SocketAddr>) -> Result<()> {
        let own = self.advertised();
        if literal.is_none_or(|address| address.is_ipv4() == own.is_ipv4()) {
            return Ok(());
        }
        let family = if own.is_ipv4() { "IPv4" } else { "IPv6" };
        let text = format!("{:?} is of another family: this node speaks {family}", short(text));
        Err(Error::new(ErrorCode::InvalidAddress, text))
    }
}

/// A text from outside can be of any length: enough of it to recognise it.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn one_target_has_one_spelling() {
        let text = |text: &str| Target::parse(text, 9999).map(|target| target.text());
        assert_eq!(text("10.0.0.1"), Some("10.0.0.1:9999".to_owned()));
        assert_eq!(text(" 10.0.0.1:7 "), Some("10.0.0.1:7".to_owned()));
        assert_eq!(text("0:0::1"), Some("[::1]:9999".to_owned()));
        assert_eq!(text("[::1]:7"), Some("[::1]:7".to_owned()));
        assert_eq!(text("[fe80::1%eth0]:7"), Some("[fe80::1%eth0]:7".to_owned()));
        assert_eq!(text("host"), Some("host:9999".to_owned()));
        assert_eq!(text("host:0"), None);
        assert_eq!(text("a b"), None);
    }
}
