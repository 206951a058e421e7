//! The macro behind every plain, immutable class.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};

/// `Name(field=value, ...)`, as dataclasses show themselves.
pub(crate) fn describe(value: &Bound<'_, PyAny>, fields: &[&str]) -> PyResult<String> {
    let mut parts = Vec::with_capacity(fields.len());
    for field in fields {
        parts.push(format!("{field}={}", show(&value.getattr(*field)?)?));
    }
    let name = value.get_type().name()?;
    Ok(format!("{name}({})", parts.join(", ")))
}

/// The `repr` of a field. That of an enumeration is written here because Python's own runs Python
/// code, which must not happen below a Rust frame: see `words::exception`.
fn show(field: &Bound<'_, PyAny>) -> PyResult<String> {
    let class = field.get_type();
    let is_word = field.is_instance_of::<PyInt>()
        && !field.is_instance_of::<PyBool>()
        && !field.is_exact_instance_of::<PyInt>();
    if is_word {
        return Ok(format!("{}.{}", class.name()?, field.getattr("_name_")?));
    }
    Ok(field.repr()?.to_string())
}

/// A frozen class around one value of the core. A field is made when it is read: a program pays for
/// what it looks at. `==` compares all of the value.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $class:ident as $name:literal, $module:literal ($inner:ty) |$this:ident, $py:ident| {
            $($(#[$about:meta])* $field:ident: $type:ty = $value:expr;)*
        }
        $(+ { $($more:tt)* })?
    ) => {
        $(#[$meta])*
        #[pyo3::pyclass(frozen, eq, name = $name, module = $module)]
        pub(crate) struct $class(pub(crate) $inner);

        #[pyo3::pymethods]
        impl $class {
            #[classattr]
            fn __match_args__(py: pyo3::Python<'_>) -> pyo3::PyResult<pyo3::Bound<'_, pyo3::types::PyTuple>> {
                pyo3::types::PyTuple::new(py, [$(stringify!($field)),*] as [&str; _])
            }

            $(
                $(#[$about])*
                #[getter]
                #[allow(unused_variables)]
                fn $field(&self, $py: pyo3::Python<'_>) -> pyo3::PyResult<$type> {
                    let $this = &self.0;
                    Ok($value)
                }
            )*

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                $crate::record::describe(slf.as_any(), &[$(stringify!($field)),*])
            }

            $($($more)*)?
        }
    };
}
pub(crate) use record;
