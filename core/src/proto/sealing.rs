//! The engine at its sealed doors: datagrams on their way out, and what the driver needs to seal
//! streams.

use std::net::SocketAddr;

use super::engine::Engine;
use super::output::Transmit;
use super::seal::{
    Door, Greeting, KeyRing, Refused, StreamError, StreamKeys, StreamOpener, StreamSealer,
};
use super::time::Time;
use crate::api::config::Settings;

impl Engine {
    /// The next thing to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let Some(door) = &mut self.door else {
            return self.transmits.pop_front();
        };
        if let Some((to, bytes)) = door.poll_out() {
            return Some(Transmit::Datagram { to, bytes });
        }
        // What the door keeps back goes out when the other side has answered it.
        while let Some(transmit) = self.transmits.pop_front() {
            let sealed = match transmit {
                Transmit::Datagram { to, bytes } => {
                    let sealed = door.seal(to, &bytes, &mut self.spare);
                    self.spare.give(bytes);
                    sealed.map(|bytes| Transmit::Datagram { to, bytes })
                }
                Transmit::Announce { bytes } => {
                    door.seal_announcement(&bytes).map(|bytes| Transmit::Announce { bytes })
                }
                // Streams are sealed by the driver, a knock has no content, and the disk is local.
                Transmit::Stream { .. }
                | Transmit::Knock { .. }
                | Transmit::Persist { .. }
                | Transmit::PersistList { .. } => Some(transmit),
            };
            if sealed.is_some() {
                return sealed;
            }
        }
        None
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to look at.
    #[must_use]
    pub fn has_transmits(&self) -> bool {
        !self.transmits.is_empty() || self.door.as_ref().is_some_and(|door| door.has_out())
    }

    /// Takes the memory of a datagram back that was sent: one that goes out later lies in it.
    pub fn recycle(&mut self, bytes: Vec<u8>) {
        self.spare.give(bytes);
    }

    /// Whether this cluster is sealed: then every stream begins with greetings.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.door.is_some()
    }

    /// The first bytes of a connection that this node opens; none in a plain cluster, or without
    /// random bytes.
    pub fn greet(&mut self) -> Option<Greeting> {
        let tag = self.cluster_tag;
        self.door.as_mut()?.greet(None, tag)
    }

    /// A peer that this node called has answered its greeting: how to seal the request, and to open
    /// the answer.
    ///
    /// # Errors
    /// What is wrong with the answer; it is counted, and the connection is to be closed.
    pub fn greeted(
        &mut self,
        now: Time,
        from: SocketAddr,
        own: &Greeting,
        theirs: &Greeting,
    ) -> Result<(StreamSealer, StreamOpener), StreamError> {
        let keys = theirs.judge(self.ring(), self.cluster_tag).and_then(|key| {
            let keys = StreamKeys::new(key, &self.settings.cluster_name, own, theirs);
            keys.ok_or(StreamError::WrongKey)
        });
        let keys = keys.map_err(|error| self.refuse_stream(now, from, error))?;
        Ok(keys.client())
    }

    /// A peer called: what to answer, how to open its request and to seal the answer.
    ///
    /// # Errors
    /// What is wrong with the greeting; it is counted, and the connection is to be closed without a
    /// word.
    pub fn called(
        &mut self,
        now: Time,
        from: SocketAddr,
        theirs: &Greeting,
    ) -> Result<(Greeting, StreamSealer, StreamOpener), StreamError> {
        let (name, tag) = (self.settings.cluster_name.clone(), self.cluster_tag);
        let judged = theirs.judge(self.ring(), tag).cloned();
        let keys = judged.and_then(|key| {
            let own = self.door.as_mut().and_then(|door| door.greet(Some(key.id()), tag));
            let own = own.ok_or(StreamError::WrongKey)?;
            let keys = StreamKeys::new(&key, &name, theirs, &own).ok_or(StreamError::WrongKey)?;
            Ok((own, keys))
        });
        let (own, keys) = keys.map_err(|error| self.refuse_stream(now, from, error))?;
        let (sealer, opener) = keys.server();
        Ok((own, sealer, opener))
    }

    /// Counts why a stream was refused, and says so once a minute.
    pub fn refuse_stream(
        &mut self,
        now: Time,
        from: SocketAddr,
        error: StreamError,
    ) -> StreamError {
        let why = match error {
            // What does not begin with a greeting is most likely plain.
            StreamError::BadVersion => Refused::Unsealed,
            StreamError::ForeignCluster => Refused::ForeignCluster,
            StreamError::WrongKey => Refused::WrongKey,
            StreamError::Forged => Refused::Forged,
            StreamError::Oversized => Refused::Malformed,
        };
        if let Some(door) = &mut self.door {
            door.tick(now);
            door.refuse(why, from);
        }
        error
    }

    /// The keys of this node: none in a plain cluster.
    #[must_use]
    pub fn ring(&self) -> &KeyRing {
        static NONE: KeyRing = KeyRing::none();
        self.door.as_deref().map_or(&NONE, Door::ring)
    }
}

/// The settings with which the rules run: packets leave room for their seal.
pub(super) fn with_room(settings: &Settings, sealed: bool) -> Settings {
    let mut settings = settings.clone();
    if sealed {
        let room = Door::ROOM_BYTES as u32; // below 100
        settings.max_datagram_bytes = settings.max_datagram_bytes.saturating_sub(room);
    }
    settings
}
