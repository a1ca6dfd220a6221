//! Events, and what the library itself makes of them (CHUBBY sections 2.5, 2.7 and 2.9).

use squall_process::Context;

use crate::client::{Client, ClientEvent, HandleName, Reply, Work, complete};
use crate::database::HandleNumber;
use crate::message::{Event, Notice};
use crate::participant::Participant;
use crate::{Error, marks};

/// An application that does not read its events is told that it lost some.
const EVENTS_MAX: usize = 1_000;

impl Client {
    pub(super) fn on_notice(&mut self, notice: Notice, context: &mut Context<'_, Participant>) {
        match notice {
            Notice::FailedOver => self.on_failed_over(context),
            Notice::Invalidate(path) => {
                self.cache.drop(&path);
                if let Some(current) = &mut self.current
                    && current.path.as_ref() == Some(&path)
                {
                    current.overtaken = true;
                }
            }
            Notice::Event(number, event) => self.on_event(number, event, context),
        }
    }

    /// There is a new master, which knows nothing of handles, caches and events.
    fn on_failed_over(&mut self, context: &mut Context<'_, Participant>) {
        context.reach(marks::FAILED_OVER);
        self.flush();
        let waiting = self.handles.iter().filter(|(_, local)| local.acquiring.is_some());
        let again: Vec<Work> = waiting.map(|(name, _)| Work::Reacquire(*name)).collect();
        self.queue.retain(|work| !matches!(work, Work::Refresh | Work::Reacquire(_)));
        again.into_iter().for_each(|work| self.queue.push_front(work));
        if self.handles.values().any(|local| local.dead.is_none()) {
            self.queue.push_front(Work::Refresh);
        }
        self.raise(ClientEvent::FailedOver, context);
    }

    /// Returns the application's name of the handle with this number in the present session.
    pub(super) fn name_of(&self, number: HandleNumber) -> Option<HandleName> {
        let session = self.session()?;
        let mut handles = self.handles.iter();
        let found = handles.find(|(_, local)| {
            local.handle.number() == number && local.handle.session() == session
        });
        found.map(|(name, _)| *name)
    }

    fn on_event(
        &mut self,
        number: HandleNumber,
        event: Event,
        context: &mut Context<'_, Participant>,
    ) {
        let Some(name) = self.name_of(number) else {
            return;
        };
        match &event {
            Event::HandleInvalid => self.invalidate(name, context),
            Event::LockAcquired { held, call } => {
                let Some(local) = self.handles.get_mut(&name) else { return };
                if let Some(acquiring) = local.acquiring.take_if(|a| a.call == *call) {
                    local.hold(*held, context);
                    complete(acquiring.op, Reply::Held(*held), context);
                } else {
                    // The event overtook the answer, which says the same; or it is late.
                    self.granted_before_answer(name, *held, *call, context);
                }
            }
            _ => {}
        }
        self.raise(ClientEvent::Handle(name, event), context);
    }

    /// The node of a handle is gone.
    pub(super) fn invalidate(&mut self, name: HandleName, context: &mut Context<'_, Participant>) {
        if let Some(local) = self.handles.get_mut(&name) {
            local.let_go(context);
            local.dead = local.dead.or(Some(Error::NodeDeleted));
            if let Some(acquiring) = local.acquiring.take() {
                complete(acquiring.op, Reply::Failed(Error::NodeDeleted), context);
            }
        }
    }

    /// Hands an event to the application.
    pub(super) fn raise(&mut self, event: ClientEvent, context: &mut Context<'_, Participant>) {
        if self.events.len() >= EVENTS_MAX {
            self.events.clear();
            self.events.push_back(ClientEvent::FailedOver);
        }
        self.events.push_back(event);
        self.deliver(context);
    }

    pub(super) fn deliver(&mut self, context: &mut Context<'_, Participant>) {
        while !self.listeners.is_empty()
            && let Some(event) = self.events.pop_front()
            && let Some(op) = self.listeners.pop_front()
        {
            complete(op, Reply::Event(event), context);
        }
    }
}
