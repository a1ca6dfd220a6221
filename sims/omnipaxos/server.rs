//! A server: an instance of the library between our network, our disk and our clients.
//!
//! Every input ends with [`Server::settle`]: what the library wrote goes to the journal, what it
//! wants sent is held until that is durable, and what it decided is applied to the store.

use std::sync::Arc;

use omnipaxos::messages::Message as Letters;
use squall_process::{Context, Input, ProcessId, Span};

use super::cabinet::Drawer;
use super::claim::Claim;
use super::connection::{Connections, Heard};
use super::instance::{Instance, Next};
use super::journal::{Found, Journal};
use super::knobs::Setup;
use super::letter::Letter;
use super::marks;
use super::message::{Envelope, Message};
use super::process::{Participant, Timer, node, server};
use super::record::{Beginning, Change, Configuration};
use super::term::Term;
use crate::kv::{Answer, Call, Freshness, Store, Talk};

/// One server.
#[derive(Debug)]
pub struct Server {
    id: ProcessId,
    setup: Arc<Setup>,
    seat: Seat,
    connections: Connections<(u32, Letter)>,
    journal: Journal<Held>,
    store: Store,
    /// How many entries of the whole log are in the store.
    applied: u64,
    /// Calls that somebody waits for here.
    waiting: Vec<Call>,
    /// The last ballot under which this life of the server led.
    led: Option<Term>,
    outgoing: Vec<Letters<Call>>,
}

/// What a server has to do with the configuration.
#[derive(Debug)]
enum Seat {
    /// It was not started.
    Empty,
    /// Its disk lost what others rely on: it is silent for ever.
    Mute,
    /// It has never taken part.
    Spare,
    /// It takes part.
    Member(Box<Instance>),
    /// It took part, and knows who does now.
    Retired(Arc<Configuration>),
}

/// What waits for the disk.
#[derive(Debug)]
enum Held {
    /// A message of the library, of this configuration.
    Letter(u32, Letter),
    /// A claim.
    Claim(Claim),
    /// A configuration, for somebody who is behind.
    Handover(ProcessId, Arc<Configuration>),
}

impl Server {
    /// A server that was not started yet.
    #[must_use]
    pub fn new(id: ProcessId, setup: Arc<Setup>) -> Self {
        let connections = Connections::new(0, setup.patience);
        Self {
            id,
            setup,
            seat: Seat::Empty,
            connections,
            journal: Journal::new(),
            store: Store::default(),
            applied: 0,
            waiting: Vec::new(),
            led: None,
            outgoing: Vec::new(),
        }
    }

    pub(super) fn step(
        &mut self,
        input: Input<Participant>,
        context: &mut Context<'_, Participant>,
    ) {
        match input {
            Input::Boot { incarnation, disk } => {
                self.connections = Connections::new(incarnation, self.setup.patience);
                let found = self.journal.open(disk, self.setup.first(self.id));
                self.on_boot(found, context);
            }
            Input::Timer(Timer::Tick) => self.on_tick(context),
            Input::Message { from, message } => self.on_message(from, message, context),
            Input::Synced { through } => self.journal.on_synced(through, context),
            // The library takes what it wrote for durable, and it is not: begin again from what is.
            Input::SyncFailed { .. } => context.halt("a sync failed"),
            Input::WriteFailed { .. } => context.halt("a write was refused"),
            Input::Timer(Timer::Wait(_)) | Input::Op { .. } => {}
        }
        self.settle(context);
    }

    fn on_boot(&mut self, found: Found, context: &mut Context<'_, Participant>) {
        match found {
            Found::Harmed => {
                context.reach(marks::MUTE);
                self.seat = Seat::Mute;
                return;
            }
            Found::Nothing => self.seat = Seat::Spare,
            Found::Kept(begin) => {
                let Beginning { configuration, drawer } = *begin;
                self.take_over(&configuration, context);
                self.sit(Arc::new(configuration), drawer);
            }
        }
        // Servers that start together do not tick together.
        let first = context.random_span(Span::ZERO, self.setup.tick);
        context.set_timer(Timer::Tick, first);
    }

    /// Takes over the state with which `configuration` begins.
    fn take_over(&mut self, configuration: &Configuration, context: &mut Context<'_, Participant>) {
        self.store = configuration.origin.clone();
        self.applied = configuration.base;
        if self.applied > 0 {
            let state = self.store.digest();
            context.claim(Claim::Restored { index: self.applied, state });
        }
    }

