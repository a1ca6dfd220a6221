//! A server: an instance of the library between our network, our disk and our clients.
//!
//! Every input ends with [`Server::settle`]: the library's writes go to the journal, its messages
//! are held until these are durable, and its decided entries are applied to the store.

use std::mem;
use std::sync::Arc;

use omnipaxos::messages::Message as Published;
use squall_process::{Disk, Input, Outcome, ProcessId, Span};

use super::cabinet::{Drawer, Noted};
use super::command::Command;
use super::connection::{Connections, Heard};
use super::instance::{Instance, Next};
use super::knobs::{QuorumRule, Settings};
use super::library_message::LibraryMessage;
use super::record::{Beginning, Change, Configuration, Record, Write, recover};
use super::term::Term;
use super::word::{Envelope, Word};
use super::{Claim, Context, OmniPaxos, marks, node, server_of};
use squall_service::{
    self as service, Answer, Call, Freshness, Journal, Message, Op, Reply, Store, Talk, Timer,
};

/// One server.
#[derive(Debug)]
pub struct Server {
    id: ProcessId,
    settings: Arc<Settings>,
    seat: Seat,
    connections: Connections<(u32, LibraryMessage)>,
    journal: Journal<Held>,
    store: Store,
    /// How many entries of the whole log the store includes.
    applied: u64,
    /// Calls that a client waits for here.
    waiting: Vec<Call>,
    /// The last ballot under which this incarnation of the server led.
    led: Option<Term>,
    /// Lists that are empty between steps, and kept for their allocated memory.
    noted: Vec<Noted>,
    outgoing: Vec<Published<Command>>,
    arrived: Vec<(u32, LibraryMessage)>,
}

/// The role of a server in the configuration.
#[derive(Debug)]
enum Seat {
    /// It was not started.
    Empty,
    /// Its disk lost records that other servers rely on: it is silent forever.
    Mute,
    /// It has never taken part.
    Spare,
    /// It takes part.
    Member(Box<Instance>),
    /// It took part, and knows the present members.
    Retired(Arc<Configuration>),
}

/// What waits for the disk.
#[derive(Debug)]
enum Held {
    /// A message of the library, in this configuration.
    Message(u32, LibraryMessage),
    /// The claim that it leads, under this ballot.
    Leads(Term),
    /// A configuration, for a lagging server.
    Handover(ProcessId, Arc<Configuration>),
}

impl service::Server for Server {
    type Settings = Settings;
    type Word = Word;
    type Record = Record;
    type Term = Term;

    fn new(id: ProcessId, settings: &Arc<Settings>) -> Self {
        Self {
            id,
            settings: Arc::clone(settings),
            seat: Seat::Empty,
            connections: Connections::new(0, settings.patience),
            journal: Journal::new(),
            store: Store::default(),
            applied: 0,
            waiting: Vec::new(),
            led: None,
            noted: Vec::new(),
            outgoing: Vec::new(),
            arrived: Vec::new(),
        }
    }

    fn step(&mut self, input: Input<OmniPaxos>, context: &mut Context<'_>) {
        match input {
            Input::Boot { incarnation, disk } => self.on_boot(incarnation, disk, context),
            Input::Timer(Timer::Tick) => self.on_tick(context),
            Input::Message { from, message } => self.on_message(from, message, context),
            Input::Synced { through } => self.journal.on_synced(through, context),
            // The library considers its writes durable, but they are not: restart from the disk.
            Input::SyncFailed { .. } => context.halt("a sync failed"),
            Input::WriteFailed { .. } => context.halt("a write was refused"),
            // Servers accept calls only from clients.
            Input::Op { id, .. } => context.complete(id, Outcome::Refused),
            Input::Session { .. } | Input::Timer(Timer::Client(_)) => {}
        }
        self.settle(context);
    }
}

impl Server {
    fn on_boot(&mut self, incarnation: u64, disk: Disk<Record>, context: &mut Context<'_>) {
        let Some((journal, kept)) = Journal::open(disk) else {
            context.reach(marks::MUTE);
            self.seat = Seat::Mute;
            return;
        };
        self.journal = journal;
        let incarnation = u32::try_from(incarnation).unwrap_or(u32::MAX);
        self.connections = Connections::new(incarnation, self.settings.patience);
        match recover(kept.records, self.settings.first(self.id)) {
            Some(Beginning { configuration, drawer }) => {
                self.take_over(&configuration, context);
                self.sit(Arc::new(configuration), drawer);
            }
            None => self.seat = Seat::Spare,
        }
        // Servers that start together do not tick together.
        let first = context.random_span(Span::ZERO, self.settings.stride().1);
        context.set_timer(Timer::Tick, first);
    }

    /// Takes over the state with which `configuration` begins.
    fn take_over(&mut self, configuration: &Configuration, context: &mut Context<'_>) {
        self.store = configuration.origin.clone();
        self.applied = configuration.base;
        if self.applied > 0 {
            context.claim(Claim::restored(self.applied, &self.store));
        }
    }

