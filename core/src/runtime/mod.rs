//! Sockets, clock, names and threads around the engine. Hosts never see any of it.

mod address;
mod counters;
mod driver;
mod executor;
mod keys;
mod learned;
mod list;
mod multicast;
mod resolve;
mod state;
mod stream;
mod term;
mod udp;

use std::collections::BTreeSet;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use address::local_ip;
pub(crate) use counters::Counters;
pub(crate) use executor::Tasks;
pub(crate) use keys::{System, generate_key, read as read_keys};
pub(crate) use term::Disk;

use crate::api::config::{CONFIG_KEYS, Config, Settings};
use crate::api::error::{Error, ErrorCode, Result};
use crate::fork::ForkLocal;
use crate::log::logged;
use crate::pending::{Pending, pending};
use crate::proto::LocalNode;
use crate::shared::{Handle, Shared, defect};
use crate::sync::Mutex;
use driver::Driver;
use executor::Lease;
use multicast::Multicast;
use resolve::Target;
use stream::Dialer;

/// The port of hosts without one, where the own port is any free one.
const DEFAULT_PORT: u16 = 9999;

/// Starts a cluster on the process's engine thread. Never waits: names are looked up there.
pub(crate) fn start<T: Send + 'static>(
    config: &Config,
    wrap: impl FnOnce(Arc<Handle>) -> T + Send + 'static,
) -> Pending<T> {
    let prepared = config.resolve().and_then(|settings| {
        if config.is_given("log_level") {
            crate::log::set_log_level(settings.log_level);
        }
        if config.reads_environment() {
            warn_of_unknown_variables();
        }
        Ok((settings, config.is_given("is_lighthouse"), Lease::take()?))
    });
    let (settings, flag_is_given, lease) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Pending::ready(Err(error)),
    };
    let (promise, pending) = pending();
    let engine_thread = lease.handle().clone();
    engine_thread.spawn(async move {
        let started = bring_up(settings, flag_is_given, lease).await;
        promise.deliver(started.map(wrap));
    });
    pending
}

/// Binds, and starts everything. An error leaves nothing behind.
async fn bring_up(
    mut settings: Settings,
    flag_is_given: bool,
    lease: Lease,
) -> Result<Arc<Handle>> {
    settings.keys = keys::at_start(&settings)?;
    let open = |path: &String| state::StateDir::open(path, &settings.cluster_name);
    let state = settings.state_dir.as_ref().map(open).transpose()?.map(Arc::new);
    let sockets = udp::bind(settings.listen_ip, settings.listen_port)?;
    let listen = sockets.listen;
    let me = identity(&settings, listen).await?;
    let list = list::kept_list(&mut settings, state.as_deref())?;
    list::check_own(&mut settings, &me.name, flag_is_given, list.as_ref())?;
    let default_port = match settings.listen_port {
        0 => DEFAULT_PORT,
        port => port,
    };
    let multicast = settings.multicast_enabled.then(|| Multicast::join(&settings));
    let multicast = multicast.flatten().map(Arc::new);
    let lighthouses = settings.lighthouse_entries();
    let lighthouses = lighthouses.into_iter().filter(|entry| *entry.name != *me.name);
    let hosts = settings.initial_hosts.iter().cloned();
    let seeds: BTreeSet<_> = hosts.chain(lighthouses.map(|entry| entry.host)).collect();
    let dialer = Dialer::new(settings.listen_ip, sockets.scope);
    logged!(
        Info,
        "{}: listens on {listen}, advertised as {}, in cluster {:?}, generation {}, {}",
        me.name,
        me.address,
        settings.cluster_name,
        me.generation,
        match settings.keys.0.first() {
            Some(key) => format!("sealed with key {}", key.id()),
            None => "not sealed".to_owned(),
        }
    );
    let settings = as_they_are(settings, &me, listen);
    let tasks = Tasks::new(lease.handle().clone());
    let kept = term::kept_term(&settings, &me.name, state.as_deref())?;
    let disk = Disk { exists: state.is_some(), list, kept };
    let shared = Arc::new(Shared::new(settings, me, default_port, tasks, &disk));
    let spawn_all = || {
        let udp = (sockets.udp, sockets.scope);
        let (heard, kept) = (multicast.clone(), state.clone());
        let driver = Driver::new(Arc::clone(&shared), udp, dialer, heard, kept);
        spawn(&shared, driver.run());
        spawn(&shared, stream::listen(Arc::clone(&shared), sockets.tcp));
        if let Some(multicast) = multicast {
            spawn(&shared, multicast.listen(Arc::clone(&shared)));
        }
        if let Some(dir) = &state {
            spawn(&shared, state::follow_peers(Arc::clone(&shared), dir.load_peers()));
            spawn(&shared, state::remember_peers(Arc::clone(&shared), Arc::clone(dir)));
            if learned::learns(&shared) {
                let names = learned::load(dir);
                shared.feed(|engine, now| engine.learn(now, &names));
                spawn(&shared, learned::remember(Arc::clone(&shared), Arc::clone(dir), names));
            }
        }
        for seed in seeds {
            spawn(&shared, resolve::follow_seed(Arc::clone(&shared), seed, listen));
        }
    };
    spawn_all();
    lease.handle().clone().spawn(supervise(Arc::clone(&shared), lease, state.clone()));
    Ok(Arc::new(Handle(shared)))
}

