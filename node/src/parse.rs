//! Arguments of JavaScript as the facade takes them.

use std::time::Duration;

use seafoam::{Result, limits};

use crate::error::refused;

/// A value of a vocabulary by its word or its number.
pub fn word<T: Copy + std::fmt::Display>(
    name: &str,
    text: &str,
    all: &[T],
    number: impl Fn(T) -> u8,
) -> Result<T> {
    let found = all.iter().copied().find(|value| {
        value.to_string().eq_ignore_ascii_case(text) || number(*value).to_string() == text
    });
    found.ok_or_else(|| {
        let words: Vec<_> = all.iter().map(ToString::to_string).collect();
        refused(name, text, &format!("one of {}", words.join(", ")))
    })
}

/// A whole number in these bounds; JavaScript's numbers can be anything.
pub fn whole(name: &str, value: f64, low: u32, high: u32) -> Result<u32> {
    let fits = value.fract() == 0.0 && value >= f64::from(low) && value <= f64::from(high);
    if !fits {
        let accepts = format!("a whole number from {low} to {high}");
        return Err(refused(name, &value.to_string(), &accepts));
    }
    Ok(value as u32)
}

/// A time span in milliseconds; infinity is cut to the longest one that there is.
pub fn millis(name: &str, value: f64) -> Result<Duration> {
    if value.is_nan() || value < 0.0 {
        return Err(refused(name, &value.to_string(), "milliseconds from 0 up"));
    }
    Ok(Duration::try_from_secs_f64(value / 1000.0).unwrap_or(limits::WAIT).min(limits::WAIT))
}
