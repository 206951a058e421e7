//! How many members each datacenter has. Nodes without a datacenter (255) are a group as any other.

use std::collections::BTreeMap;

use super::wire::Status;

/// The members of one datacenter.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Group {
    /// ALIVE or SUSPECTED.
    pub(super) healthy: usize,
    /// DEAD.
    pub(super) dead: usize,
}

/// All datacenters that have a member in the table, the healthy ones and the dead. At most 256.
#[derive(Default)]
pub(super) struct Groups {
    groups: BTreeMap<u8, Group>,
    /// Rises with each change of who is healthy where.
    pub(super) stamp: u64,
}

impl Groups {
    /// A member changed from one datacenter and status to another; none where it was not, or is no
    /// longer, in the table.
    pub(super) fn change(&mut self, from: Option<(u8, Status)>, to: Option<(u8, Status)>) {
        if from == to {
            return;
        }
        let seat = |place: Option<(u8, Status)>| {
            place.filter(|(_, status)| matches!(status, Status::Alive | Status::Suspected))
        };
        let seats = (seat(from).map(|seat| seat.0), seat(to).map(|seat| seat.0));
        self.stamp += u64::from(seats.0 != seats.1);
        if let Some((number, status)) = from
            && let Some(group) = self.groups.get_mut(&number)
        {
            match status {
                Status::Alive | Status::Suspected => group.healthy -= 1,
                Status::Dead => group.dead -= 1,
                Status::Unknown | Status::Left => {}
            }
            if group.healthy + group.dead == 0 {
                self.groups.remove(&number);
            }
        }
        if let Some((number, status)) = to {
            match status {
                Status::Alive | Status::Suspected => {
                    self.groups.entry(number).or_default().healthy += 1;
                }
                Status::Dead => self.groups.entry(number).or_default().dead += 1,
                Status::Unknown | Status::Left => {}
            }
        }
    }

    pub(super) fn get(&self, number: u8) -> Group {
        self.groups.get(&number).copied().unwrap_or_default()
    }

    pub(super) fn healthy(&self, number: u8) -> usize {
        self.get(number).healthy
    }

    /// How many datacenters there are.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, Group)> {
        self.groups.iter().map(|(number, group)| (*number, *group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_counted_where_they_are() {
        let mut groups = Groups::default();
        groups.change(None, Some((1, Status::Alive)));
        groups.change(None, Some((1, Status::Alive)));
        groups.change(None, Some((2, Status::Alive)));
        assert_eq!((groups.len(), groups.healthy(1), groups.healthy(2)), (2, 2, 1));
        groups.change(Some((1, Status::Alive)), Some((1, Status::Suspected)));
        groups.change(Some((1, Status::Suspected)), Some((1, Status::Dead)));
        assert_eq!((groups.healthy(1), groups.get(1).dead), (1, 1));
        groups.change(Some((2, Status::Alive)), Some((2, Status::Left)));
        assert_eq!((groups.len(), groups.healthy(2)), (1, 0));
        groups.change(Some((2, Status::Left)), None);
        assert_eq!(groups.iter().map(|(number, _)| number).collect::<Vec<_>>(), [1]);
    }
}
