//! Calls, one after another (CHUBBY section 2.6).
//!
//! Model: the first call that waits is answered from the cache, fails here, or goes to the master
//! and is repeated under its number until it is answered or the session is over. In jeopardy
//! nothing is sent and nothing is answered.

use squall_process::{Context, OpId};

use crate::client::cache::Known;
use crate::client::{
    Acquiring, Client, Current, HandleName, Local, Op, OpenCall, Reply, State, Work, complete,
};
use crate::database::{HandleNumber, Held, Right, Stat};
use crate::handle::Handle;
use crate::message::{Call, Create, Message, Open, Value};
use crate::participant::{Participant, Timer};
use crate::{Error, Name, Path, marks};

/// What becomes of a call before it is sent.
enum Start {
    Reply(Reply),
    Send(Call, Option<Path>),
    EndSession,
}

impl Client {
    /// Begins with the calls that wait, until one is under way.
    pub(super) fn go_on(&mut self, context: &mut Context<'_, Participant>) {
        while self.current.is_none()
            && !self.is_in_jeopardy()
            && !matches!(self.state, State::Opening)
        {
            let opens = matches!(self.queue.front(), Some(Work::User(_, Op::Open(_))));
            if opens && matches!(self.state, State::Closed) {
                return self.open_session(context);
            }
            let Some(work) = self.queue.pop_front() else {
                return;
            };
            match work {
                Work::User(id, op) => match self.start(&op, context) {
                    Ok(Start::Reply(reply)) => complete(id, reply, context),
                    Err(error) => complete(id, Reply::Failed(error), context),
                    Ok(Start::Send(call, path)) => {
                        self.begin(Work::User(id, op), Some(call), path, context);
                    }
                    Ok(Start::EndSession) => self.begin(Work::User(id, op), None, None, context),
                },
                Work::Refresh => {
                    let live = self.handles.values().filter(|local| local.dead.is_none());
                    let handles: Vec<Handle> = live.map(|local| local.handle.clone()).collect();
                    if !handles.is_empty() {
                        self.begin(Work::Refresh, Some(Call::Refresh(handles)), None, context);
                    }
                }
                Work::Reacquire(name) => {
                    let local = self.handles.get(&name);
                    let waits = local.and_then(|local| Some((local, local.acquiring?)));
                    if let Some((local, acquiring)) = waits {
                        let call = Call::Acquire(local.handle.clone(), acquiring.mode);
                        self.begin(work, Some(call), None, context);
                    }
                }
                Work::Withdraw(name) => {
                    if let Some(local) = self.handles.get(&name) {
                        let call = Call::Cancel(local.handle.clone());
                        self.begin(work, Some(call), None, context);
                    }
                }
            }
        }
    }

    fn begin(
        &mut self,
        work: Work,
        call: Option<Call>,
        path: Option<Path>,
        context: &mut Context<'_, Participant>,
    ) {
        let State::Open(session) = &mut self.state else {
            return;
        };
        session.call += 1;
        let number = session.call;
        let guard = match &work {
            Work::User(_, op) => op.handle().and_then(|name| self.handles.get(&name)),
            _ => None,
        };
        let guard = guard.and_then(|local| local.guard.clone());
        self.current = Some(Current { work, number, guard, call, path, overtaken: false });
        self.send_call(context);
    }

    /// Sends the call under way, unless the session is in jeopardy.
    pub(super) fn send_call(&mut self, context: &mut Context<'_, Participant>) {
        let (State::Open(session), Some(current)) = (&self.state, &self.current) else {
            return;
        };
        if session.jeopardy {
            return;
        }
        let message = match &current.call {
            None => Message::CloseSession(session.id),
            Some(call) => Message::Call {
                session: session.id,
                epoch: session.epoch,
                number: current.number,
                guard: current.guard.clone(),
                call: call.clone(),
            },
        };
        let to = self.master_or_any(context);
        context.send(to, message);
        context.set_timer(Timer::Call, self.settings.timing().call_resend);
    }