    /// Takes a seat in `configuration`, if it has one for this server.
    fn sit(&mut self, configuration: Arc<Configuration>, drawer: Drawer) {
        self.seat = if configuration.members.contains(&node(self.id)) {
            Seat::Member(Box::new(Instance::new(self.id, configuration, drawer, &self.setup)))
        } else {
            Seat::Retired(configuration)
        };
    }

    fn on_tick(&mut self, context: &mut Context<'_, Participant>) {
        context.set_timer(Timer::Tick, self.setup.tick);
        for peer in self.connections.on_tick(context.now()) {
            context.reach(marks::BROKEN);
            context.send(peer, Message::Hello(self.connections.hello(peer)));
            self.reconnected(peer);
        }
        let Seat::Member(instance) = &mut self.seat else { return };
        for other in instance.others() {
            if self.connections.is_unknown(other) {
                context.send(other, Message::Hello(self.connections.hello(other)));
            }
        }
        if instance.configuration.id > 1 {
            for other in instance.unheard() {
                let configuration = Arc::clone(&instance.configuration);
                self.journal.hold(Held::Handover(other, configuration));
            }
        }
        instance.tick();
    }

    fn on_message(
        &mut self,
        from: ProcessId,
        message: Message,
        context: &mut Context<'_, Participant>,
    ) {
        match message {
            _ if matches!(self.seat, Seat::Mute) => {}
            Message::Talk(Talk::Call(call)) => self.on_call(from, call, context),
            Message::Talk(Talk::Answer { .. }) => {}
            Message::Hello(stamp) => {
                let heard = self.connections.on_hello(from, stamp);
                self.on_heard(from, heard, context);
            }
            Message::Letter(envelope) => {
                let Envelope { stamp, number, config, letter } = *envelope;
                let now = context.now();
                let letter = (config, letter);
                let heard = self.connections.on_letter(from, (stamp, number), letter, now);
                self.on_heard(from, heard, context);
            }
            Message::Handover(configuration) => self.on_handover(configuration, context),
        }
    }

    fn on_heard(
        &mut self,
        from: ProcessId,
        heard: Heard<(u32, Letter)>,
        context: &mut Context<'_, Participant>,
    ) {
        if heard.greet {
            context.send(from, Message::Hello(self.connections.hello(from)));
        }
        if heard.reconnected {
            self.reconnected(from);
        }
        for (config, letter) in heard.letters {
            self.on_letter(from, config, letter);
        }
    }

    fn reconnected(&mut self, peer: ProcessId) {
        if let Seat::Member(instance) = &mut self.seat {
            instance.reconnected(peer);
        }
    }

    fn on_letter(&mut self, from: ProcessId, config: u32, letter: Letter) {
        let configuration = match &mut self.seat {
            Seat::Member(instance) if instance.configuration.id == config => {
                return instance.handle(letter.0);
            }
            Seat::Member(instance) => &instance.configuration,
            Seat::Retired(configuration) => configuration,
            _ => return,
        };
        // Who is ahead will hand over; who is behind is handed over to.
        if config < configuration.id {
            self.journal.hold(Held::Handover(from, Arc::clone(configuration)));
        }
    }

    fn on_handover(
        &mut self,
        configuration: Arc<Configuration>,
        context: &mut Context<'_, Participant>,
    ) {
        let known = match &self.seat {
            Seat::Member(instance) => instance.configuration.id,
            Seat::Retired(configuration) => configuration.id,
            _ => 0,
        };
        if configuration.id > known {
            context.reach(marks::HANDOVER);
            self.collect(context);
            self.take_over(&configuration, context);
            self.begin(configuration, context);
        }
    }

    /// Begins with `configuration`, from the disk on.
    fn begin(&mut self, configuration: Arc<Configuration>, context: &mut Context<'_, Participant>) {
        let drawer = Drawer::default();
        let begin = Beginning { configuration: (*configuration).clone(), drawer };
        self.journal.begin(begin, context);
        self.sit(configuration, Drawer::default());
    }

    fn on_call(&mut self, from: ProcessId, call: Call, context: &mut Context<'_, Participant>) {
        let answer = match self.store.freshness(&call) {
            Freshness::Again(reply) => Answer::Done(reply),
            Freshness::Late => return,
            Freshness::New => match &mut self.seat {
                Seat::Member(instance) => {
                    if instance.propose(call, self.setup.servers) {
                        self.waiting.retain(|waiting| waiting.session != call.session);
                        self.waiting.push(call);
                        return;
                    }
                    context.reach(marks::SEALED);
                    Answer::Elsewhere(instance.leader())
                }
                Seat::Retired(configuration) => {
                    let first = configuration.members.first();
                    Answer::Elsewhere(first.map(|member| server(*member)))
                }
                Seat::Spare | Seat::Empty | Seat::Mute => Answer::Elsewhere(None),
            },
        };
        context.send(from, Talk::answer(&call, answer).into());
    }

