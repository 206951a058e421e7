//! The boundary: handles, texts, results and panics. No other file follows a pointer from C.

use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use seafoam_core::{Error, ErrorCode, Result, limits};

use crate::error::{seafoam_code, seafoam_error};

/// The code of a call that did what it was asked to.
pub(crate) const OK: seafoam_code = 0;

/// Runs the body of a call that can fail: gives its code back, and puts an error object (or NULL)
/// into `$error` where that is not NULL.
macro_rules! fallible {
    ($error:expr, $body:block) => {{
        let body = || $body; // outside of what follows, so that it is as unsafe as it says
        // SAFETY: the caller's contract: NULL, or memory for one pointer.
        unsafe { $crate::abi::run_fallible($error, body) }
    }};
}

/// Runs the body of a call that cannot fail.
macro_rules! plain {
    ($body:block) => {
        $crate::abi::guard(|| $body)
    };
}

/// The handle behind a pointer; NULL ends the call with an error that names the argument.
macro_rules! handle {
    ($pointer:ident) => {
        // SAFETY: the caller's contract: NULL, or a handle of this type that was not freed.
        unsafe { $crate::abi::borrow($pointer, stringify!($pointer)) }?
    };
}

/// The handle behind a pointer, or none for NULL.
macro_rules! maybe_handle {
    ($pointer:ident) => {
        // SAFETY: the caller's contract: NULL, or a handle of this type that was not freed.
        unsafe { $pointer.as_ref() }
    };
}

/// Takes back what `give` gave away; none for NULL.
macro_rules! take {
    ($pointer:ident) => {
        // SAFETY: the caller's contract: NULL, or a handle of this type that was not freed; it is
        // not used again.
        unsafe { $crate::abi::reclaim($pointer) }
    };
}

/// The text behind a pointer; NULL and bytes that are not UTF-8 end the call with an error.
macro_rules! text {
    ($pointer:ident) => {
        // SAFETY: the caller's contract: NULL, or bytes that end in NUL.
        unsafe { $crate::abi::read_text($pointer, stringify!($pointer)) }?
    };
}

/// The bytes behind a pointer and a length; NULL is taken for no bytes alone.
macro_rules! bytes {
    ($pointer:ident, $length:ident) => {
        // SAFETY: the caller's contract: NULL, or so many bytes.
        unsafe { $crate::abi::read_bytes($pointer, $length, stringify!($pointer)) }?
    };
}

/// Name and value pairs from two arrays of texts.
macro_rules! pairs {
    ($names:ident, $values:ident, $count:ident) => {
        // SAFETY: the caller's contract: NULL, or two arrays of so many texts.
        unsafe { $crate::abi::read_pairs($names, $values, $count) }?
    };
}

/// Where a result goes; set to its empty value at once, so that it is never left as it was.
macro_rules! out {
    ($pointer:ident) => {
        $crate::abi::required($crate::abi::maybe_out!($pointer), stringify!($pointer))?
    };
}

/// Where a result goes that the caller may not want.
macro_rules! maybe_out {
    ($pointer:ident) => {
        // SAFETY: the caller's contract: NULL, or memory for one value.
        unsafe { $crate::abi::Out::new($pointer) }
    };
}

pub(crate) use {bytes, fallible, handle, maybe_handle, maybe_out, out, pairs, plain, take, text};

/// What a call answers when it panicked inside.
pub(crate) trait Answer {
    const FAILED: Self;
}

macro_rules! answers {
    ($($type:ty = $failed:expr;)*) => {
        $(impl Answer for $type { const FAILED: Self = $failed; })*
    };
}

answers! {
    () = ();
    bool = false;
    i32 = -1;
    u8 = 0;
    u16 = 0;
    u32 = 0;
    u64 = 0;
    usize = 0;
    f64 = seafoam_core::PING_NO_DATA;
}

impl<T> Answer for *const T {
    const FAILED: Self = ptr::null();
}

impl<T> Answer for *mut T {
    const FAILED: Self = ptr::null_mut();
}

/// Keeps panics on this side: unwinding into C is undefined behaviour.
pub(crate) fn guard<T: Answer>(body: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => answer,
        Err(payload) => {
            std::mem::forget(payload); // its destructor could panic again
            T::FAILED
        }
    }
}

