//! What the configuration's values must fulfil together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::config::Settings;
use super::error::{Error, ErrorCode, Result};
use super::lighthouses::{LighthouseEntry, ValidityRule};
use super::value::{LeaderScope, Profile};
use crate::proto::seal::LONG_OVERHEAD_BYTES;
use crate::proto::wire::Candidacy;

pub(super) fn check(settings: &Settings) -> Result<()> {
    let listen = settings.listen_ip;
    let keyless = settings.keys.0.is_empty() && settings.keys_file.is_none();
    if !listen.is_loopback() && keyless && !settings.insecure {
        return Err(Error::new(
            ErrorCode::KeyRequired,
            format!(
                "listen_ip = {listen} is beyond loopback, which needs a key: make one with \
                 generate_key or `openssl rand -base64 32`, and give it to every node as keys or \
                 keys_file; or set insecure to true where nobody else can send to this network"
            ),
        ));
    }
    if !settings.keys.0.is_empty() && settings.keys_file.is_some() {
        return Err(invalid("keys and keys_file are both given: use one of them".to_owned()));
    }
    if listen.is_multicast() {
        return Err(invalid(format!("listen_ip = {listen} is a multicast address")));
    }
    let group = settings.multicast_group();
    if group.is_ipv4() != listen.is_ipv4() {
        return Err(invalid(format!(
            "multicast_address = {group} and listen_ip = {listen} are of different address families"
        )));
    }
    let seal = if keyless { 0 } else { SEAL_BYTES };
    let overhead = BROADCAST_OVERHEAD_BYTES + seal;
    if settings.max_broadcast_bytes + overhead > settings.max_datagram_bytes {
        return Err(invalid(format!(
            "max_broadcast_bytes = {} does not fit max_datagram_bytes = {}: it takes at most {}",
            settings.max_broadcast_bytes,
            settings.max_datagram_bytes,
            settings.max_datagram_bytes - overhead,
        )));
    }
    let tags: usize = settings.tags.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
    let overhead = RECORD_OVERHEAD_BYTES + seal as usize;
    if tags + overhead > settings.max_datagram_bytes as usize {
        return Err(invalid(format!(
            "tags of {tags} bytes do not fit max_datagram_bytes = {}: it takes at most {}",
            settings.max_datagram_bytes,
            settings.max_datagram_bytes as usize - overhead,
        )));
    }
    check_lighthouses(settings)
}

fn check_lighthouses(settings: &Settings) -> Result<()> {
    let entries = settings.lighthouse_entries();
    if let ValidityRule::Number(number) = settings.rule()
        && !entries.is_empty()
        && usize::from(number) > entries.len()
    {
        return Err(invalid(format!(
            "validity_rule = {number} asks for more than the {} lighthouses that there are",
            entries.len()
        )));
    }
    let unplaced = entries.iter().find(|entry| entry.datacenter.is_none());
    if settings.leader_scope == LeaderScope::Datacenter
        && let Some(entry) = unplaced
    {
        return Err(invalid(format!(
            "leader_scope = datacenter needs the datacenter of each lighthouse: {:?} in lighthouses \
             has no @datacenter",
            entry.render()
        )));
    }
    Ok(())
}

/// What holds between the list of lighthouses and the node that this process is.
///
/// # Errors
/// `invalid_config`.
#[cfg(feature = "runtime")]
pub(crate) fn check_own_lighthouse(
    settings: &Settings,
    name: &str,
    flag_is_given: bool,
) -> Result<()> {
    let entries = settings.lighthouse_entries();
    if entries.is_empty() {
        return Ok(());
    }
    let listed = entries.iter().find(|entry| entry.name == name);
    match (listed, settings.is_lighthouse) {
        (None, true) => Err(invalid(format!(
            "is_lighthouse = true, but this node, {name:?}, is not in lighthouses"
        ))),
        (Some(_), false) if flag_is_given => Err(invalid(format!(
            "is_lighthouse = false, but this node, {name:?}, is in lighthouses"
        ))),
        (Some(entry), _) => match entry.datacenter {
            Some(number) if number != settings.datacenter => Err(invalid(format!(
                "datacenter = {}, but lighthouses has this node, {name:?}, in datacenter {number}",
                settings.datacenter
            ))),
            Some(_) | None => Ok(()),
        },
        (None, false) => Ok(()),
    }
}

