//! The native module of the Python package: arguments in, one call of the facade, result out.
//!
//! Two rules hold everywhere here. Threads of the engine never enter the interpreter: they ring a
//! [`wake::Bell`]. And no lock is held across a detach from the interpreter.

#[cfg(feature = "bench")]
mod bench;
mod cluster;
mod config;
mod error;
mod event;
mod held;
mod keyring;
mod log;
mod node;
mod pending;
mod process;
mod record;
mod sim;
mod subscription;
mod wake;
mod words;

use pyo3::prelude::*;

/// This machine's address as text: global before private, IPv6 before IPv4; None where there is
/// none but loopback.
#[pyfunction]
fn local_ip(py: Python<'_>) -> PyResult<Option<String>> {
    let ip = py.detach(seafoam::local_ip).map_err(|error| error::raise(py, error))?;
    Ok(ip.map(|ip| ip.to_string()))
}

/// A new key for `keys` or a `keys_file`: 32 random bytes in base64.
#[pyfunction]
fn generate_key(py: Python<'_>) -> PyResult<String> {
    seafoam::generate_key().map_err(|error| error::raise(py, error))
}

/// The wall clock in milliseconds since the epoch.
#[pyfunction]
fn now_millis() -> u64 {
    seafoam::now_millis()
}

#[pymodule(gil_used = true)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", seafoam::VERSION)?;
    module.add("PING_NO_DATA", seafoam::PING_NO_DATA)?;
    module.add("PING_TIMED_OUT", seafoam::PING_TIMED_OUT)?;
    module.add("DATACENTER_NONE", seafoam::DATACENTER_NONE)?;
    module.add_class::<cluster::ClusterBase>()?;
    module.add_class::<config::ConfigKey>()?;
    module.add_class::<keyring::NativeKeyring>()?;
    module.add_class::<log::LogReader>()?;
    module.add_class::<node::Lease>()?;
    module.add_class::<node::Node>()?;
    module.add_class::<node::Receipt>()?;
    module.add_class::<node::Validity>()?;
    module.add_class::<node::Why>()?;
    module.add_class::<pending::Pending>()?;
    module.add_class::<sim::SimCluster>()?;
    module.add_class::<sim::SimTicket>()?;
    module.add_class::<subscription::BlockingEvents>()?;
    module.add_class::<subscription::Subscription>()?;
    module.add_class::<wake::WakeHub>()?;
    event::add_classes(module)?;
    #[cfg(feature = "bench")]
    {
        module.add_function(wrap_pyfunction!(bench::publish, module)?)?;
        module.add_function(wrap_pyfunction!(bench::publish_now, module)?)?;
        module.add_function(wrap_pyfunction!(bench::publish_paced, module)?)?;
        module.add_function(wrap_pyfunction!(bench::clock, module)?)?;
        module.add_function(wrap_pyfunction!(bench::sent, module)?)?;
    }
    module.add_function(wrap_pyfunction!(words::vocabularies, module)?)?;
    module.add_function(wrap_pyfunction!(words::install, module)?)?;
    module.add_function(wrap_pyfunction!(config::config_keys, module)?)?;
    module.add_function(wrap_pyfunction!(process::close_all, module)?)?;
    module.add_function(wrap_pyfunction!(log::log, module)?)?;
    module.add_function(wrap_pyfunction!(log::log_level, module)?)?;
    module.add_function(wrap_pyfunction!(log::set_log_level, module)?)?;
    module.add_function(wrap_pyfunction!(generate_key, module)?)?;
    module.add_function(wrap_pyfunction!(local_ip, module)?)?;
    module.add_function(wrap_pyfunction!(now_millis, module)?)
}