/// What the body of a fallible call comes to: nothing, or a code that is no error.
pub(crate) trait Outcome {
    fn code(self) -> seafoam_code;
}

impl Outcome for () {
    fn code(self) -> seafoam_code {
        OK
    }
}

impl Outcome for seafoam_code {
    fn code(self) -> seafoam_code {
        self
    }
}

/// # Safety
/// `error` is NULL or memory for one pointer.
pub(crate) unsafe fn run_fallible<T: Outcome>(
    error: *mut *mut seafoam_error,
    body: impl FnOnce() -> Result<T>,
) -> seafoam_code {
    let outcome = catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|payload| Err(panicked(payload)))
        .map(Outcome::code);
    let (code, object) = match outcome {
        Ok(code) => (code, ptr::null_mut()),
        Err(failure) if error.is_null() => (code_of(failure.code()), ptr::null_mut()),
        Err(failure) => (code_of(failure.code()), give(seafoam_error::new(failure))),
    };
    if !error.is_null() {
        // SAFETY: the caller's contract.
        unsafe { error.write(object) };
    }
    code
}

fn panicked(payload: Box<dyn Any + Send>) -> Error {
    let what = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no further details".to_owned());
    std::mem::forget(payload); // its destructor could panic again
    Error::new(ErrorCode::Internal, format!("a defect in seafoam stopped the call: {what}"))
}

/// The number of an error code as it crosses.
pub(crate) fn code_of(code: ErrorCode) -> seafoam_code {
    seafoam_code::from(code.number())
}

/// An error for an argument that the call cannot take.
pub(crate) fn bad_argument(name: &str, what: &str) -> Error {
    Error::new(ErrorCode::InvalidConfig, format!("argument {name} {what}"))
}

/// Gives a value to C, as a handle that only [`reclaim`] frees.
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// # Safety
/// `pointer` is NULL, or came from [`give`] and was not taken yet.
pub(crate) unsafe fn reclaim<T>(pointer: *mut T) -> Option<Box<T>> {
    // SAFETY: the caller's contract.
    (!pointer.is_null()).then(|| unsafe { Box::from_raw(pointer) })
}

/// # Safety
/// `pointer` is NULL, or a handle that lives as long as the call.
pub(crate) unsafe fn borrow<'call, T>(pointer: *const T, name: &str) -> Result<&'call T> {
    // SAFETY: the caller's contract.
    unsafe { pointer.as_ref() }.ok_or_else(|| bad_argument(name, "is NULL"))
}

/// # Safety
/// `pointer` is NULL, or bytes that end in NUL and live as long as the call.
pub(crate) unsafe fn read_text<'call>(pointer: *const c_char, name: &str) -> Result<&'call str> {
    if pointer.is_null() {
        return Err(bad_argument(name, "is NULL"));
    }
    // SAFETY: the caller's contract, and it is not NULL.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    bytes.to_str().map_err(|fault| {
        let place = fault.valid_up_to();
        bad_argument(name, &format!("is not UTF-8 from byte {place} on"))
    })
}

/// # Safety
/// `pointer` is NULL, or `length` bytes that live as long as the call.
pub(crate) unsafe fn read_bytes<'call>(
    pointer: *const c_void,
    length: usize,
    name: &str,
) -> Result<&'call [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(bad_argument(name, &format!("is NULL with length {length}")));
    }
    if isize::try_from(length).is_err() {
        return Err(bad_argument(name, &format!("cannot have length {length}")));
    }
    // SAFETY: the caller's contract; not NULL, and no longer than any object can be.
    Ok(unsafe { std::slice::from_raw_parts(pointer.cast(), length) })
}

/// # Safety
/// `names` and `values` are NULL, or `count` texts each.
pub(crate) unsafe fn read_pairs(
    names: *const *const c_char,
    values: *const *const c_char,
    count: usize,
) -> Result<BTreeMap<String, String>> {
    if count > limits::TAGS_BYTES {
        let most = limits::TAGS_BYTES;
        return Err(bad_argument("count", &format!("= {count} is over {most}")));
    }
    if count > 0 && (names.is_null() || values.is_null()) {
        return Err(bad_argument("names or values", "is NULL"));
    }
    let mut all = BTreeMap::new();
    for index in 0..count {
        // SAFETY: the caller's contract; not NULL where there is an element.
        let (name, value) = unsafe { (*names.add(index), *values.add(index)) };
        // SAFETY: the caller's contract.
        let (name, value) = unsafe { (read_text(name, "names")?, read_text(value, "values")?) };
        all.insert(name.to_owned(), value.to_owned());
    }
    Ok(all)
}

