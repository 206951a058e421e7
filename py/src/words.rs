//! The numbered vocabularies: their tables go to Python, their members come back from there.
//!
//! The Python package makes one `IntEnum` of each table and hands them in by [`install`]; from then
//! on a getter gives out the member itself, without a look-up by name.

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString};
use seafoam::{
    Error, ErrorCode, EventKind, EventKinds, Hint, LeaderScope, LinkDirection, LogLevel, NodeRank,
    NodeStatus, Profile, TermQuality, ValidityBasis, ValidityState,
};

use crate::error::raise;

/// One value of a vocabulary: name of the member, number, word, meaning.
type Row = (String, u8, &'static str, &'static str);

/// A vocabulary of the core.
pub(crate) trait Vocabulary: Copy + 'static {
    /// Name of the type.
    const NAME: &'static str;
    /// Place in the list of all vocabularies.
    const PLACE: usize;
    /// What the number stands for.
    fn from_number(number: u8) -> Option<Self>;
    /// What the word stands for, in upper or lower case.
    fn from_word(word: &str) -> Option<Self>;
    /// Its number.
    fn number(self) -> u8;
    /// Every word, for error messages.
    fn words() -> Vec<&'static str>;
}

macro_rules! vocabularies {
    ($($place:literal $name:ident,)*) => {
        $(impl Vocabulary for $name {
            const NAME: &'static str = stringify!($name);
            const PLACE: usize = $place;
            fn from_number(number: u8) -> Option<Self> {
                Self::from_number(number)
            }
            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
            fn number(self) -> u8 {
                self.number()
            }
            fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.word()).collect()
            }
        })*

        fn tables() -> Vec<(&'static str, Vec<Row>)> {
            vec![$((stringify!($name), $name::ALL.iter().map(|value| (
                value.word().to_ascii_uppercase(), value.number(), value.word(), value.doc(),
            )).collect()),)*]
        }
    };
}

vocabularies! {
    0 NodeStatus,
    1 NodeRank,
    2 EventKind,
    3 LinkDirection,
    4 ErrorCode,
    5 LogLevel,
    6 ValidityState,
    7 ValidityBasis,
    8 TermQuality,
    9 LeaderScope,
    10 Profile,
    11 Hint,
}

/// What the Python side handed in.
struct Installed {
    /// Members by the place of their vocabulary, then by their number.
    members: Vec<Vec<Option<Py<PyAny>>>>,
    /// Classes of exceptions by the number of their code.
    exceptions: Vec<Option<Py<PyAny>>>,
}

static INSTALLED: PyOnceLock<Installed> = PyOnceLock::new();

/// Every vocabulary as name -> list of (member, number, word, meaning).
#[pyfunction]
pub(crate) fn vocabularies(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let all = PyDict::new(py);
    for (name, rows) in tables() {
        all.set_item(name, PyList::new(py, rows)?)?;
    }
    Ok(all)
}

/// Takes the enumerations (name -> class) and the exceptions (code -> class); the first call counts.
#[pyfunction]
pub(crate) fn install(
    py: Python<'_>,
    enumerations: &Bound<'_, PyDict>,
    exceptions: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let mut members = Vec::new();
    for (name, rows) in tables() {
        let class = enumerations
            .get_item(name)?
            .ok_or_else(|| PyRuntimeError::new_err(format!("no enumeration {name}")))?;
        let mut numbered = Vec::new();
        for (_, number, ..) in rows {
            numbered.resize_with(usize::from(number) + 1, || None);
            numbered[usize::from(number)] = Some(class.call1((number,))?.unbind());
        }
        members.push(numbered);
    }
    let mut classes = Vec::new();
    for code in ErrorCode::ALL {
        let number = usize::from(code.number());
        classes.resize_with(number + 1, || None);
        classes[number] = exceptions.get_item(number)?.map(Bound::unbind);
    }
    INSTALLED.get_or_init(py, || Installed { members, exceptions: classes });
    Ok(())
}

fn installed(py: Python<'_>) -> PyResult<&Installed> {
    INSTALLED
        .get(py)
        .ok_or_else(|| PyRuntimeError::new_err("import seafoam, not seafoam._native alone"))
}

/// The member of the Python enumeration.
pub(crate) fn member<T: Vocabulary>(py: Python<'_>, value: T) -> PyResult<Py<PyAny>> {
    let vocabulary = installed(py)?.members.get(T::PLACE);
    vocabulary
        .and_then(|numbers| numbers.get(usize::from(value.number()))?.as_ref())
        .map(|member| member.clone_ref(py))
        .ok_or_else(|| PyRuntimeError::new_err(format!("{} has no such member", T::NAME)))
}

/// The exception for an error.
///
/// No Python code runs here, as it would in an `__init__`: a daemon thread that gives up the
/// interpreter below a Rust frame while the interpreter ends would abort the process.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let classes = &installed(py)?.exceptions;
    let class = classes
        .get(usize::from(error.code().number()))
        .and_then(Option::as_ref)
        .ok_or_else(|| PyRuntimeError::new_err("an error code without an exception"))?;
    let exception = class.bind(py).call1((error.message(),))?;
    exception.setattr("code", member(py, error.code())?)?;
    Ok(exception)
}

/// A value by member, number or word.
pub(crate) fn value<T: Vocabulary>(label: &str, given: &Bound<'_, PyAny>) -> PyResult<T> {
    let py = given.py();
    let found = if let Ok(word) = given.cast::<PyString>() {
        T::from_word(&word.to_string_lossy())
    } else if let Ok(number) = given.extract::<i64>() {
        u8::try_from(number).ok().and_then(T::from_number)
    } else {
        let found = given.get_type().name()?;
        let text = format!("{label} takes a {}, not {found}", T::NAME);
        return Err(PyTypeError::new_err(text));
    };
    found.ok_or_else(|| {
        let shown: String = given.to_string().chars().take(80).collect();
        let words = T::words().join(", ");
        let text = format!("{label} = {shown:?} is refused: it takes one of {words}");
        raise(py, Error::new(ErrorCode::InvalidConfig, text))
    })
}

/// A set of event kinds: none for all, one kind, or several.
pub(crate) fn event_kinds(given: Option<&Bound<'_, PyAny>>) -> PyResult<EventKinds> {
    let Some(given) = given else {
        return Ok(EventKinds::ALL);
    };
    if given.is_instance_of::<PyString>() || given.extract::<i64>().is_ok() {
        return Ok(EventKinds::of(&[value("kinds", given)?]));
    }
    let mut kinds = Vec::new();
    for kind in given.try_iter()? {
        kinds.push(value("kinds", &kind?)?);
    }
    Ok(EventKinds::of(&kinds))
}
