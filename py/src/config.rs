//! Configuration: Python values become the text that the core's table reads.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDict, PyFrozenSet, PyInt, PyList, PyMapping, PySet, PyString, PyTuple,
};
use seafoam::api::config::find;
use seafoam::api::value::Accepts;
use seafoam::{CONFIG_KEYS, Config};

use crate::error::{raise, refused};
use crate::record::record;

record! {
    /// One key of the configuration.
    ConfigKey as "ConfigKey", "seafoam" (&'static seafoam::ConfigKey) |this, py| {
        /// Name of the keyword argument, and of the key for `get` and `set`.
        name: &'static str = this.name;
        /// Name of its environment variable.
        environment: &'static str = this.environment;
        /// Text of its default; empty where there is none.
        default: &'static str = this.default;
        /// What it takes, for people.
        accepts: String = this.accepts.to_string();
        /// What kind of Python value says it best: int, bool, text, ip, rule, texts, ints, map, word or path.
        shape: &'static str = shape(&this.accepts);
        /// Whether it can be changed while the cluster runs.
        live: bool = this.live;
        /// Whether the engine behind it stands; else any value but the default is `not_available`.
        available: bool = this.available;
        /// Whether its value is never shown.
        secret: bool = this.secret;
        /// What it means, for people.
        doc: &'static str = this.doc;
    }
}

impl PartialEq for ConfigKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

/// What kind of Python value says it best, beside text.
const fn shape(accepts: &Accepts) -> &'static str {
    match accepts {
        Accepts::Range(..) => "int",
        Accepts::Bool => "bool",
        Accepts::Bytes(..) | Accepts::NodeName | Accepts::HostPort => "text",
        Accepts::Ip | Accepts::MulticastIp => "ip",
        Accepts::Rule => "rule",
        Accepts::Hosts(_) | Accepts::Lighthouses(_) | Accepts::Keys => "texts",
        Accepts::Datacenters => "ints",
        Accepts::Tags(_) => "map",
        Accepts::OneOf(_) => "word",
        Accepts::Path => "path",
    }
}

/// Every configuration key, in the order of the documentation.
#[pyfunction]
pub(crate) fn config_keys(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    PyTuple::new(py, CONFIG_KEYS.iter().map(ConfigKey))
}

/// The configuration of these keyword arguments; None stands for "not given".
pub(crate) fn config(py: Python<'_>, given: Option<&Bound<'_, PyDict>>) -> PyResult<Config> {
    let mut config = Config::new();
    let Some(given) = given else {
        return Ok(config);
    };
    for (key, value) in given {
        let key = key.cast_into::<PyString>()?;
        let key = key.to_string_lossy();
        find(&key).map_err(|error| raise(py, error))?;
        if value.is_none() {
            continue;
        }
        let text = text(&key, &value)?;
        config.set(&key, &text).map_err(|error| raise(py, error))?;
    }
    Ok(config)
}

/// The text of a value: text, whole numbers, truth values, paths, IP addresses, lists and maps.
pub(crate) fn text(key: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(map) = value.cast::<PyMapping>() {
        return pairs(key, map);
    }
    let is_list = value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PySet>()
        || value.is_instance_of::<PyFrozenSet>();
    if !is_list {
        return word(key, value);
    }
    let mut items = Vec::new();
    for item in value.try_iter()? {
        let item = word(key, &item?)?;
        if item.contains(',') {
            let text =
                format!("{key}: an item of the list contains a comma, which separates items");
            return Err(refused(value.py(), text));
        }
        items.push(item);
    }
    Ok(items.join(","))
}

/// A tag's key ends at the first `=`, a pair at the comma: neither can be part of one.
fn pairs(key: &str, map: &Bound<'_, PyMapping>) -> PyResult<String> {
    let mut pairs = Vec::new();
    for item in map.items()?.iter() {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let (name, value) = (word(key, &name)?, word(key, &value)?);
        if name.contains(['=', ',']) || value.contains(',') {
            let text = format!("{key}: {name:?} = {value:?} contains a separator (= or ,)");
            return Err(refused(map.py(), text));
        }
        pairs.push(format!("{name}={value}"));
    }
    Ok(pairs.join(","))
}

fn word(key: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.extract().map_err(|_| {
            refused(value.py(), format!("{key} takes text that can be encoded as UTF-8"))
        });
    }
    if value.is_instance_of::<PyBool>() {
        return Ok(value.is_truthy()?.to_string());
    }
    if value.is_instance_of::<PyInt>() {
        // Members of an IntEnum print their name: the number is what counts.
        return Ok(value.call_method0("__index__")?.call_method0("__repr__")?.to_string());
    }
    if let Ok(path) = value.call_method0("__fspath__") {
        return path.extract();
    }
    let class = value.get_type();
    if class.module()?.to_string_lossy() == "ipaddress" {
        return Ok(value.to_string());
    }
    let text = format!(
        "{key} takes text, a whole number, a truth value, a path, a list or a map, not {}",
        class.name()?
    );
    Err(refused(value.py(), text))
}

/// Tags of a call, where None stands for no tags.
pub(crate) type Tags = std::collections::BTreeMap<String, String>;

/// Bytes of a payload or key: bytes-like, or text as UTF-8.
pub(crate) fn bytes_of(label: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.extract::<String>()?.into_bytes());
    }
    if let Ok(bytes) = value.cast::<pyo3::types::PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = value.cast::<pyo3::types::PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    if value.is_instance_of::<pyo3::types::PyMemoryView>() {
        return value.call_method0("tobytes")?.extract();
    }
    let class = value.get_type().name()?;
    Err(PyTypeError::new_err(format!("{label} takes bytes or str, not {class}")))
}
