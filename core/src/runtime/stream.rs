//! Whole tables over TCP: one request, one answer, within one time limit.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::address::{plain, scoped};
use super::counters::Seldom;
use super::udp::{Held, is_exhausted};
use crate::limits;
use crate::log::logged;
use crate::proto::{KnockAnswer, StreamFailure};
use crate::shared::Shared;
use crate::sync::Mutex;

/// How long no connection is accepted after the system had no descriptor for one.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes taken from a connection at once.
const CHUNK_BYTES: usize = 16 << 10;

/// Where this node's own exchanges begin, and how many at once.
pub(super) struct Dialer {
    from: Option<SocketAddr>,
    scope: u32,
    connecting: Semaphore,
    exchanging: Semaphore,
}

impl Dialer {
    /// Connections come from the listen address, as datagrams do, so that one rule of a firewall
    /// fits both.
    pub(super) fn new(listen: IpAddr, scope: u32) -> Self {
        let from = (!listen.is_unspecified()).then(|| scoped(SocketAddr::new(listen, 0), scope));
        Self {
            from,
            scope,
            connecting: Semaphore::new(limits::CONNECTING),
            exchanging: Semaphore::new(limits::SYNCS),
        }
    }

    /// One exchange from its connection to the last byte of the answer.
    pub(super) async fn exchange(
        &self,
        to: SocketAddr,
        request: &[u8],
    ) -> Result<Vec<u8>, StreamFailure> {
        // Dead seeds take long to connect to: they do not wait in front of living ones for a slot.
        let Ok(_connecting) = self.connecting.acquire().await else {
            return Err(StreamFailure::Broken);
        };
        let whole = async {
            let stream = self.connect(scoped(to, self.scope)).await?;
            let Ok(_exchanging) = self.exchanging.acquire().await else {
                return Err(StreamFailure::Broken);
            };
            ask(stream, request).await.map_err(|_| StreamFailure::Broken)
        };
        timeout(limits::STREAM_TIME, whole).await.unwrap_or(Err(StreamFailure::TimedOut))
    }

    /// Whether the kernel there takes a connection, which is closed at once.
    pub(super) async fn knock(&self, to: SocketAddr, within: Duration) -> KnockAnswer {
        match timeout(within, self.connect(scoped(to, self.scope))).await {
            Ok(Ok(_)) => KnockAnswer::Accepted,
            Ok(Err(StreamFailure::Refused)) => KnockAnswer::Refused,
            Ok(Err(StreamFailure::TimedOut | StreamFailure::Broken)) | Err(_) => {
                KnockAnswer::Silence
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of errors of the system are not ours: most mean the same here"
    )]
    async fn connect(&self, to: SocketAddr) -> Result<TcpStream, StreamFailure> {
        let socket = match to {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let connected = async {
            let socket = socket?;
            if let Some(from) = self.from {
                socket.bind(from)?;
            }
            socket.connect(to).await
        };
        connected.await.map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                StreamFailure::Refused
            }
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => StreamFailure::TimedOut,
            _ => StreamFailure::Broken,
        })
    }
}

async fn ask(mut stream: TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request).await?;
    stream.shutdown().await?;
    read_to_end(&mut stream).await
}

/// Everything up to the peer's end of writing; memory grows with what has arrived alone.
async fn read_to_end(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = stream.take(limits::STREAM_BYTES as u64 + 1);
    loop {
        bytes.reserve(CHUNK_BYTES);
        if rest.read_buf(&mut bytes).await? == 0 {
            return Ok(bytes);
        }
        if bytes.len() > limits::STREAM_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

/// Connections being served, by address.
#[derive(Default)]
struct Slots {
    taken: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One of them; its place is free again when it is dropped.
struct Slot {
    slots: Arc<Slots>,
    ip: IpAddr,
}

impl Slots {
    fn take(self: &Arc<Self>, ip: IpAddr) -> Option<Slot> {
        let mut taken = self.taken.lock();
        let all: usize = taken.values().sum();
        let of_this = taken.get(&ip).copied().unwrap_or(0);
        if all >= limits::STREAM_SLOTS || of_this >= limits::STREAM_SLOTS_PER_ADDRESS {
            return None;
        }
        taken.insert(ip, of_this + 1);
        Some(Slot { slots: Arc::clone(self), ip })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock();
        match taken.get_mut(&self.ip) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                taken.remove(&self.ip);
            }
        }
    }
}

/// Accepts for as long as the cluster lives.
pub(super) async fn listen(shared: Arc<Shared>, listener: Held<TcpListener>) {
    let slots = Arc::new(Slots::default());
    let (full, failing) = (Seldom::default(), Seldom::default());
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let from = plain(from);
                let Some(slot) = slots.take(from.ip()) else {
                    shared.counters.streams_refused.one();
                    if let Some(others) = full.passes() {
                        logged!(
                            Warn,
                            "a TCP connection of {from} was closed: all slots are taken ({others} \
                             more since the last such line)"
                        );
                    }
                    continue;
                };
                shared.counters.streams_accepted.one();
                let served = Arc::clone(&shared);
                shared.tasks.spawn(super::guarded(&shared, async move {
                    serve(&served, stream, from).await;
                    drop(slot);
                }));
            }
            Err(error) => {
                if let Some(others) = failing.passes() {
                    logged!(
                        Warn,
                        "a TCP connection could not be accepted: {error} ({others} more since the \
                         last such line)"
                    );
                }
                if is_exhausted(&error) {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn serve(shared: &Shared, mut stream: TcpStream, from: SocketAddr) {
    let whole = async {
        let request = read_to_end(&mut stream).await?;
        if request.is_empty() {
            return Ok(()); // somebody knocked
        }
        let answer = shared.feed(|engine, now| engine.serve_stream(now, from, &request));
        if let Some(answer) = answer.flatten() {
            stream.write_all(&answer).await?;
            stream.shutdown().await?;
        }
        io::Result::Ok(())
    };
    match timeout(limits::STREAM_TIME, whole).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            if error.kind() == io::ErrorKind::FileTooLarge {
                shared.counters.dropped_oversized.one();
            }
            shared.counters.streams_failed.one();
        }
        Err(_) => shared.counters.streams_failed.one(),
    }
}
