//! Whole tables over TCP: one request, one answer, within one time limit.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::address::{plain, scoped};
use super::counters::Seldom;
use super::udp::{Held, is_exhausted};
use crate::limits;
use crate::log::logged;
use crate::proto::seal::{Greeting, HELLO_BYTES, StreamOpener};
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
        shared: &Shared,
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
            ask(shared, stream, request).await.map_err(|_| StreamFailure::Broken)
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

async fn ask(shared: &Shared, mut stream: TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
    let sealed = shared.feed(|engine, _| engine.is_sealed().then(|| engine.greet()));
    let Some(greeting) = sealed.flatten() else {
        stream.write_all(request).await?;
        stream.shutdown().await?;
        return read_to_end(&mut stream).await;
    };
    let own = greeting.ok_or(io::ErrorKind::Other)?;
    stream.write_all(&own.bytes).await?;
    let to = plain(stream.peer_addr()?);
    let theirs = greeting_of(&mut stream).await?;
    let keys = shared.feed(|engine, now| engine.greeted(now, to, &own, &theirs));
    let (mut sealer, opener) = keys.and_then(Result::ok).ok_or(io::ErrorKind::InvalidData)?;
    let request = sealer.seal(request).ok_or(io::ErrorKind::InvalidInput)?;
    stream.write_all(&request).await?;
    stream.shutdown().await?;
    Unsealing { shared, from: to, opener }.read_to_end(&mut stream, || ()).await
}

/// The first bytes of a sealed connection.
async fn greeting_of(stream: &mut TcpStream) -> io::Result<Greeting> {
    let mut bytes = [0; HELLO_BYTES];
    stream.read_exact(&mut bytes).await?;
    Ok(Greeting { bytes })
}

/// One direction of a sealed connection, as it is read.
struct Unsealing<'a> {
    shared: &'a Shared,
    from: SocketAddr,
    opener: StreamOpener,
}

impl Unsealing<'_> {
    /// Everything up to the peer's end of writing, opened; `authentic` is called once, when the first
    /// frame has shown that the peer has the key.
    async fn read_to_end(
        mut self,
        stream: &mut TcpStream,
        authentic: impl FnOnce(),
    ) -> io::Result<Vec<u8>> {
        let (mut arrived, mut bytes) = (Vec::new(), Vec::new());
        let mut authentic = Some(authentic);
        loop {
            arrived.clear();
            arrived.reserve(CHUNK_BYTES);
            if stream.read_buf(&mut arrived).await? == 0 {
                // What is cut off in the middle is told by the frames inside.
                return Ok(bytes);
            }
            if let Err(error) = self.opener.push(&arrived, &mut bytes) {
                self.shared.feed(|engine, now| engine.refuse_stream(now, self.from, error));
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.opener.frames() > 0
                && let Some(authentic) = authentic.take()
            {
                authentic();
            }
            if bytes.len() > limits::STREAM_BYTES {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    }
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
    let greetings = Greetings::new();
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
                let greetings = Arc::clone(&greetings);
                shared.tasks.spawn(super::guarded(&shared, async move {
                    serve(&served, &greetings, stream, from).await;
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

/// Serves one connection. In a sealed cluster it first waits for a place among those whose peers have
/// yet to show that they have the key: whoever lacks it cannot keep others from joining.
async fn serve(
    shared: &Shared,
    greetings: &Arc<Greetings>,
    mut stream: TcpStream,
    from: SocketAddr,
) {
    let sealed = shared.feed(|engine, _| engine.is_sealed());
    let whole = async {
        if sealed == Some(true) {
            return serve_sealed(shared, greetings, &mut stream, from).await;
        }
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

async fn serve_sealed(
    shared: &Shared,
    greetings: &Arc<Greetings>,
    stream: &mut TcpStream,
    from: SocketAddr,
) -> io::Result<()> {
    let Some(place) = greetings.place(from.ip()).await else {
        shared.counters.streams_refused.one();
        return Err(io::ErrorKind::ConnectionRefused.into());
    };
    // The place is free again when the peer is authentic, or when its time is over.
    let (authentic, is_authentic) = oneshot::channel();
    let request = async {
        if stream.peek(&mut [0]).await? == 0 {
            return Ok(None); // somebody knocked
        }
        let theirs = greeting_of(stream).await?;
        let called = shared.feed(|engine, now| engine.called(now, from, &theirs));
        let called = called.and_then(Result::ok).ok_or(io::ErrorKind::InvalidData)?;
        let (own, sealer, opener) = called;
        stream.write_all(&own.bytes).await?;
        let unsealing = Unsealing { shared, from, opener };
        // Nobody listens any more only where this is over anyway.
        let told = || authentic.send(()).unwrap_or_default();
        let request = unsealing.read_to_end(stream, told).await?;
        io::Result::Ok(Some((sealer, request)))
    };
    let watch = async {
        let in_time = timeout(limits::GREETING_TIME, is_authentic).await;
        drop(place);
        match in_time {
            Ok(Ok(())) => std::future::pending().await,
            Ok(Err(_)) | Err(_) => io::Error::from(io::ErrorKind::TimedOut),
        }
    };
    let asked = tokio::select! {
        biased;
        request = request => request?,
        late = watch => return Err(late),
    };
    let Some((mut sealer, request)) = asked else { return Ok(()) };
    let answer = shared.feed(|engine, now| engine.serve_stream(now, from, &request));
    if let Some(answer) = answer.flatten() {
        let answer = sealer.seal(&answer).ok_or(io::ErrorKind::InvalidInput)?;
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
    }
    Ok(())
}

/// Places of connections whose peers have yet to show that they have the key.
struct Greetings {
    all: Arc<Semaphore>,
    of_address: Mutex<BTreeMap<IpAddr, (Arc<Semaphore>, usize)>>,
    waiting: Arc<Semaphore>,
}

/// Place of one connection.
struct Place {
    _all: OwnedSemaphorePermit,
    _of_address: OwnedSemaphorePermit,
}

/// One that waits for its place: forgets the address with the last of them.
struct Waiting {
    greetings: Arc<Greetings>,
    ip: IpAddr,
    _waiting: OwnedSemaphorePermit,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut of_address = self.greetings.of_address.lock();
        if let Some((_, users)) = of_address.get_mut(&self.ip) {
            *users -= 1;
            if *users == 0 {
                of_address.remove(&self.ip);
            }
        }
    }
}

impl Greetings {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(limits::GREETING_SLOTS)),
            of_address: Mutex::default(),
            waiting: Arc::new(Semaphore::new(limits::GREETINGS_WAITING)),
        })
    }

    /// Waits for a place; none where too many wait already.
    async fn place(self: &Arc<Self>, ip: IpAddr) -> Option<(Place, Waiting)> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().ok()?;
        // Many nodes of one machine are many nodes, not one that wants too much.
        let most = if ip.is_loopback() {
            limits::GREETING_SLOTS
        } else {
            limits::GREETING_SLOTS_PER_ADDRESS
        };
        let of_address = {
            let mut of_address = self.of_address.lock();
            let entry = of_address.entry(ip).or_insert_with(|| (Arc::new(Semaphore::new(most)), 0));
            entry.1 += 1;
            Arc::clone(&entry.0)
        };
        let waiting = Waiting { greetings: Arc::clone(self), ip, _waiting: waiting };
        let of_address = of_address.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some((Place { _all: all, _of_address: of_address }, waiting))
    }
}
