//! The rules, broken one at a time.
//!
//! The model explores each broken rule and must find what it breaks: so it is known that the model
//! would notice. Only a build for the model (feature `model`) can set any of these; everywhere else
//! they are constants, and the compiler removes them.

macro_rules! flaws {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Which rules are broken; none by default, and none outside of the model.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct Flaws {
            $($(#[$doc])* #[cfg(feature = "model")] pub $name: bool,)*
        }

        impl Flaws {
            $(
                $(#[$doc])*
                #[cfg(feature = "model")]
                pub(super) const fn $name(self) -> bool { self.$name }
                $(#[$doc])*
                #[cfg(not(feature = "model"))]
                pub(super) const fn $name(self) -> bool { false }
            )*
        }
    };
}

flaws! {
    /// The lease runs from the last grant instead of from the poll.
    lease_from_grants,
    /// A claim replaces a live record of another owner.
    claim_replaces_foreign,
    /// A poll finds a live record of another owner free.
    poll_ignores_foreign,
    /// A release clears any record of its owner.
    release_by_owner,
    /// Votes are counted by message, not by lighthouse.
    votes_by_message,
    /// Grants are counted by message, not by lighthouse.
    grants_by_message,
    /// A claim of the highest term is granted whoever claimed it before.
    equal_term_of_anybody,
    /// A claim is granted without regard to the highest term.
    claim_ignores_term,
    /// A claim is granted without regard to what was promised.
    claim_ignores_promise,
    /// A renewal counts although the lease ran out meanwhile.
    renewal_after_the_end,
    /// A renewal keeps its term whatever the lighthouses say.
    renewal_keeps_term,
    /// A renewal counts only records of exactly the ballot that it renews.
    renewal_of_exact_ballot,
    /// A grant is sent before its term is on disk.
    grant_before_disk,
}