    /// Carries out what the library wants done, and applies what it decided.
    fn settle(&mut self, context: &mut Context<'_, Participant>) {
        self.collect(context);
        while self.apply(context) {
            self.collect(context);
        }
        if let Seat::Member(instance) = &self.seat
            && let Some(term) = instance.leads()
            && self.led != Some(term)
        {
            self.led = Some(term);
            self.journal.hold(Held::Claim(Claim::Leads(term)));
        }
        self.journal.sync(context);
        while let Some(held) = self.journal.release() {
            self.let_go(held, context);
        }
    }

    /// Writes down what the library wrote, and holds what it wants sent.
    fn collect(&mut self, context: &mut Context<'_, Participant>) {
        let Seat::Member(instance) = &mut self.seat else { return };
        let noted = instance.take_noted();
        let is_snapshot = |change: &Change| matches!(change, Change::Snapshot(_));
        if noted.iter().any(|(_, changes)| changes.iter().any(is_snapshot)) {
            // What is compacted need not stay in the journal either.
            let configuration = (*instance.configuration).clone();
            let begin = Beginning { configuration, drawer: instance.drawer() };
            self.journal.begin(begin, context);
        } else {
            let base = instance.configuration.base;
            for (accepted, changes) in noted {
                self.journal.write((base, accepted), changes, context);
            }
        }
        instance.take_outgoing(&mut self.outgoing);
        let config = instance.configuration.id;
        for message in self.outgoing.drain(..) {
            self.journal.hold(Held::Letter(config, Letter(message)));
        }
    }

    /// Applies what is decided. Says whether there was anything.
    fn apply(&mut self, context: &mut Context<'_, Participant>) -> bool {
        let Seat::Member(instance) = &self.seat else { return false };
        let term = instance.promise();
        let decided = instance.decided_after(self.applied);
        if decided.is_empty() {
            return false;
        }
        for next in decided {
            match next {
                Next::Call(call, command) => self.apply_call(&call, (command, term), context),
                Next::State(store, index) => {
                    context.reach(marks::RESTORED);
                    self.store = store;
                    self.applied = index;
                    let state = self.store.digest();
                    context.claim(Claim::Restored { index, state });
                }
                Next::Stop(call, command, members) => {
                    self.apply_call(&call, (command, term), context);
                    self.seal(members, context);
                    return true;
                }
            }
        }
        if let Seat::Member(instance) = &mut self.seat {
            instance.compact(self.setup.snapshot, self.setup.everywhere);
        }
        true
    }

    fn apply_call(
        &mut self,
        call: &Call,
        (command, term): (u64, Term),
        context: &mut Context<'_, Participant>,
    ) {
        let reply = self.store.apply(call);
        self.applied += 1;
        let (index, state) = (self.applied, self.store.digest());
        context.claim(Claim::Applied { index, call: *call, command, state, term });
        let is_waited_for = self.waiting.iter().position(|waiting| waiting == call);
        if let (Some(reply), Some(place)) = (reply, is_waited_for) {
            self.waiting.swap_remove(place);
            let talk = Talk::answer(call, Answer::Done(reply));
            context.send(call.session.client, talk.into());
        }
    }

    /// The configuration has ended: `members` take part in the next.
    fn seal(&mut self, members: Vec<u64>, context: &mut Context<'_, Participant>) {
        self.collect(context);
        let Seat::Member(instance) = &self.seat else { return };
        context.reach(marks::RECONFIGURED);
        let configuration = Configuration {
            id: instance.configuration.id + 1,
            members,
            base: self.applied,
            origin: self.store.clone(),
        };
        self.begin(Arc::new(configuration), context);
    }

    /// Does what had to wait for the disk.
    fn let_go(&mut self, held: Held, context: &mut Context<'_, Participant>) {
        match held {
            Held::Claim(claim) => context.claim(claim),
            Held::Handover(to, configuration) => {
                context.send(to, Message::Handover(configuration));
            }
            Held::Letter(config, letter) => {
                let to = server(letter.0.get_receiver());
                // Without a connection there is nobody to hear it, as with a socket.
                if let Some((stamp, number)) = self.connections.stamp(to) {
                    let envelope = Envelope { stamp, number, config, letter };
                    context.send(to, Message::Letter(Box::new(envelope)));
                }
            }
        }
    }

    /// The state that this server has, for whoever wants to look.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }
}