/// Memory of the caller for one result.
pub(crate) struct Out<T>(NonNull<T>);

/// What stands in a result while there is none.
pub(crate) trait Empty {
    const EMPTY: Self;
}

impl<T: Answer> Empty for T {
    const EMPTY: Self = T::FAILED;
}

impl<T: Empty> Out<T> {
    /// # Safety
    /// `pointer` is NULL, or memory for one value that lives as long as the call.
    pub(crate) unsafe fn new(pointer: *mut T) -> Option<Self> {
        let out = Self(NonNull::new(pointer)?);
        out.put(T::EMPTY);
        Some(out)
    }

    pub(crate) fn put(&self, value: T) {
        // SAFETY: `new`'s contract.
        unsafe { self.0.write(value) };
    }
}

impl<T> Out<*mut T> {
    /// Gives a handle to the caller.
    pub(crate) fn give(&self, value: T) {
        self.put(give(value));
    }
}

impl Out<*mut c_char> {
    /// Gives a text to the caller, who frees it with `seafoam_string_free`.
    pub(crate) fn give_text(&self, value: &str) {
        self.put(c_string(value).into_raw());
    }
}

pub(crate) fn required<T>(out: Option<Out<T>>, name: &str) -> Result<Out<T>> {
    out.ok_or_else(|| bad_argument(name, "is NULL, and the result must go somewhere"))
}

/// # Safety
/// `text` is NULL, or came from [`Out::give_text`] and was not freed yet.
pub(crate) unsafe fn free_text(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller's contract.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// Writes pointers into the caller's array.
///
/// # Safety
/// `array` has room for all of them.
pub(crate) unsafe fn fill<T>(array: *mut *const T, pointers: impl Iterator<Item = *const T>) {
    for (index, pointer) in pointers.enumerate() {
        // SAFETY: the caller's contract.
        unsafe { array.add(index).write(pointer) };
    }
}

/// Lends a value to a handle, which is to count nothing: handles have no lifetimes, because C has
/// none.
///
/// # Safety
/// Whoever gets the reference must be gone before the value is.
pub(crate) unsafe fn lend<T>(value: &T) -> &'static T {
    // SAFETY: the caller's contract.
    unsafe { &*ptr::from_ref(value) }
}

/// A text as C takes it. No text of ours has a NUL inside; where one comes from a peer, it is shown
/// as a replacement character instead of hiding what follows.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text).or_else(|_| CString::new(text.replace('\0', "\u{fffd}"))).unwrap_or_default()
}

/// Locks; a panic of another call under the lock left nothing half-done here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A timeout in milliseconds; negative means for ever.
pub(crate) fn timeout(millis: i64) -> Duration {
    u64::try_from(millis).map_or(limits::WAIT, Duration::from_millis)
}

/// The value with this number. Numbers of enumerations cross as integers: C may pass any.
pub(crate) fn value_of<T: Copy>(
    name: &str,
    number: i32,
    all: &'static [T],
    number_of: fn(T) -> u8,
) -> Result<T> {
    let found = all.iter().copied().find(|value| i32::from(number_of(*value)) == number);
    found.ok_or_else(|| {
        let numbers: Vec<String> = all.iter().map(|value| number_of(*value).to_string()).collect();
        let numbers = numbers.join(", ");
        bad_argument(name, &format!("= {number} is none of {numbers}"))
    })
}

/// Data of the caller that comes along with each call of its function. `drop` runs exactly once,
/// when nothing can call the function any more.
pub(crate) struct UserData {
    data: *mut c_void,
    drop: seafoam_drop,
}

/// Frees the `user_data` of a function that was handed over, when it will not be called again.
pub type seafoam_drop = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

// SAFETY: the header tells callers that function and data are used from a thread of the library.
unsafe impl Send for UserData {}

impl UserData {
    pub(crate) fn new(data: *mut c_void, drop: seafoam_drop) -> Self {
        Self { data, drop }
    }

    pub(crate) fn pointer(&self) -> *mut c_void {
        self.data
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: the caller handed both over for exactly this.
            unsafe { drop(self.data) };
        }
    }
}