/// Room for everything beside the tags in the longest record of a member, and for the message in
/// front of it.
const RECORD_OVERHEAD_BYTES: usize = 200;

/// Tags as the calls of a host give them: only what its text form, `k=v,k=v`, can say.
///
/// # Errors
/// `invalid_config`.
#[cfg(feature = "runtime")]
pub(crate) fn tags_text(tags: &std::collections::BTreeMap<String, String>) -> Result<String> {
    use super::value::{Accepts, Setting};
    let text = tags.render();
    if text.len() > crate::limits::TAGS_BYTES {
        return Err(invalid(format!(
            "tags take {} bytes as k=v,k=v and {} is the most",
            text.len(),
            crate::limits::TAGS_BYTES
        )));
    }
    let back = Setting::parse(&text, &Accepts::Tags(crate::limits::TAGS_BYTES));
    if back.as_ref() != Some(tags) {
        return Err(invalid(format!(
            "tags {text:?}: keys must not be empty, nor hold = or a comma; values hold no \
             comma; keys do not begin with white space, values do not end with it"
        )));
    }
    Ok(text)
}

/// Header, message, and a broadcast record with the longest name: room that a payload must leave.
const BROADCAST_OVERHEAD_BYTES: u32 = 160;
/// What a seal takes of a datagram at most.
const SEAL_BYTES: u32 = LONG_OVERHEAD_BYTES as u32;

fn invalid(text: String) -> Error {
    Error::new(ErrorCode::InvalidConfig, text)
}

impl Settings {
    /// The lighthouses that are listed, by name; nothing where there are none.
    #[must_use]
    pub fn lighthouse_entries(&self) -> Vec<LighthouseEntry> {
        // A list that cannot be read is refused before it is part of any settings.
        LighthouseEntry::parse_all(&self.lighthouses).unwrap_or_default()
    }

    /// How many lighthouses must be included.
    #[must_use]
    pub fn rule(&self) -> ValidityRule {
        // As above: other texts are refused.
        ValidityRule::parse(&self.validity_rule).unwrap_or(ValidityRule::Majority)
    }

    /// How long a lease runs.
    #[must_use]
    pub fn leader_lease(&self) -> Duration {
        Duration::from_millis(u64::from(self.leader_lease_millis))
    }

    /// What this node tells of itself as a candidate.
    #[must_use]
    pub fn candidacy(&self) -> Candidacy {
        let eligible = self.leader_eligible && !self.fallback;
        Candidacy { eligible, priority: self.leader_priority }
    }

    /// The multicast group: the configured one, or the default of the listen address's family.
    #[must_use]
    pub fn multicast_group(&self) -> IpAddr {
        self.multicast_address.unwrap_or(match self.listen_ip {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 0)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1)),
        })
    }

    /// How long a silent member is spared: the configured floor, or the profile's.
    #[must_use]
    pub fn suspicion_floor(&self) -> Duration {
        Duration::from_millis(self.suspicion_floor_millis.unwrap_or(match self.profile {
            Profile::Fast => 1200,
            Profile::Patient => 3000,
            Profile::OneSecond => 600,
        }))
    }

    /// How long a paused process whose kernel still answers is spared: configured, or by profile.
    #[must_use]
    pub fn hung_patience(&self) -> Duration {
        Duration::from_millis(self.hung_patience_millis.unwrap_or(match self.profile {
            Profile::Fast | Profile::OneSecond => 10_000,
            Profile::Patient => 15_000,
        }))
    }

    /// How long a refutation is waited for where enough witnesses found that the process is gone.
    #[must_use]
    pub const fn refutation_floor(&self) -> Duration {
        Duration::from_millis(match self.profile {
            Profile::Fast | Profile::OneSecond => 200,
            Profile::Patient => 500,
        })
    }

    /// Ping time that fills an empty history, milliseconds: 0 stands for the default.
    #[must_use]
    pub const fn frontload_millis(&self) -> u32 {
        match self.ping_history_frontload_millis {
            0 => 200,
            millis => millis,
        }
    }
}