    pub(super) fn on_call_timer(&mut self, context: &mut Context<'_, Participant>) {
        self.send_call(context);
    }

    fn start(&mut self, op: &Op, context: &mut Context<'_, Participant>) -> Result<Start, Error> {
        match op {
            Op::Open(open) => return self.start_open(open, context),
            Op::CheckSequencer(sequencer) => {
                self.session().ok_or(Error::NoSession)?;
                return Ok(Start::Send(Call::CheckSequencer(sequencer.clone()), None));
            }
            Op::EndSession => {
                if self.session().is_none() {
                    return Ok(Start::Reply(Reply::Done));
                }
                self.handles.values_mut().for_each(|local| local.let_go(context));
                return Ok(Start::EndSession);
            }
            Op::Close(name) => return self.start_close(*name, context),
            _ => {}
        }
        let name = op.handle().ok_or(Error::HandleClosed)?;
        let local = self.handles.get_mut(&name).ok_or(Error::HandleClosed)?;
        if let Some(error) = local.dead {
            return Err(error);
        }
        let handle = local.handle.clone();
        let path = handle.node().path.clone();
        let call = match op {
            Op::GetContentsAndStat(_) | Op::GetStat(_) => {
                let contents = matches!(op, Op::GetContentsAndStat(_));
                return Ok(self.start_read(name, handle, contents, context));
            }
            Op::ReadDir(_) => return Ok(Start::Send(Call::ReadDir(handle), None)),
            Op::GetSequencer(_) => return Ok(Start::Send(Call::GetSequencer(handle), None)),
            Op::SetSequencer(_, sequencer) => {
                return Ok(Start::Send(Call::CheckSequencer(sequencer.clone()), None));
            }
            Op::SetContents(_, contents, demanded) => {
                Call::SetContents(handle, contents.clone(), *demanded)
            }
            Op::SetAcl(_, acl, demanded) => Call::SetAcl(handle, acl.clone(), *demanded),
            Op::Delete(_) => {
                local.let_go(context);
                Call::Delete(handle)
            }
            Op::Acquire(_, mode) | Op::TryAcquire(_, mode) => {
                if local.acquiring.is_some() {
                    return Err(Error::LockHeld);
                }
                let waits = matches!(op, Op::Acquire(..));
                if waits { Call::Acquire(handle, *mode) } else { Call::TryAcquire(handle, *mode) }
            }
            Op::Release(_) => {
                // A claim that waits is not released: it may be granted in the same moment.
                if local.held.is_none() {
                    return Err(Error::NotHeld);
                }
                local.let_go(context);
                Call::Release(handle)
            }
            Op::Cancel(_) => Call::Cancel(handle),
            _ => return Err(Error::HandleClosed),
        };
        // What it changes is not kept, so the master need not say so.
        self.cache.drop(&path);
        Ok(Start::Send(call, None))
    }

    fn start_read(
        &self,
        name: HandleName,
        handle: Handle,
        contents: bool,
        context: &mut Context<'_, Participant>,
    ) -> Start {
        if let Some(reply) = self.cached_reply(name, contents) {
            context.reach(marks::CACHE_HIT);
            return Start::Reply(reply);
        }
        let path = handle.node().path.clone();
        let read = if contents { Call::GetContentsAndStat } else { Call::GetStat };
        Start::Send(read(handle), Some(path))
    }

    fn start_open(
        &mut self,
        open: &OpenCall,
        context: &mut Context<'_, Participant>,
    ) -> Result<Start, Error> {
        if self.handles.contains_key(&open.handle) {
            return Err(Error::HandleInUse);
        }
        let path = match open.directory {
            Some(directory) => {
                let local = self.handles.get(&directory).ok_or(Error::HandleClosed)?;
                if let Some(error) = local.dead {
                    return Err(error);
                }
                local.handle.node().path.join(&open.name)?
            }
            None => {
                let name: Name = open.name.parse()?;
                if name.cell != *self.settings.cell() {
                    return Err(Error::OtherCell);
                }
                name.path
            }
        };
        if open.options.create == Create::Never {
            if let Some(Known::Absent) = self.cache.get(&path) {
                context.reach(marks::CACHE_HIT);
                return Err(Error::NotFound);
            }
        } else {
            self.cache.drop(&path);
        }
        let State::Open(session) = &mut self.state else {
            return Err(Error::NoSession);
        };
        session.handle += 1;
        let handle = HandleNumber(session.handle);
        let options = open.options.clone();
        let call = Call::Open(Box::new(Open { handle, path: path.clone(), options }));
        Ok(Start::Send(call, Some(path)))
    }

