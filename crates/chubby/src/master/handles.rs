//! Handles at the master (CHUBBY sections 2.3 and 2.9, step 8; requirement C10 of the mistakes).
//!
//! Model: a handle is volatile. One of an earlier epoch is taken up again when it is used, from
//! what it carries; one that was closed in this epoch is not, so a late message cannot revive it.
//! One of this epoch that is not known is closed.

use crate::Error;
use crate::Path;
use crate::database::{NodeId, Owner, Right, SessionId};
use crate::handle::{Handle, Opened};
use crate::marks;
use crate::master::{Desk, Master};
use crate::message::{Open, Value};

impl Master {
    /// Returns what is open by `handle`, and takes it up again if it is of an earlier epoch.
    pub(super) fn resolve(
        &mut self,
        session: SessionId,
        handle: &Handle,
        right: Option<Right>,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Opened, Error> {
        self.check(session, handle, desk)?;
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return Err(Error::NoSession);
        };
        let number = handle.number();
        if !lessee.handles.contains_key(&number) {
            desk.database.stat(handle.node())?;
            if handle.epoch == self.epoch || lessee.closed.contains(&number) {
                return Err(Error::HandleClosed);
            }
            desk.context.reach(marks::HANDLE_RECREATED);
            lessee.handles.insert(number, handle.opened.clone());
            let owner = Owner { session, handle: number };
            self.open.entry(handle.node().path.clone()).or_default().insert(owner);
        }
        desk.database.stat(handle.node())?;
        match right {
            Some(right) if !handle.opened.access.has(right) => Err(Error::NotOpenForThis),
            _ => Ok(handle.opened.clone()),
        }
    }

    /// Checks that a handle is genuine and of this session.
    pub(super) fn check(
        &self,
        session: SessionId,
        handle: &Handle,
        desk: &Desk<'_, '_>,
    ) -> Result<(), Error> {
        if !handle.is_genuine(desk.settings.key()) || handle.epoch > self.epoch {
            return Err(Error::Forged);
        }
        if handle.session() == session { Ok(()) } else { Err(Error::OtherSession) }
    }

    /// The node is there: opens it.
    pub(super) fn finish_open(
        &mut self,
        session: SessionId,
        number: u64,
        open: &Open,
        node: NodeId,
        created: bool,
        desk: &mut Desk<'_, '_>,
    ) {
        let path = node.path.clone();
        let client = self.lessees.get(&session).map(|lessee| lessee.client);
        let allowed = client.is_some_and(|client| {
            created || desk.database.permits(client, &node.path, open.options.access)
        });
        let result =
            match desk.database.stat(&node) {
                Ok(_) if !allowed => Err(Error::NoPermission),
                Ok(stat) => self
                    .add_handle(session, open, node, desk)
                    .map(|handle| Value::Opened { handle, created, stat }),
                Err(error) => Err(error),
            };
        self.answer(session, number, false, result, desk);
        // An ephemeral node that was created and could not be opened is no client's.
        self.remove_if_unused(&path, desk);
    }

    fn add_handle(
        &mut self,
        session: SessionId,
        open: &Open,
        node: NodeId,
        desk: &Desk<'_, '_>,
    ) -> Result<Handle, Error> {
        let owner = Owner { session, handle: open.handle };
        let lessee = self.lessees.get_mut(&session).ok_or(Error::NoSession)?;
        if lessee.handles.len() >= desk.settings.handles_max() {
            return Err(Error::Quota);
        }
        let opened = Opened {
            owner,
            node,
            access: open.options.access,
            events: open.options.events,
            lock_delay: open.options.lock_delay,
        };
        self.open.entry(opened.node.path.clone()).or_default().insert(owner);
        lessee.handles.insert(owner.handle, opened.clone());
        Ok(Handle::seal(opened, self.epoch, desk.settings.key()))
    }

    pub(super) fn forget_handle(&mut self, path: &Path, owner: Owner) {
        if let Some(open) = self.open.get_mut(path) {
            open.remove(&owner);
            if open.is_empty() {
                self.open.remove(path);
            }
        }
    }

    /// Closes a handle. Returns its owner.
    pub(super) fn close_handle(
        &mut self,
        session: SessionId,
        handle: &Handle,
        desk: &mut Desk<'_, '_>,
    ) -> Owner {
        let owner = Owner { session, handle: handle.number() };
        if let Some(lessee) = self.lessees.get_mut(&session) {
            lessee.handles.remove(&owner.handle);
            if handle.epoch < self.epoch {
                lessee.closed.insert(owner.handle);
            }
        }
        self.forget_handle(&handle.node().path, owner);
        self.remove_if_unused(&handle.node().path, desk);
        owner
    }
}
