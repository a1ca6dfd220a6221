//! The hosts of a world: servers first, then clients, each at its place.

use std::ops::{Index, IndexMut};

use squall_process::{Process, ProcessId};
use squall_trace::Link;

use crate::host::Host;
use crate::network::Ends;

/// All hosts of a world.
#[derive(Clone, Debug)]
pub(crate) struct Hosts<P: Process> {
    hosts: Vec<Host<P>>,
    servers: u32,
    /// How many times each process was started before. Kept beside the hosts, for the receiver of a
    /// message.
    incarnations: Vec<u32>,
}

impl<P: Process> Hosts<P> {
    pub(crate) const fn new() -> Self {
        Self { hosts: Vec::new(), servers: 0, incarnations: Vec::new() }
    }

    /// Makes them `servers` and `clients` that have never run, and keeps the allocated memory.
    pub(crate) fn reset(&mut self, servers: u32, clients: u32) {
        self.servers = servers;
        let ids = (1..=servers).map(ProcessId::server).chain((1..=clients).map(ProcessId::client));
        let count = (servers + clients) as usize;
        self.hosts.truncate(count);
        self.hosts.reserve_exact(count - self.hosts.len());
        for (place, id) in ids.enumerate() {
            match self.hosts.get_mut(place) {
                Some(host) => host.reset(id),
                None => self.hosts.push(Host::new(id)),
            }
        }
        self.incarnations.clear();
        self.incarnations.resize(count, 0);
    }

    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    pub(crate) fn servers(&self) -> u32 {
        self.servers
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Host<P>> {
        self.hosts.iter_mut()
    }

    /// Returns the name of the process at `place`.
    #[inline]
    pub(crate) fn id_of(&self, place: u32) -> ProcessId {
        if place < self.servers {
            ProcessId::server(place + 1)
        } else {
            ProcessId::client(place - self.servers + 1)
        }
    }

    /// Returns the place of `id`, if there is such a process.
    pub(crate) fn find(&self, id: ProcessId) -> Option<usize> {
        let (first, count) = if id.is_client() {
            (self.servers, self.hosts.len() as u32 - self.servers)
        } else {
            (0, self.servers)
        };
        let nth = id.number() - 1;
        (nth < count).then_some((first + nth) as usize)
    }

    /// Returns the place of `id`. Panics if there is no such process, which is a mistake of the
    /// protocol.
    #[inline]
    pub(crate) fn place_of(&self, id: ProcessId) -> usize {
        let Some(place) = self.find(id) else {
            panic!("a message is sent to {id}, and there is no {id}");
        };
        place
    }

    /// Returns the link between the processes at two places.
    #[inline]
    pub(crate) fn ends(&self, from: u32, to: u32) -> Ends {
        Ends { link: Link { from: self.id_of(from), to: self.id_of(to) }, from, to }
    }

    /// Returns how many times the process at `place` was started before.
    #[inline]
    pub(crate) fn incarnation_of(&self, place: u32) -> u32 {
        self.incarnations[place as usize]
    }

    /// Starts another incarnation of the process at `place`.
    pub(crate) fn begin_incarnation(&mut self, place: usize) {
        let host = &mut self.hosts[place];
        host.incarnation += 1;
        self.incarnations[place] = host.incarnation;
    }
}

impl<P: Process> Index<usize> for Hosts<P> {
    type Output = Host<P>;

    #[inline]
    fn index(&self, place: usize) -> &Host<P> {
        &self.hosts[place]
    }
}

impl<P: Process> IndexMut<usize> for Hosts<P> {
    #[inline]
    fn index_mut(&mut self, place: usize) -> &mut Host<P> {
        &mut self.hosts[place]
    }
}