fn spawn(shared: &Arc<Shared>, task: impl Future<Output = ()> + Send + 'static) {
    shared.tasks.spawn(guarded(shared, task));
}

/// A panic in the task closes the cluster: without it the node would be half there.
fn guarded<F: Future<Output = ()> + Send + 'static>(
    shared: &Arc<Shared>,
    task: F,
) -> impl Future<Output = ()> + Send + use<F> {
    struct Guard(Arc<Shared>);
    impl Drop for Guard {
        fn drop(&mut self) {
            if std::thread::panicking() {
                self.0.shut(Some(defect()));
            }
        }
    }
    let guard = Guard(Arc::clone(shared));
    async move {
        let _guard = guard;
        task.await;
    }
}

/// Takes everything down when the cluster closes: sockets and tasks first, then the callbacks'
/// thread is waited for, then the engine's thread may end, then whoever waits for it is told.
async fn supervise(shared: Arc<Shared>, lease: Lease, state: Option<Arc<state::StateDir>>) {
    shared.stop.notified().await;
    shared.tasks.end().await;
    if let Some(dir) = state {
        let _last = dir.turn().await;
        // The lock goes with the last hold on the folder, before anybody hears that this is over.
        state::save_at_end(&shared, &dir);
        learned::save_at_end(&shared, &dir);
    }
    if !shared.closed_by_callback.load(Ordering::Acquire) {
        shared.callbacks.join().await;
        shared.watches.join().await;
    }
    drop(lease);
    shared.waiters.released().deliver();
}

/// Who this process is to the others.
async fn identity(settings: &Settings, listen: SocketAddr) -> Result<LocalNode> {
    let address = advertised(settings, listen).await?;
    let name = settings.name.clone().unwrap_or_else(|| address.to_string());
    Ok(LocalNode {
        name: name.into(),
        address,
        generation: generation(),
        run: random()?,
        seed: random()?,
    })
}

async fn advertised(settings: &Settings, listen: SocketAddr) -> Result<SocketAddr> {
    let Some(text) = &settings.advertise_address else {
        if !listen.ip().is_unspecified() {
            return Ok(listen);
        }
        let (ip, reach) = address::advertised(listen.ip())?;
        logged!(
            Info,
            "listen_ip = {} is every address of this machine: the {} address {ip} is advertised \
             (global before private before link-local; set advertise_address to choose another)",
            listen.ip(),
            reach.word()
        );
        return Ok(SocketAddr::new(ip, listen.port()));
    };
    let failed =
        |code, why: String| Error::new(code, format!("advertise_address = {text:?}: {why}"));
    let target = Target::parse(text, listen.port())
        .ok_or_else(|| failed(ErrorCode::InvalidAddress, "it is no host:port".to_owned()))?;
    let found = target.look_up(listen.is_ipv4()).await;
    let found = found.map_err(|error| failed(ErrorCode::ResolveFailed, error.to_string()))?;
    let usable = |ip: IpAddr| !ip.is_unspecified() && !ip.is_multicast();
    let mut usable = found.into_iter().filter(|address| usable(address.ip()));
    usable.next().ok_or_else(|| {
        let why = "others cannot reach a node by such an address".to_owned();
        failed(ErrorCode::InvalidAddress, why)
    })
}

/// The settings with what was chosen where they left the choice: what getters tell.
fn as_they_are(mut settings: Settings, me: &LocalNode, listen: SocketAddr) -> Settings {
    settings.listen_port = listen.port();
    settings.advertise_address = Some(me.address.to_string());
    settings.name = Some(me.name.as_ref().to_owned());
    settings.is_lighthouse |=
        settings.lighthouse_entries().iter().any(|entry| *entry.name == *me.name);
    settings.multicast_address = Some(settings.multicast_group());
    let floor = settings.suspicion_floor().as_millis();
    settings.suspicion_floor_millis = u64::try_from(floor).ok();
    let patience = settings.hung_patience().as_millis();
    settings.hung_patience_millis = u64::try_from(patience).ok();
    settings
}

fn random() -> Result<u64> {
    getrandom::u64().map_err(|error| {
        let text = format!("the system gives no random bytes: {error}");
        Error::new(ErrorCode::Internal, text)
    })
}

/// A variable that looks like one of ours and is none is most likely a mistyped one. Each is told
/// once in the life of the process.
fn warn_of_unknown_variables() {
    static TOLD: ForkLocal<Mutex<BTreeSet<String>>> = ForkLocal::new(Mutex::default);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let known = || CONFIG_KEYS.iter().any(|key| key.environment == name);
        if name.starts_with("SEAFOAM_") && !known() && TOLD.get().lock().insert(name.to_string()) {
            logged!(
                Warn,
                "the environment variable {name} looks like a setting of seafoam but is none; it is \
                 ignored"
            );
        }
    }
}

/// Milliseconds since the epoch, and never twice the same in one process: a node that is restarted
/// within the same millisecond is a newer run all the same.
fn generation() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = wall_millis();
    let last = LAST.update(Ordering::Relaxed, Ordering::Relaxed, |last| now.max(last + 1));
    now.max(last + 1)
}

/// The wall clock in milliseconds since the epoch.
pub(crate) fn wall_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
