//! The label of a broadcast.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::OnceLock;

/// `ip:port:index` of a broadcast, unique within one run of its origin. It reads as a `str`.
///
/// The text is made when it is first looked at: most readers never do, and to make it would cost
/// more than all the rest of handing over an event.
#[derive(Clone, Default)]
pub struct Label {
    of: Option<(SocketAddr, u32)>,
    text: OnceLock<Box<str>>,
}

impl Label {
    /// The label of a broadcast of the node at this address.
    #[must_use]
    pub const fn new(address: SocketAddr, index: u32) -> Self {
        Self { of: Some((address, index)), text: OnceLock::new() }
    }

    /// The address and the index that it was made of; none where it was made of a text.
    #[must_use]
    pub const fn parts(&self) -> Option<(SocketAddr, u32)> {
        self.of
    }
}

impl Deref for Label {
    type Target = str;

    fn deref(&self) -> &str {
        self.text.get_or_init(|| {
            let text = self.of.map(|(address, index)| format!("{address}:{index}"));
            text.unwrap_or_default().into()
        })
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self { of: None, text: OnceLock::from(Box::from(text)) }
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn labels_read_as_texts() {
        let label = Label::new("[::1]:9999".parse().expect("an address"), 7);
        assert_eq!(&*label, "[::1]:9999:7");
        assert_eq!(label, Label::from("[::1]:9999:7"));
        assert_ne!(label, Label::new("[::1]:9999".parse().expect("an address"), 8));
        assert_eq!(format!("{label} {label:?}"), "[::1]:9999:7 \"[::1]:9999:7\"");
        assert_eq!(&*Label::default(), "");
    }
}