    /// Takes part in `configuration`, if this server is a member.
    fn sit(&mut self, configuration: Arc<Configuration>, drawer: Drawer) {
        self.seat = if configuration.members.contains(&node(self.id)) {
            Seat::Member(Box::new(Instance::new(self.id, configuration, drawer, &self.settings)))
        } else {
            Seat::Retired(configuration)
        };
    }

    fn on_tick(&mut self, context: &mut Context<'_>) {
        let (ticks, stride) = self.settings.stride();
        context.set_timer(Timer::Tick, stride);
        for peer in self.connections.on_tick(context.now()) {
            context.reach(marks::BROKEN);
            context.send(peer, Message::Word(Word::Hello(self.connections.hello(peer))));
            self.reconnected(peer);
        }
        let Seat::Member(instance) = &mut self.seat else { return };
        for other in instance.others() {
            if self.connections.is_unknown(other) {
                context.send(other, Message::Word(Word::Hello(self.connections.hello(other))));
            }
        }
        if instance.configuration.id > 1 {
            for other in instance.unheard() {
                let configuration = Arc::clone(&instance.configuration);
                self.journal.hold(Held::Handover(other, configuration));
            }
        }
        instance.tick(ticks);
    }

    fn on_message(&mut self, from: ProcessId, message: Message<Word>, context: &mut Context<'_>) {
        if matches!(self.seat, Seat::Mute) {
            return;
        }
        match message {
            Message::Talk(Talk::Call(call)) => self.on_call(from, call, context),
            Message::Talk(Talk::Answer { .. }) => {}
            Message::Word(Word::Hello(stamp)) => {
                let heard = self.connections.on_hello(from, stamp);
                self.on_heard(from, heard, context);
            }
            Message::Word(Word::Library(envelope)) => {
                let Envelope { stamp, number, config, message } = envelope;
                let message = (config, message);
                let mut arrived = mem::take(&mut self.arrived);
                let now = context.now();
                let heard =
                    self.connections.on_message(from, stamp, number, message, now, &mut arrived);
                self.on_heard(from, heard, context);
                for (config, message) in arrived.drain(..) {
                    self.on_library_message(from, config, message);
                }
                self.arrived = arrived;
            }
            Message::Word(Word::Lead) => self.take_lead(context),
            Message::Word(Word::Handover(configuration)) => {
                self.on_handover(configuration, context);
            }
        }
    }

    fn on_heard(&mut self, from: ProcessId, heard: Heard, context: &mut Context<'_>) {
        if heard.greet {
            context.send(from, Message::Word(Word::Hello(self.connections.hello(from))));
        }
        if heard.reconnected {
            self.reconnected(from);
        }
    }

    fn reconnected(&mut self, peer: ProcessId) {
        if let Seat::Member(instance) = &mut self.seat {
            instance.reconnected(peer);
        }
    }

    fn on_library_message(&mut self, from: ProcessId, config: u32, message: LibraryMessage) {
        let configuration = match &mut self.seat {
            Seat::Member(instance) if instance.configuration.id == config => {
                return instance.handle(message);
            }
            Seat::Member(instance) => &instance.configuration,
            Seat::Retired(configuration) => configuration,
            _ => return,
        };
        // A server that is ahead will hand over its state; one that is behind receives ours.
        if config < configuration.id {
            self.journal.hold(Held::Handover(from, Arc::clone(configuration)));
        }
    }

