//! Sealing: who may speak in a cluster. `docs/wire.md` has the bytes, `docs/protocol.md` the reasons.
//!
//! Keys and their texts are in `key`, the keys of one node in `ring`, sealed bytes in `packet`, who was
//! heard before and who must first prove that it speaks now in `door`, and whole tables over TCP in
//! `stream`. Nothing here has a clock or draws random bytes by itself.

mod challenge;
mod door;
mod entropy;
mod hellos;
mod key;
mod packet;
mod peers;
mod replay;
mod ring;
mod stream;

pub(super) use door::Door;
pub use door::Refused;
pub use entropy::{Entropy, Seeded};
pub use key::{KEY_BYTES, Key, KeyId, KeyList};
pub use packet::{
    CHALLENGE_BYTES, LONG_OVERHEAD_BYTES, Long, Nonce, SHORT_OVERHEAD_BYTES, TAG_BYTES, open_long,
    open_short, seal_long, seal_short,
};
pub use replay::ReplayWindow;
pub use ring::KeyRing;
pub use stream::{Greeting, HELLO_BYTES, StreamError, StreamKeys, StreamOpener, StreamSealer};
