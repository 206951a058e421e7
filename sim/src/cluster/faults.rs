//! What a test does to nodes and to the network between them.

use std::time::Duration;

use seafoam::Result;

use super::Cluster;
use super::options::refused;
use crate::network::Delay;

/// The longest delay, pause, and anything else that a test gives in seconds.
pub(super) const LONGEST: Duration = Duration::from_secs(1_000_000);

impl Cluster {
    /// Cuts every way between two groups, beside the cuts that there are.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_config` for a node on both sides; nothing was cut.
    pub fn cut<L: AsRef<str>, R: AsRef<str>>(&mut self, left: &[L], right: &[R]) -> Result<()> {
        let (left, right) = self.groups(left, right)?;
        self.world.network.partition(&left, &right);
        Ok(())
    }

    /// Cuts the ways from one group to another; the ways back stay.
    ///
    /// # Errors
    /// As [`cut`](Self::cut).
    pub fn cut_one_way<L: AsRef<str>, R: AsRef<str>>(
        &mut self,
        from: &[L],
        to: &[R],
    ) -> Result<()> {
        let (from, to) = self.groups(from, to)?;
        for one in from {
            for other in &to {
                self.world.network.cut_one_way(one, *other);
            }
        }
        Ok(())
    }

    /// Mends every cut.
    pub fn heal(&mut self) {
        self.world.network.heal();
    }

    fn groups<L: AsRef<str>, R: AsRef<str>>(
        &self,
        left: &[L],
        right: &[R],
    ) -> Result<(Vec<usize>, Vec<usize>)> {
        let numbers = |names: &mut dyn Iterator<Item = &str>| -> Result<Vec<usize>> {
            names.map(|name| self.number(name)).collect()
        };
        let left = numbers(&mut left.iter().map(AsRef::as_ref))?;
        let right = numbers(&mut right.iter().map(AsRef::as_ref))?;
        if let Some(both) = left.iter().find(|number| right.contains(number)) {
            return Err(refused(format!("{} is on both sides of the cut", self.name(*both))));
        }
        Ok((left, right))
    }

    /// Kills a node's process: its host's kernel refuses connections. Nothing where it does not run.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn crash(&mut self, node: &str) -> Result<()> {
        let number = self.number(node)?;
        self.end(number, "it was killed");
        Ok(())
    }

    /// Takes a node's whole host away, until it is restarted: nothing answers, not even its kernel.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn vanish(&mut self, node: &str) -> Result<()> {
        let number = self.number(node)?;
        self.end(number, "its host vanished");
        self.world.vanish(number);
        Ok(())
    }

    /// Stops a node's process for so long, as SIGSTOP does: nothing is read or sent, no timer runs, while
    /// its kernel takes connections and keeps datagrams. Time does not pass by this call.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn pause(&mut self, node: &str, span: Duration) -> Result<()> {
        let number = self.runs(node)?;
        self.world.pause(number, span.min(LONGEST));
        Ok(())
    }

    /// How many of a thousand datagrams are lost everywhere, and of a thousand segments of TCP.
    ///
    /// # Errors
    /// `invalid_config` for more than 1000; nothing was changed.
    pub fn set_loss(&mut self, datagrams_permille: u64, streams_permille: u64) -> Result<()> {
        if datagrams_permille > 1000 || streams_permille > 1000 {
            return Err(refused("of a thousand at most a thousand are lost".to_owned()));
        }
        self.world.network.loss_permille = datagrams_permille;
        self.world.network.stream_loss_permille = streams_permille;
        Ok(())
    }

    /// How long one way takes: from `least` to `most`, each equally likely.
    ///
    /// # Errors
    /// `invalid_config` where `least` is more than `most`, or `most` more than a minute.
    pub fn set_delay(&mut self, least: Duration, most: Duration) -> Result<()> {
        if least > most || most > Duration::from_secs(60) {
            let (least, most) = (least.as_secs_f64(), most.as_secs_f64());
            let text = format!(
                "a delay from {least} to {most} s is refused: the first is at most the second, the \
                 second at most 60 s"
            );
            return Err(refused(text));
        }
        self.world.network.delay = Delay::Uniform(least, most);
        Ok(())
    }
}