    fn on_handover(&mut self, configuration: Arc<Configuration>, context: &mut Context<'_>) {
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

    /// Begins `configuration`, with a record of it first.
    fn begin(&mut self, configuration: Arc<Configuration>, context: &mut Context<'_>) {
        let drawer = Drawer::default();
        let begin = Beginning { configuration: (*configuration).clone(), drawer };
        self.journal.write_base(Record::Begin(Box::new(begin)), context);
        self.journal.must_sync();
        self.sit(configuration, Drawer::default());
    }

    fn on_call(&mut self, from: ProcessId, call: Call, context: &mut Context<'_>) {
        let answer = match self.store.freshness(&call) {
            Freshness::Again(reply) => Answer::Done(reply),
            Freshness::Late => return,
            Freshness::New => match &mut self.seat {
                Seat::Member(instance) => {
                    if let Op::Lead(server) = call.op {
                        return self.on_lead(&call, server, context);
                    }
                    if instance.propose(call, self.settings.servers) {
                        self.waiting.retain(|waiting| waiting.session != call.session);
                        self.waiting.push(call);
                        return;
                    }
                    context.reach(marks::SEALED);
                    Answer::Elsewhere(instance.leader())
                }
                Seat::Retired(configuration) => {
                    let first = configuration.members.first();
                    Answer::Elsewhere(first.map(|member| server_of(*member)))
                }
                Seat::Spare | Seat::Empty | Seat::Mute => Answer::Elsewhere(None),
            },
        };
        context.send(from, Message::Talk(Talk::answer(&call, answer)));
    }

    /// Handles a client's request that `chosen` should lead. The client learns that the transfer
    /// has begun, not that it succeeded.
    fn on_lead(&mut self, call: &Call, chosen: ProcessId, context: &mut Context<'_>) {
        let Seat::Member(instance) = &self.seat else { return };
        let can = instance.configuration.members.contains(&node(chosen));
        if can && chosen == self.id {
            self.take_lead(context);
        } else if can {
            context.send(chosen, Message::Word(Word::Lead));
        }
        let reply = if can { Reply::Changed } else { Reply::Kept };
        let talk = Talk::answer(call, Answer::Done(reply));
        context.send(call.session.client, Message::Talk(talk));
    }

    fn take_lead(&mut self, context: &mut Context<'_>) {
        if let Seat::Member(instance) = &mut self.seat {
            instance.take_lead();
            context.reach(marks::SUMMONED);
        }
    }

    /// Carries out what the library requests, and applies what it decided.
    fn settle(&mut self, context: &mut Context<'_>) {
        while self.collect(context) && self.apply(context) {}
        if let Seat::Member(instance) = &self.seat
            && let Some(term) = instance.leads()
            && self.led != Some(term)
        {
            self.led = Some(term);
            if term.priority > 0 {
                context.reach(marks::PREFERRED);
            }
            if self.settings.rule != QuorumRule::Majority {
                context.reach(marks::FLEXIBLE);
            }
            self.journal.hold(Held::Leads(term));
        }
        self.journal.sync(context);
        while let Some(held) = self.journal.release() {
            self.let_go(held, context);
        }
    }

    /// Writes the library's writes to the journal, and holds its messages. Returns whether it may
    /// have done anything.
    fn collect(&mut self, context: &mut Context<'_>) -> bool {
        let Seat::Member(instance) = &mut self.seat else { return false };
        if !instance.was_stirred() {
            return false;
        }
        let mut noted = mem::take(&mut self.noted);
        instance.take_noted(&mut noted);
        let has = |is_it: fn(&Change) -> bool| noted.iter().any(|(_, it)| it.iter().any(is_it));
        if has(|change| matches!(change, Change::Entries(_, calls) if calls.len() > 1)) {
            context.reach(marks::BATCHED);
        }
        if has(|change| matches!(change, Change::Snapshot(_))) {
            // Compacted entries need not stay in the journal either.
            noted.clear();
            let configuration = (*instance.configuration).clone();
            let begin = Beginning { configuration, drawer: instance.drawer() };
            self.journal.write_base(Record::Begin(Box::new(begin)), context);
        }
        let base = instance.configuration.base;
        for (accepted, changes) in noted.drain(..) {
            let write = Write { after: self.journal.last(), base, accepted, changes };
            self.journal.write(Record::Write(write), context);
        }
        self.noted = noted;
        self.journal.must_sync();
        instance.take_outgoing(&mut self.outgoing);
        let config = instance.configuration.id;
        for message in self.outgoing.drain(..) {
            self.journal.hold(Held::Message(config, LibraryMessage(Box::new(message))));
        }
        true
    }

    /// Applies the decided entries. Returns whether there were any.
    fn apply(&mut self, context: &mut Context<'_>) -> bool {
        let Seat::Member(instance) = &self.seat else { return false };
        let decided = instance.decided_after(self.applied);
        if decided.is_empty() {
            return false;
        }
        let term = instance.promise();
        for next in decided {
            match next {
                Next::Call(call, command) => self.apply_call(&call, command, term, context),
                Next::State(store, index) => {
                    context.reach(marks::RESTORED);
                    self.store = store;
                    self.applied = index;
                    context.claim(Claim::restored(index, &self.store));
                }
                Next::Stop(call, command, members) => {
                    self.apply_call(&call, command, term, context);
                    self.seal(members, context);
                    return true;
                }
            }
        }
        if let Seat::Member(instance) = &mut self.seat {
            let trimmed = instance.compact(self.settings.snapshot, self.settings.compaction);
            if trimmed {
                context.reach(marks::TRIMMED);
            }
        }
        true
    }

    fn apply_call(&mut self, call: &Call, command: u64, term: Term, context: &mut Context<'_>) {
        let reply = self.store.apply(call);
        self.applied += 1;
        let (index, state) = (self.applied, self.store.digest());
        context.claim(Claim::Applied { index, call: Some(*call), command, state, term });
        let is_waited_for = self.waiting.iter().position(|waiting| waiting == call);
        if let (Some(reply), Some(place)) = (reply, is_waited_for) {
            self.waiting.swap_remove(place);
            let talk = Talk::answer(call, Answer::Done(reply));
            context.send(call.session.client, Message::Talk(talk));
        }
    }

    /// Ends the configuration: `members` take part in the next one.
    fn seal(&mut self, members: Vec<u64>, context: &mut Context<'_>) {
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
    fn let_go(&mut self, held: Held, context: &mut Context<'_>) {
        match held {
            Held::Leads(term) => context.claim(Claim::Leads(term)),
            Held::Handover(to, configuration) => {
                context.send(to, Message::Word(Word::Handover(configuration)));
            }
            Held::Message(config, message) => {
                let to = server_of(message.0.get_receiver());
                // Without a connection, the message is lost, as with a socket.
                if let Some((stamp, number)) = self.connections.stamp(to) {
                    let envelope = Envelope { stamp, number, config, message };
                    context.send(to, Message::Word(Word::Library(envelope)));
                }
            }
        }
    }
}