    /// Close never fails. The name of the handle is free at once.
    fn start_close(
        &mut self,
        name: HandleName,
        context: &mut Context<'_, Participant>,
    ) -> Result<Start, Error> {
        let Some(mut local) = self.handles.remove(&name) else {
            return Ok(Start::Reply(Reply::Done));
        };
        local.let_go(context);
        if let Some(acquiring) = local.acquiring {
            complete(acquiring.op, Reply::Failed(Error::HandleClosed), context);
        }
        self.cache.drop(&local.handle.node().path);
        let ours = self.session() == Some(local.handle.session());
        let closed = local.dead.is_some_and(|error| error != Error::Poisoned);
        if closed || !ours {
            return Ok(Start::Reply(Reply::Done));
        }
        Ok(Start::Send(Call::Close(local.handle), None))
    }

    /// Answers a read from the cache. A guarded handle asks the master.
    fn cached_reply(&self, name: HandleName, contents: bool) -> Option<Reply> {
        let local = self.handles.get(&name)?;
        let Known::Node { stat, contents: kept } = self.cache.get(&local.handle.node().path)?
        else {
            return None;
        };
        let may = local.guard.is_none() && local.handle.opened.access.has(Right::Read);
        if !may || stat.instance != local.handle.node().instance {
            return None;
        }
        match (contents, kept) {
            (false, _) => Some(Reply::Stat(*stat)),
            (true, Some(kept)) => Some(Reply::File { contents: kept.clone(), stat: *stat }),
            (true, None) => None,
        }
    }

    pub(super) fn on_return(
        &mut self,
        number: u64,
        cache: bool,
        result: Result<Value, Error>,
        context: &mut Context<'_, Participant>,
    ) {
        let Some(current) = self.current.take_if(|current| current.number == number) else {
            return;
        };
        context.cancel_timer(Timer::Call);
        if cache {
            self.keep(&current, &result, context);
        }
        match current.work {
            Work::User(id, op) => {
                if let Some(reply) = self.finish(id, number, &op, result, context) {
                    complete(id, reply, context);
                }
            }
            Work::Refresh => {
                if let Ok(Value::Invalid(handles)) = result {
                    for number in handles {
                        if let Some(name) = self.name_of(number) {
                            self.invalidate(name, context);
                        }
                    }
                }
            }
            Work::Reacquire(name) => self.finish_reacquire(name, &result, context),
            Work::Withdraw(_) => {}
        }
    }

    fn keep(
        &mut self,
        current: &Current,
        result: &Result<Value, Error>,
        context: &mut Context<'_, Participant>,
    ) {
        let relied_on = matches!(&self.state, State::Open(session)
            if !session.jeopardy && context.now() < session.deadline);
        let Some(path) = current.path.clone() else {
            return;
        };
        if current.overtaken || !relied_on {
            return context.reach(marks::OVERTAKEN);
        }
        match result {
            Ok(Value::File { contents, stat }) => {
                let contents = Some(contents.clone());
                self.cache.keep(path, Known::Node { stat: *stat, contents });
            }
            Ok(Value::Stat(stat)) => {
                self.cache.keep(path, Known::Node { stat: *stat, contents: None });
            }
            Err(Error::NotFound) => self.cache.keep(path, Known::Absent),
            _ => {}
        }
    }

