//! Calls of clients (CHUBBY sections 2.4 and 2.6).
//!
//! Model: a session has one call under way. A copy of it is not carried out again; a copy of the
//! last one is answered again. A call that changes nothing is answered from the database, one that
//! does becomes a command of the log under the same number.

use crate::database::{Action, Command, Done, HandleNumber, LockCall, Owner, Right, SessionId};
use crate::handle::Handle;
use crate::marks;
use crate::master::changes::{Purpose, value_of};
use crate::master::{Desk, Master};
use crate::message::{Call, Create, Message, Open, Value};
use crate::{Error, Path, Sequencer};

/// What becomes of a call.
enum Way {
    /// It is answered; and the node of that path may be cached.
    Answer(Value, Option<Path>),
    /// It changes the database.
    Change(Action),
    /// It opens a node that may have to be created.
    Create(Action, Box<Open>),
    /// It is answered elsewhere.
    Answered,
}

impl Master {
    /// A call of a session that is ours.
    pub(super) fn on_call(
        &mut self,
        session: SessionId,
        number: u64,
        guard: Option<Sequencer>,
        call: Call,
        desk: &mut Desk<'_, '_>,
    ) {
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return;
        };
        if number <= lessee.call {
            if number == lessee.call
                && let Some(returned) = &lessee.returned
            {
                desk.context.reach(marks::CALL_REPEATED);
                desk.context.send(lessee.client, returned.clone());
            }
            return;
        }
        lessee.call = number;
        lessee.returned = None;
        if let Some(result) = desk.database.recorded(session, number) {
            desk.context.reach(marks::CALL_REMEMBERED);
            return self.answer_recorded(session, number, result.clone(), call, desk);
        }
        let way = match self.check_guard(guard.as_ref(), desk) {
            Ok(()) => self.way(session, number, call, desk),
            Err(error) => Err(error),
        };
        let guard = guard.map(|guard| guard.lock().clone());
        let command = |action| Command::Call { session, sequence: number, guard, action };
        match way {
            Err(error) => self.answer(session, number, false, Err(error), desk),
            Ok(Way::Answer(value, path)) => {
                let cache = path.is_some_and(|path| self.caching.may_cache(&path, session));
                self.answer(session, number, cache, Ok(value), desk);
            }
            Ok(Way::Change(action)) => {
                self.submit(command(action), Purpose::Call(session, number), desk);
            }
            Ok(Way::Create(action, open)) => {
                self.submit(command(action), Purpose::Open(session, number, open), desk);
            }
            Ok(Way::Answered) => {}
        }
    }

    pub(super) fn answer(
        &mut self,
        session: SessionId,
        number: u64,
        cache: bool,
        result: Result<Value, Error>,
        desk: &mut Desk<'_, '_>,
    ) {
        let Some(lessee) = self.lessees.get_mut(&session) else {
            return;
        };
        let message = Message::Return { session, number, cache, result };
        if lessee.call == number {
            lessee.returned = Some(message.clone());
        }
        desk.context.send(lessee.client, message);
    }

    /// An earlier master carried this call out, and its answer was lost.
    fn answer_recorded(
        &mut self,
        session: SessionId,
        number: u64,
        result: Result<Done, Error>,
        call: Call,
        desk: &mut Desk<'_, '_>,
    ) {
        match (result, call) {
            (Ok(Done::Opened { node, created }), Call::Open(open)) => {
                self.finish_open(session, number, &open, node, created, desk);
            }
            (result, _) => {
                self.answer(session, number, false, result.map(|done| value_of(&done)), desk);
            }
        }
    }

    /// A call whose sequencer is not valid fails (CHUBBY section 2.6, SetSequencer).
    fn check_guard(&self, guard: Option<&Sequencer>, desk: &Desk<'_, '_>) -> Result<(), Error> {
        guard.map_or(Ok(()), |guard| self.check_sequencer(guard, desk))
    }

    fn check_sequencer(&self, sequencer: &Sequencer, desk: &Desk<'_, '_>) -> Result<(), Error> {
        if sequencer.cell() != &**desk.settings.cell() {
            return Err(Error::OtherCell);
        }
        if !sequencer.is_genuine(desk.settings.key()) {
            return Err(Error::Forged);
        }
        let valid = desk.database.is_held(sequencer.lock());
        if valid { Ok(()) } else { Err(Error::SequencerInvalid) }
    }

    fn way(
        &mut self,
        session: SessionId,
        number: u64,
        call: Call,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Way, Error> {
        Ok(match call {
            Call::Open(open) => return self.way_of_open(session, number, open, desk),
            Call::Close(handle) => return self.way_of_close(session, &handle, desk),
            Call::GetContentsAndStat(handle) => {
                let opened = self.resolve(session, &handle, Some(Right::Read), desk)?;
                match desk.database.file(&opened.node)? {
                    Done::File { contents, stat } => {
                        let path = opened.node.path;
                        Way::Answer(Value::File { contents, stat }, Some(path))
                    }
                    _ => return Err(Error::IsDirectory),
                }
            }
            Call::GetStat(handle) => {
                let opened = self.resolve(session, &handle, Some(Right::Read), desk)?;
                let stat = desk.database.stat(&opened.node)?;
                Way::Answer(Value::Stat(stat), Some(opened.node.path))
            }
            Call::ReadDir(handle) => {
                let opened = self.resolve(session, &handle, Some(Right::Read), desk)?;
                Way::Answer(Value::Children(desk.database.children(&opened.node)?), None)
            }
            Call::GetSequencer(handle) => {
                let node = self.resolve(session, &handle, None, desk)?.node;
                let owner = Owner { session, handle: handle.number() };
                let held = desk.database.held(&node, owner).ok_or(Error::NotHeld)?;
                let lock = crate::database::HeldLock { node, held };
                let (cell, key) = (desk.settings.cell(), desk.settings.key());
                Way::Answer(Value::Sequencer(Sequencer::seal(cell, lock, key)), None)
            }
            Call::CheckSequencer(sequencer) => {
                self.check_sequencer(&sequencer, desk)?;
                Way::Answer(Value::Done, None)
            }
            Call::Refresh(handles) => {
                let invalid: Vec<HandleNumber> = handles
                    .iter()
                    .filter(|handle| self.resolve(session, handle, None, desk).is_err())
                    .map(Handle::number)
                    .collect();
                Way::Answer(Value::Invalid(invalid), None)
            }
            call => Way::Change(self.action(session, call, desk)?),
        })
    }

    /// The change of the database that a call asks for.
    fn action(
        &mut self,
        session: SessionId,
        call: Call,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Action, Error> {
        Ok(match call {
            Call::SetContents(handle, contents, generation) => {
                let node = self.resolve(session, &handle, Some(Right::Write), desk)?.node;
                Action::SetContents { node, contents, generation }
            }
            Call::SetAcl(handle, acl, generation) => {
                let node = self.resolve(session, &handle, Some(Right::ChangeAcl), desk)?.node;
                Action::SetAcl { node, acl, generation }
            }
            Call::Delete(handle) => {
                let node = self.resolve(session, &handle, Some(Right::Write), desk)?.node;
                Action::Delete { node, handle: handle.number() }
            }
            Call::Acquire(handle, mode) => {
                let opened = self.resolve(session, &handle, Some(Right::Write), desk)?;
                let (node, delay) = (opened.node, opened.lock_delay);
                Action::Acquire(LockCall { node, handle: handle.number(), mode, delay })
            }
            Call::TryAcquire(handle, mode) => {
                let opened = self.resolve(session, &handle, Some(Right::Write), desk)?;
                let (node, delay) = (opened.node, opened.lock_delay);
                let call = LockCall { node, handle: handle.number(), mode, delay };
                Action::TryAcquire(call)
            }
            Call::Release(handle) => {
                let node = self.resolve(session, &handle, Some(Right::Write), desk)?.node;
                Action::Release { node, handle: handle.number() }
            }
            Call::Cancel(handle) => {
                let node = self.resolve(session, &handle, None, desk)?.node;
                Action::Cancel { node, handle: handle.number() }
            }
            // The others change nothing.
            _ => return Err(Error::OutOfOrder),
        })
    }

    fn way_of_open(
        &mut self,
        session: SessionId,
        number: u64,
        open: Box<Open>,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Way, Error> {
        let options = &open.options;
        match desk.database.lookup(&open.path) {
            Some(_) if options.create == Create::Always => Err(Error::Exists),
            Some(node) => {
                self.finish_open(session, number, &open, node, false, desk);
                Ok(Way::Answered)
            }
            None if options.create == Create::Never => {
                // Absence is cached too.
                let cache = self.caching.may_cache(&open.path, session);
                self.answer(session, number, cache, Err(Error::NotFound), desk);
                Ok(Way::Answered)
            }
            None => {
                let action = Action::Create {
                    path: open.path.clone(),
                    kind: options.kind,
                    lifetime: options.lifetime,
                    contents: options.contents.clone(),
                    acl: options.acl.clone(),
                    must: options.create == Create::Always,
                };
                Ok(Way::Create(action, open))
            }
        }
    }

    /// Close never fails: a handle that is not open is closed.
    fn way_of_close(
        &mut self,
        session: SessionId,
        handle: &Handle,
        desk: &mut Desk<'_, '_>,
    ) -> Result<Way, Error> {
        self.check(session, handle, desk)?;
        let owner = self.close_handle(session, handle, desk);
        let node = handle.node().clone();
        let claims =
            desk.database.held(&node, owner).is_some() || desk.database.waits(&node, owner);
        Ok(if claims {
            Way::Change(Action::Close { node, handle: owner.handle })
        } else {
            Way::Answer(Value::Done, None)
        })
    }
}
