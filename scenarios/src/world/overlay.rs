//! What a world has changed of its lab, by host.

use super::topology::HostId;

/// A small ordered map. A world touches few hosts, however many its lab declares.
#[derive(Clone, Debug)]
pub(crate) struct Overlay<T>(Vec<(HostId, T)>);

impl<T> Default for Overlay<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Overlay<T> {
    fn search(&self, host: HostId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&host, |(id, _)| *id)
    }

    pub(crate) fn get(&self, host: HostId) -> Option<&T> {
        let index = self.search(host).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    pub(crate) fn set(&mut self, host: HostId, value: T) {
        match self.search(host) {
            Ok(index) => self.0[index].1 = value,
            Err(index) => self.0.insert(index, (host, value)),
        }
    }

    /// The value of a host, made from the lab's when it is touched for the first time.
    pub(crate) fn entry(&mut self, host: HostId, initial: impl FnOnce() -> T) -> &mut T {
        let index = match self.search(host) {
            Ok(index) => index,
            Err(index) => {
                self.0.insert(index, (host, initial()));
                index
            }
        };
        &mut self.0[index].1
    }

    /// What differs from the lab's, in the order of hosts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (HostId, &T)> {
        self.0.iter().map(|(host, value)| (*host, value))
    }

    pub(crate) fn remove(&mut self, host: HostId) -> Option<T> {
        self.search(host).ok().map(|index| self.0.remove(index).1)
    }
}