    /// A call of the application is answered. Returns the reply; none if the call goes on waiting.
    fn finish(
        &mut self,
        id: OpId,
        number: u64,
        op: &Op,
        result: Result<Value, Error>,
        context: &mut Context<'_, Participant>,
    ) -> Option<Reply> {
        let value = match result {
            Ok(value) => value,
            Err(error) => return Some(Reply::Failed(error)),
        };
        let local = op.handle().and_then(|name| self.handles.get_mut(&name));
        match (op, value, local) {
            (Op::Open(open), Value::Opened { handle, created, stat }, _) => {
                Some(self.opened(open.handle, handle, created, stat))
            }
            (Op::Acquire(_, mode), Value::Waiting, Some(local)) => {
                local.acquiring = Some(Acquiring { op: id, mode: *mode, call: number });
                None
            }
            (Op::Acquire(..) | Op::TryAcquire(..), Value::Held(held), Some(local)) => {
                local.hold(held, context);
                Some(Reply::Held(held))
            }
            (Op::Cancel(_), Value::Held(held), Some(local)) => {
                // The grant came first.
                if let Some(acquiring) = local.acquiring.take() {
                    local.hold(held, context);
                    complete(acquiring.op, Reply::Held(held), context);
                }
                Some(Reply::Held(held))
            }
            (Op::Cancel(_), Value::Done, Some(local)) => {
                if let Some(acquiring) = local.acquiring.take() {
                    complete(acquiring.op, Reply::Failed(Error::Cancelled), context);
                }
                Some(Reply::Done)
            }
            (Op::SetSequencer(_, sequencer), Value::Done, Some(local)) => {
                local.guard = Some(sequencer.clone());
                Some(Reply::Done)
            }
            (_, value, _) => Some(plain(value)),
        }
    }

    fn opened(&mut self, name: HandleName, handle: Handle, created: bool, stat: Stat) -> Reply {
        let (dead, guard, held, acquiring) = (None, None, None, None);
        self.handles.insert(name, Local { handle, dead, guard, held, acquiring });
        Reply::Opened { created, stat }
    }

    fn finish_reacquire(
        &mut self,
        name: HandleName,
        result: &Result<Value, Error>,
        context: &mut Context<'_, Participant>,
    ) {
        let Some(local) = self.handles.get_mut(&name) else {
            return;
        };
        match result {
            Ok(Value::Held(held)) => {
                if let Some(acquiring) = local.acquiring.take() {
                    local.hold(*held, context);
                    complete(acquiring.op, Reply::Held(*held), context);
                }
            }
            Ok(_) => {}
            Err(error) => {
                if let Some(acquiring) = local.acquiring.take() {
                    complete(acquiring.op, Reply::Failed(*error), context);
                }
            }
        }
    }

    /// The event of a grant overtook the answer to the acquire.
    pub(super) fn granted_before_answer(
        &mut self,
        name: HandleName,
        held: Held,
        call: u64,
        context: &mut Context<'_, Participant>,
    ) {
        let asks = |current: &mut Current| {
            current.number == call && matches!(&current.work, Work::User(_, Op::Acquire(..)))
        };
        if let Some(Current { work: Work::User(op, _), .. }) = self.current.take_if(asks)
            && let Some(local) = self.handles.get_mut(&name)
        {
            context.cancel_timer(Timer::Call);
            local.hold(held, context);
            complete(op, Reply::Held(held), context);
        }
    }

    /// The session has ended as asked.
    pub(super) fn on_session_closed(&mut self, context: &mut Context<'_, Participant>) {
        if let Some(current) = self.current.take_if(|current| current.call.is_none())
            && let Work::User(id, _) = current.work
        {
            self.leave(Error::NoSession, context);
            complete(id, Reply::Done, context);
        }
    }
}

fn plain(value: Value) -> Reply {
    match value {
        Value::File { contents, stat } => Reply::File { contents, stat },
        Value::Stat(stat) => Reply::Stat(stat),
        Value::Children(children) => Reply::Children(children),
        Value::Held(held) => Reply::Held(held),
        Value::Sequencer(sequencer) => Reply::Sequencer(sequencer),
        Value::Opened { created, stat, .. } => Reply::Opened { created, stat },
        Value::Done | Value::Waiting | Value::Invalid(_) => Reply::Done,
    }
}
